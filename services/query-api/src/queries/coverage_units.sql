-- The units that hold hours of a span, newest first, after a place. A unit
-- without any hour is placed by its name, which begins with the date. Hours in
-- names are not padded (2016-01-01-9), so they are for the order.
SELECT source AS "source!", unit AS "unit!", location AS "location!",
       observed_at AS "observed_at!", events AS "events!",
       contributions AS "contributions!", damaged AS "damaged!", expected,
       whole AS "whole!", sha256 AS "sha256!", verdict AS "verdict!", sequence AS "sequence!"
FROM coverage_units AS candidate
WHERE ($3::text IS NULL
       OR regexp_replace(unit, '-(\d)$', '-0\1') < regexp_replace($3, '-(\d)$', '-0\1')
       OR (unit = $3 AND source > $4))
  AND CASE
      WHEN $1::timestamptz IS NULL AND $2::timestamptz IS NULL THEN true
      WHEN EXISTS (SELECT 1 FROM coverage_hours
                   WHERE source = candidate.source AND unit = candidate.unit)
      THEN EXISTS (SELECT 1 FROM coverage_hours
                   WHERE source = candidate.source AND unit = candidate.unit
                     AND ($1 IS NULL OR hour >= $1) AND ($2 IS NULL OR hour < $2))
      ELSE ($1 IS NULL OR unit COLLATE "C" >= to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
       AND ($2 IS NULL OR unit COLLATE "C" < to_char($2::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
      END
ORDER BY regexp_replace(unit, '-(\d)$', '-0\1') DESC, source
LIMIT $5
