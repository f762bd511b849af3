-- Whose places on the boards over all repositories each batch changed, so that
-- boards which are kept in memory follow without being read anew. The last
-- thousand batches are kept.
CREATE TABLE board_changes (
    change       bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Tells this change from one of the same number in tables that were made
    -- anew.
    token        uuid   NOT NULL DEFAULT gen_random_uuid(),
    contributors text[] NOT NULL
);
