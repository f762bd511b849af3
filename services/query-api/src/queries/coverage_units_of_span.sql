-- The units that hold hours of a span ($3, $4), and those of which nothing could be read
-- whose names, which begin with the date, lie in it: in the order of coverage_units.sql,
-- after a place.
WITH held AS (
    SELECT source, unit FROM coverage_hours
    WHERE ($3::timestamptz IS NULL OR hour >= $3) AND ($4::timestamptz IS NULL OR hour < $4)
    UNION
    SELECT source, unit FROM coverage_units AS candidate
    WHERE events = 0
      AND ($3 IS NULL
           OR unit COLLATE "C" >= to_char($3::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
      AND ($4 IS NULL
           OR unit COLLATE "C" < to_char($4::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
      AND NOT EXISTS (SELECT 1 FROM coverage_hours
                      WHERE source = candidate.source AND unit = candidate.unit)
)
SELECT read.source AS "source!", read.unit AS "unit!", location AS "location!",
       observed_at AS "observed_at!", events AS "events!",
       contributions AS "contributions!", damaged AS "damaged!", expected,
       whole AS "whole!", sha256 AS "sha256!", verdict AS "verdict!", sequence AS "sequence!"
FROM held
JOIN coverage_units AS read USING (source, unit)
WHERE $1::text IS NULL
   OR regexp_replace(unit, '-(\d)$', '-0\1') <= regexp_replace($1, '-(\d)$', '-0\1')
      AND (regexp_replace(unit, '-(\d)$', '-0\1') < regexp_replace($1, '-(\d)$', '-0\1')
           OR source > $2 OR source = $2 AND unit > $1)
ORDER BY regexp_replace(unit, '-(\d)$', '-0\1') DESC, source, unit
LIMIT $5
