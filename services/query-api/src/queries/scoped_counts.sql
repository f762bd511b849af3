-- What each contributor did in some repositories within a span of days, as
-- coarse as the rules allow: the cap on commits is daily, so commits and pushes
-- keep their day; everything else is added up.
SELECT repository AS "repository!",
       contributor AS "contributor!",
       kind::text AS "kind!",
       CASE WHEN kind IN ('commit', 'push') THEN day END AS day,
       sum(quantity)::bigint AS "quantity!",
       sum(additions)::bigint AS "additions!",
       sum(deletions)::bigint AS "deletions!"
FROM daily_counts
WHERE repository = ANY ($1)
  AND ($2::date IS NULL OR day >= $2)
  AND ($3::date IS NULL OR day < $3)
GROUP BY repository, contributor, kind, 4
