-- Where some contributions ($1, $2: parallel arrays) come from.
SELECT event.id AS "id!", event.semantic_key AS "semantic_key!", event.basis AS "basis!",
       event.quantity, event.additions, event.deletions,
       event.sightings AS "sightings!: sqlx::types::Json<Vec<domain::SightingRecord>>",
       event.repository AS "repository!", repository.name AS "repository_name?"
FROM unnest($1::uuid[], $2::timestamptz[]) AS listed (id, occurred_at)
JOIN contribution_events AS event USING (id, occurred_at)
LEFT JOIN repositories AS repository ON repository.repository = event.repository
