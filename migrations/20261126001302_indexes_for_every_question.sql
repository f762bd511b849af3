-- What is asked of large tables is found by an index, whatever is asked.
-- indexes first

-- Who did what, newest first, and what of it is kept for no longer.
CREATE INDEX IF NOT EXISTS decisions_decided ON decisions (decided_at DESC);
CREATE INDEX IF NOT EXISTS decisions_by_actor ON decisions (actor, decided_at DESC);
CREATE INDEX IF NOT EXISTS decisions_by_sort ON decisions (what, decided_at DESC);
CREATE INDEX IF NOT EXISTS dead_letter_resolutions_resolved
    ON dead_letter_resolutions (resolved_at DESC);
CREATE INDEX IF NOT EXISTS dead_letter_resolutions_by_actor
    ON dead_letter_resolutions (actor, resolved_at DESC);
CREATE INDEX IF NOT EXISTS dead_letter_resolutions_by_outcome
    ON dead_letter_resolutions (outcome, resolved_at DESC);
CREATE INDEX IF NOT EXISTS jobs_asked_for ON jobs (queued_at DESC)
    WHERE cause ->> 'actor' IS NOT NULL;

-- Jobs of a queue or in a state, and those that ended long ago.
CREATE INDEX IF NOT EXISTS jobs_by_queue ON jobs (queue, queued_at DESC, job);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, queued_at DESC, job);
CREATE INDEX IF NOT EXISTS jobs_ended ON jobs (ended_at);

-- Units in the order of their hours, which are not padded in names; those that nothing
-- could be read of; archive files by the hour they are of.
CREATE INDEX IF NOT EXISTS coverage_units_newest
    ON coverage_units (regexp_replace(unit, '-(\d)$', '-0\1') DESC, source);
CREATE INDEX IF NOT EXISTS coverage_units_unread ON coverage_units (unit COLLATE "C")
    WHERE events = 0;
CREATE INDEX IF NOT EXISTS coverage_units_main_hour ON coverage_units (main_hour)
    WHERE source = 'archive';

-- Days over all repositories: fine enough that a week is found in partitions of any
-- size.
CREATE INDEX IF NOT EXISTS daily_counts_by_day ON daily_counts
    USING brin (day) WITH (autosummarize = on, pages_per_range = 16);
-- allow drop-index: it is replaced by the one above, and is not held for long
DROP INDEX daily_counts_days;
