-- What readers who follow along have missed since an event they name.

-- Contributions that changed, batch by batch. Changes are counted one by one,
-- so each has a number; a row holds those up to its own. The last two hundred
-- thousand are kept.
CREATE TABLE contribution_changes (
    last_change   bigint NOT NULL PRIMARY KEY,
    -- Tells these changes from those of the same numbers in tables that were
    -- made anew.
    token         uuid   NOT NULL DEFAULT gen_random_uuid(),
    contributions uuid[] NOT NULL,
    -- The repository of each.
    repositories  text[] NOT NULL
);
-- Ids do not compress.
ALTER TABLE contribution_changes ALTER COLUMN contributions SET STORAGE EXTERNAL;

-- How jobs stood after each step that their queues tell of. Those of the last
-- ten thousand messages are kept.
CREATE TABLE job_steps (
    -- The sequence on the log.
    sequence   bigint      NOT NULL PRIMARY KEY,
    job        uuid        NOT NULL,
    name       text        NOT NULL,
    queue      text        NOT NULL,
    state      text        NOT NULL,
    attempt    integer     NOT NULL,
    attempts   integer     NOT NULL,
    done       bigint      NOT NULL,
    total      bigint,
    note       text        NOT NULL,
    summary    text,
    failure    jsonb,
    stepped_at timestamptz NOT NULL
);
