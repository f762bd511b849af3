-- All units, newest first, after a place ($1, $2). A unit is placed by its name, which
-- begins with the date. Hours in names are not padded (2016-01-01-9), so they are for
-- the order.
SELECT source AS "source!", unit AS "unit!", location AS "location!",
       observed_at AS "observed_at!", events AS "events!",
       contributions AS "contributions!", damaged AS "damaged!", expected,
       whole AS "whole!", sha256 AS "sha256!", verdict AS "verdict!", sequence AS "sequence!"
FROM coverage_units
WHERE $1::text IS NULL
   OR regexp_replace(unit, '-(\d)$', '-0\1') <= regexp_replace($1, '-(\d)$', '-0\1')
      AND (regexp_replace(unit, '-(\d)$', '-0\1') < regexp_replace($1, '-(\d)$', '-0\1')
           OR source > $2 OR source = $2 AND unit > $1)
ORDER BY regexp_replace(unit, '-(\d)$', '-0\1') DESC, source, unit
LIMIT $3
