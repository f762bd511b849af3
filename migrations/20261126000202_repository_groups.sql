-- Named groups of repositories, as last decided.
CREATE TABLE repository_groups (
    name         text COLLATE "C" NOT NULL PRIMARY KEY,
    -- By the names they bore when the group was defined.
    repositories text[]           NOT NULL,
    actor        text             NOT NULL,
    reason       text             NOT NULL,
    decided_at   timestamptz      NOT NULL
);

-- Windows of days over all repositories. Counts of a day lie close together,
-- so that this index is small and costs next to nothing to keep.
CREATE INDEX daily_counts_days ON daily_counts USING brin (day) WITH (autosummarize = on);
