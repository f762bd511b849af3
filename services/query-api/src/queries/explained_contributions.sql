-- Everything that counts for a contributor in a scope and period, in the order
-- in which it fills the caps; only what the rules need of each.
SELECT id, occurred_at, kind::text AS "kind!", repository, counted, additions, deletions
FROM contribution_events
WHERE contributor = $1 AND counted > 0
  AND ($2::text[] IS NULL OR repository = ANY ($2))
  AND ($3::timestamptz IS NULL OR occurred_at >= $3)
  AND ($4::timestamptz IS NULL OR occurred_at < $4)
ORDER BY occurred_at, id
