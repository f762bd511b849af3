-- The units that hold hours of a span ($4, $5), and those of which nothing could be read
-- whose names, which begin with the date, lie in it: in the order of coverage_units.sql,
-- after a place.
WITH held AS (
    SELECT source, unit FROM coverage_hours
    WHERE ($4::timestamptz IS NULL OR hour >= $4) AND ($5::timestamptz IS NULL OR hour < $5)
    UNION
    SELECT source, unit FROM coverage_units AS candidate
    WHERE events = 0
      AND ($4 IS NULL
           OR unit COLLATE "C" >= to_char($4::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
      AND ($5 IS NULL
           OR unit COLLATE "C" < to_char($5::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
      AND NOT EXISTS (SELECT 1 FROM coverage_hours
                      WHERE source = candidate.source AND unit = candidate.unit)
)
SELECT source AS "source!", unit AS "unit!", location AS "location!",
       observed_at AS "observed_at!", events AS "events!",
       contributions AS "contributions!", damaged AS "damaged!", expected,
       whole AS "whole!", sha256 AS "sha256!", verdict AS "verdict!", sequence AS "sequence!",
       hour AS "hour!"
FROM (
    SELECT *,
           regexp_replace(translate(coalesce(substring(unit FROM '(?:^(?=[^ ]*$)| )(\d{4}-\d\d-\d\d(?:[-T]\d{1,2}(?!\d))?)'), ''), 'T', '-'), '-(\d)$', '-0\1') COLLATE "C" AS hour
    FROM held
    JOIN coverage_units USING (source, unit)
) AS units
WHERE $1::text IS NULL
   OR hour <= $1 AND (hour < $1 OR source > $2 OR source = $2 AND unit > $3)
ORDER BY hour DESC, source, unit
LIMIT $6
