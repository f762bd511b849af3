-- Contributions ($1) as they count now, and what repository and contributor
-- are called.
SELECT event.id AS "id!", event.occurred_at AS "occurred_at!", event.kind::text AS "kind!",
       event.semantic_key AS "semantic_key!", event.repository AS "repository!",
       repository.name AS "repository_name?", event.contributor AS "contributor?",
       account.login AS "login?", account.class::text AS "class?", event.basis AS "basis!",
       event.quantity AS "quantity?", event.additions AS "additions?",
       event.deletions AS "deletions?", event.counted AS "counted!",
       event.superseded AS "superseded!",
       event.sightings AS "sightings!: sqlx::types::Json<Vec<SightingRecord>>"
FROM unnest($1::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT * FROM contribution_identities AS stored WHERE stored.id = wanted.id OFFSET 0
) AS known
CROSS JOIN LATERAL (
    SELECT * FROM contribution_events AS stored
    WHERE stored.id = known.id AND stored.occurred_at = known.occurred_at OFFSET 0
) AS event
LEFT JOIN LATERAL (
    SELECT name FROM repositories AS present WHERE present.repository = event.repository OFFSET 0
) AS repository ON true
LEFT JOIN LATERAL (
    SELECT login, class FROM accounts AS present WHERE present.account = event.contributor OFFSET 0
) AS account ON true
