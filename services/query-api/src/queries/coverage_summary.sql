-- What was read of the sources a span of hours is computed from. A unit of
-- which nothing could be read has no hours: it belongs to the span its name,
-- which begins with the date, lies in.
WITH hours AS (
    SELECT source, unit, sum(events) AS events, min(hour) AS first, max(hour) AS last
    FROM coverage_hours
    WHERE ($1::timestamptz IS NULL OR hour >= $1) AND ($2::timestamptz IS NULL OR hour < $2)
    GROUP BY source, unit
), unread AS (
    SELECT source, unit, 0::numeric AS events, NULL::timestamptz AS first, NULL::timestamptz AS last
    FROM coverage_units AS candidate
    WHERE events = 0
      AND ($1::timestamptz IS NULL
           OR unit COLLATE "C" >= to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
      AND ($2::timestamptz IS NULL
           OR unit COLLATE "C" < to_char($2::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD'))
      AND NOT EXISTS (SELECT 1 FROM coverage_hours
                      WHERE source = candidate.source AND unit = candidate.unit)
), spanned AS (
    SELECT * FROM hours UNION ALL SELECT * FROM unread
)
SELECT coalesce(sum(spanned.events), 0)::bigint AS "observed_events!",
       coalesce(sum(unit.damaged), 0)::bigint AS "damaged!",
       count(*) AS "units!",
       count(*) FILTER (WHERE unit.verdict = 'complete') AS "complete!",
       count(*) FILTER (WHERE unit.verdict = 'unknown') AS "unknown!",
       count(*) FILTER (WHERE unit.verdict = 'partial') AS "partial!",
       count(*) FILTER (WHERE unit.verdict = 'missing') AS "missing!",
       min(spanned.first) AS first_hour,
       max(spanned.last) AS last_hour,
       (SELECT count(DISTINCT hour) FROM coverage_hours
        WHERE ($1::timestamptz IS NULL OR hour >= $1)
          AND ($2::timestamptz IS NULL OR hour < $2)) AS "hours!"
FROM spanned
JOIN coverage_units AS unit USING (source, unit)
