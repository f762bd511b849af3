-- How some contributions ($1) stand now.
SELECT event.id AS "id!", event.occurred_at AS "occurred_at!", event.kind::text AS "kind!",
       event.semantic_key AS "semantic_key!", event.contributor, account.login AS "login?",
       account.class::text AS "class?", event.basis AS "basis!", event.counted AS "counted!",
       event.superseded AS "superseded!"
FROM unnest($1::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT occurred_at FROM contribution_identities AS stored
    WHERE stored.id = wanted.id OFFSET 0) AS known
CROSS JOIN LATERAL (
    SELECT * FROM contribution_events AS stored
    WHERE stored.id = wanted.id AND stored.occurred_at = known.occurred_at OFFSET 0) AS event
LEFT JOIN LATERAL (
    SELECT login, class FROM accounts AS present WHERE present.account = event.contributor OFFSET 0
) AS account ON true
ORDER BY event.occurred_at, event.id
