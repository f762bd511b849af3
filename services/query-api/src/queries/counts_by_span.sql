-- How much some contributors ($2) did in each span of $5 days from $3 on and before
-- $4, of these kinds ($6); in some repositories ($1), or in all where it is null.
SELECT contributor AS "contributor!",
       (day - $3::date) / $5::integer AS "span!",
       sum(quantity)::bigint AS "quantity!"
FROM unnest($2::text[]) AS wanted (contributor)
CROSS JOIN LATERAL (
    SELECT day, quantity FROM daily_counts AS stored
    WHERE stored.contributor = wanted.contributor
      AND stored.day >= $3 AND stored.day < $4
      AND ($1::text[] IS NULL OR stored.repository = ANY ($1))
      AND stored.kind = ANY ($6::text[]::contribution_kind[])
    OFFSET 0
) AS counted
GROUP BY 1, 2
