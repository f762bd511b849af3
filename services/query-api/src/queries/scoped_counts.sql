-- What each contributor did in some repositories ($1, null for all) within a
-- span of days, contributor by contributor and repository by repository, as
-- coarse as the rules allow: kinds ($4) whose worth hangs on the day keep their
-- day; everything else is added up. They are read once, not for every row.
SELECT contributor AS "contributor!",
       repository AS "repository!",
       kind::text AS "kind!",
       CASE WHEN kind = ANY ((SELECT $4::text[]::contribution_kind[])::contribution_kind[]) THEN day END AS day,
       sum(quantity)::bigint AS "quantity!",
       sum(additions)::bigint AS "additions!",
       sum(deletions)::bigint AS "deletions!",
       coalesce(min(class), 'human')::text AS "class!"
FROM daily_counts
LEFT JOIN account_classes ON account = contributor
WHERE ($1::text[] IS NULL OR repository = ANY ($1))
  AND ($2::date IS NULL OR day >= $2)
  AND ($3::date IS NULL OR day < $3)
GROUP BY contributor, repository, kind, 4
ORDER BY contributor, repository, 4
