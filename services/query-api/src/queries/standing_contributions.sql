-- How some contributions ($1) stand now, and the last decision about whether each counts.
SELECT event.id AS "id!", event.occurred_at AS "occurred_at!", event.kind::text AS "kind!",
       event.semantic_key AS "semantic_key!", event.repository AS "repository!",
       repository.name AS "repository_name?", event.contributor, account.login AS "login?",
       account.class::text AS "class?", event.basis AS "basis!", event.counted AS "counted!",
       event.superseded AS "superseded!", decided.retracted AS "retracted?",
       decided.actor AS "actor?", decided.reason AS "reason?", decided.decided_at AS "decided_at?",
       event.sightings AS "sightings!: sqlx::types::Json<Vec<domain::SightingRecord>>"
FROM unnest($1::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT occurred_at FROM contribution_identities AS stored
    WHERE stored.id = wanted.id OFFSET 0) AS known
CROSS JOIN LATERAL (
    SELECT * FROM contribution_events AS stored
    WHERE stored.id = wanted.id AND stored.occurred_at = known.occurred_at OFFSET 0) AS event
LEFT JOIN LATERAL (
    SELECT name FROM repositories AS present WHERE present.repository = event.repository OFFSET 0
) AS repository ON true
LEFT JOIN LATERAL (
    SELECT login, class FROM accounts AS present WHERE present.account = event.contributor OFFSET 0
) AS account ON true
LEFT JOIN LATERAL (
    SELECT retracted, actor, reason, decided_at FROM retraction_decisions AS stored
    WHERE stored.contribution = wanted.id
    ORDER BY decided_at DESC, retracted DESC LIMIT 1
) AS decided ON true
ORDER BY event.occurred_at, event.id
