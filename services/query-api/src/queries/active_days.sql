-- The first and the last day on which each of some contributors ($1) did anything
-- within a span of days.
SELECT wanted.contributor AS "contributor!", active.first AS "first!", active.last AS "last!"
FROM unnest($1::text[]) AS wanted (contributor)
CROSS JOIN LATERAL (
    SELECT min(day) AS first, max(day) AS last FROM daily_counts AS stored
    WHERE stored.contributor = wanted.contributor
      AND ($2::date IS NULL OR stored.day >= $2)
      AND ($3::date IS NULL OR stored.day < $3)
    OFFSET 0
) AS active
WHERE active.first IS NOT NULL
