-- What somebody did about a dead letter. Apart from the letters, because the
-- decision may be projected before the letter is: each projection has a pace
-- of its own.
CREATE TABLE dead_letter_resolutions (
    letter      uuid        NOT NULL PRIMARY KEY,
    -- redriven or discarded.
    outcome     text        NOT NULL,
    actor       text        NOT NULL,
    reason      text        NOT NULL,
    resolved_at timestamptz NOT NULL
);

ALTER TABLE dead_letters DROP COLUMN state;
