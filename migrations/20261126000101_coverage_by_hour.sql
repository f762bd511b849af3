-- What units tell of hours: which repository they are of, and where the events
-- of an archive's file lie. Of a unit that was read several times the best
-- reading is kept. The projection starts again at the beginning of the log.

TRUNCATE coverage_units, coverage_hours;

ALTER TABLE coverage_units
    -- In lower case; null of units that hold everything.
    ADD COLUMN repository text COLLATE "C"
        GENERATED ALWAYS AS (CASE WHEN source IN ('api', 'bigquery')
                                  THEN lower(split_part(unit, ' ', 1)) END) STORED,
    -- The hour that most events of an archive's file happened in, and how many
    -- hours before that the others did; null of everything else.
    ADD COLUMN main_hour timestamptz,
    ADD COLUMN lag smallint;

CREATE INDEX coverage_units_repository ON coverage_units (repository)
    WHERE repository IS NOT NULL;
-- What is new since a sequence.
CREATE INDEX coverage_units_sequence ON coverage_units (sequence);

UPDATE projections SET sequence = 0, epoch = epoch + 1 WHERE projection = 'coverage';
