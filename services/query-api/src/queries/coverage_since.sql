-- What was read of units that came to be known after a sequence, in order. The
-- hours of an archive's file that is named after none are those of its events.
SELECT source, unit, observed_at, events, damaged, expected, whole, main_hour, lag,
       CASE WHEN source = 'archive' AND main_hour IS NULL
            THEN ARRAY(SELECT hour FROM coverage_hours AS held
                       WHERE held.source = read.source AND held.unit = read.unit)
       END AS hours
FROM coverage_units AS read
WHERE sequence > $1
ORDER BY sequence
