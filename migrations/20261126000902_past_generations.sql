-- Generations that hold what was known at an instant: they are filled from the
-- log up to there (state recalling), and then stay as they are (state past).
ALTER TABLE control.generations ADD COLUMN IF NOT EXISTS as_of timestamptz;

CREATE UNIQUE INDEX IF NOT EXISTS generations_past
    ON control.generations (as_of) WHERE state IN ('recalling', 'past');
