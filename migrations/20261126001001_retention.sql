-- Until when rows of each sort are gone from the read models. All generations share
-- it: a replay makes the rows again from the log, and they go again by this.
CREATE TABLE IF NOT EXISTS control.retention (
    -- costs, records, actions or decisions.
    kind   text        NOT NULL PRIMARY KEY,
    before timestamptz NOT NULL
);
