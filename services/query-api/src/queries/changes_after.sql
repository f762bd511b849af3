-- What changed after a change ($1), in one repository ($2) or in all, in order.
-- The changes of a batch are numbered up to the batch's own number.
SELECT batch.last_change - cardinality(batch.contributions) + listed.ordinal AS "number!",
       listed.contribution AS "contribution!", listed.repository AS "repository!",
       batch.last_change AS "last_change!", batch.token AS "token!"
FROM contribution_changes AS batch
CROSS JOIN LATERAL unnest(batch.contributions, batch.repositories)
    WITH ORDINALITY AS listed (contribution, repository, ordinal)
WHERE batch.last_change > $1
  AND batch.last_change - cardinality(batch.contributions) + listed.ordinal > $1
  AND ($2::text IS NULL OR listed.repository = $2)
ORDER BY batch.last_change, listed.ordinal
LIMIT $3
