-- All units, newest first, after a place ($1, $2, $3): by the hour, day or instant that
-- their names tell, as the index coverage_units_by_hour has it, those that tell none last;
-- of one hour by source and name.
SELECT source AS "source!", unit AS "unit!", location AS "location!",
       observed_at AS "observed_at!", events AS "events!",
       contributions AS "contributions!", damaged AS "damaged!", expected,
       whole AS "whole!", sha256 AS "sha256!", verdict AS "verdict!", sequence AS "sequence!",
       hour AS "hour!"
FROM (
    SELECT *,
           regexp_replace(translate(coalesce(substring(unit FROM '(?:^(?=[^ ]*$)| )(\d{4}-\d\d-\d\d(?:[-T]\d{1,2}(?!\d))?)'), ''), 'T', '-'), '-(\d)$', '-0\1') COLLATE "C" AS hour
    FROM coverage_units
) AS units
WHERE $1::text IS NULL
   OR hour <= $1 AND (hour < $1 OR source > $2 OR source = $2 AND unit > $3)
ORDER BY hour DESC, source, unit
LIMIT $4
