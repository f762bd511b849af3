-- What would count for a contributor ($1) in some repositories ($2; null: all), at an
-- instant ($3) or later and before another ($4), of a kind ($5; null: any), had nobody taken it back: the newest
SELECT event.id AS "id!", event.occurred_at AS "occurred_at!", event.kind::text AS "kind!",
       event.semantic_key AS "semantic_key!", event.repository AS "repository!",
       repository.name AS "repository_name?", last.actor AS "actor!", last.reason AS "reason!",
       last.decided_at AS "decided_at!",
       event.sightings AS "sightings!: sqlx::types::Json<Vec<domain::SightingRecord>>"
FROM (
    SELECT DISTINCT ON (contribution) contribution, retracted, actor, reason, decided_at
    FROM retraction_decisions
    ORDER BY contribution, decided_at DESC, retracted DESC
) AS last
CROSS JOIN LATERAL (
    SELECT occurred_at FROM contribution_identities AS stored
    WHERE stored.id = last.contribution OFFSET 0) AS known
CROSS JOIN LATERAL (
    SELECT * FROM contribution_events AS stored
    WHERE stored.id = last.contribution AND stored.occurred_at = known.occurred_at OFFSET 0
) AS event
LEFT JOIN LATERAL (
    SELECT name FROM repositories AS present WHERE present.repository = event.repository OFFSET 0
) AS repository ON true
WHERE last.retracted AND event.contributor = $1
  AND ($2::text[] IS NULL OR event.repository = ANY ($2))
  AND ($3::timestamptz IS NULL OR event.occurred_at >= $3)
  AND ($4::timestamptz IS NULL OR event.occurred_at < $4)
  AND ($5::text IS NULL OR event.kind::text = $5)
ORDER BY event.occurred_at DESC, event.id
LIMIT $6
