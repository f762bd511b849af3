-- Where some contributions ($1, $2: parallel arrays) come from.
SELECT event.id AS "id!", event.semantic_key AS "semantic_key!", event.basis AS "basis!",
       event.quantity, event.additions, event.deletions,
       event.sightings AS "sightings!: sqlx::types::Json<Vec<domain::SightingRecord>>",
       event.repository AS "repository!", repository.name AS "repository_name?"
FROM unnest($1::uuid[], $2::timestamptz[]) AS listed (id, occurred_at)
CROSS JOIN LATERAL (
    SELECT * FROM contribution_events AS stored
    WHERE stored.id = listed.id AND stored.occurred_at = listed.occurred_at OFFSET 0) AS event
LEFT JOIN LATERAL (
    SELECT name FROM repositories AS present WHERE present.repository = event.repository OFFSET 0
) AS repository ON true
