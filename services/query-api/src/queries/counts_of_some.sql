-- As scoped_counts.sql, of some contributors ($4) only; $5 are the kinds that keep
-- their day. What an account is is looked up once for each, whatever the planner
-- believes of how many there are.
SELECT wanted.contributor AS "contributor!",
       repository AS "repository!",
       kind::text AS "kind!",
       CASE WHEN kind = ANY ((SELECT $5::text[]::contribution_kind[])::contribution_kind[])
            THEN day END AS day,
       sum(quantity)::bigint AS "quantity!",
       sum(additions)::bigint AS "additions!",
       sum(deletions)::bigint AS "deletions!",
       coalesce(min(account.class), 'human')::text AS "class!"
FROM unnest($4::text[]) AS wanted (contributor)
CROSS JOIN LATERAL (
    SELECT (SELECT class FROM account_classes AS known WHERE known.account = wanted.contributor)
    OFFSET 0
) AS account (class)
CROSS JOIN LATERAL (
    SELECT repository, kind, day, quantity, additions, deletions FROM daily_counts AS stored
    WHERE stored.contributor = wanted.contributor
      AND ($1::text[] IS NULL OR stored.repository = ANY ($1))
      AND ($2::date IS NULL OR stored.day >= $2)
      AND ($3::date IS NULL OR stored.day < $3)
    OFFSET 0
) AS counted
GROUP BY wanted.contributor, repository, kind, 4
ORDER BY wanted.contributor, repository, 4
