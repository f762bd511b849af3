-- Who some contributions ($1) are credited to; nothing of those that are not
-- known.
SELECT event.id AS "id!", event.contributor
FROM unnest($1::uuid[]) AS wanted (id)
CROSS JOIN LATERAL (
    SELECT occurred_at FROM contribution_identities AS stored
    WHERE stored.id = wanted.id OFFSET 0) AS known
CROSS JOIN LATERAL (
    SELECT id, contributor FROM contribution_events AS stored
    WHERE stored.id = wanted.id AND stored.occurred_at = known.occurred_at OFFSET 0) AS event
