-- What people did, from everything that remembers it, newest first. Each of them gives
-- no more than is asked for, in order, so that an index of it is read that far and no
-- further.
SELECT at AS "at!", id AS "id!", what AS "what!", subject AS "subject!", actor AS "actor!",
       reason AS "reason!", detail AS "detail!"
FROM (
    (SELECT decided_at AS at, 'decision-' || decision AS id, what, subject, actor, reason, detail
     FROM decisions
     WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR subject = $2)
       AND ($3::text IS NULL OR what = $3)
       AND ($4::timestamptz IS NULL
            OR decided_at <= $4 AND (decided_at < $4 OR 'decision-' || decision > $5))
     ORDER BY 1 DESC, 2 LIMIT $6)
    UNION ALL
    (SELECT decided_at, 'retraction-' || decision,
            CASE WHEN retracted THEN 'contribution.retracted' ELSE 'contribution.reinstated' END,
            contribution::text, actor, reason, jsonb_build_object('key', semantic_key)
     FROM retraction_decisions
     WHERE ($1 IS NULL OR actor = $1) AND ($2 IS NULL OR contribution::text = $2)
       AND ($3 IS NULL
            OR $3 = CASE WHEN retracted THEN 'contribution.retracted'
                         ELSE 'contribution.reinstated' END)
       AND ($4 IS NULL
            OR decided_at <= $4 AND (decided_at < $4 OR 'retraction-' || decision > $5))
     ORDER BY 1 DESC, 2 LIMIT $6)
    UNION ALL
    (SELECT resolved_at, 'dead-letter-' || letter, 'dead_letter.' || outcome, letter::text, actor,
            reason, '{}'
     FROM dead_letter_resolutions
     WHERE ($1 IS NULL OR actor = $1)
       AND ($2 IS NULL
            OR letter = CASE WHEN $2 ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                             THEN $2::text::uuid END)
       AND ($3 IS NULL OR starts_with($3, 'dead_letter.') AND outcome = split_part($3, '.', 2))
       AND ($4 IS NULL
            OR resolved_at <= $4 AND (resolved_at < $4 OR 'dead-letter-' || letter > $5))
     ORDER BY 1 DESC, 2 LIMIT $6)
    UNION ALL
    (SELECT defined.at, 'budget-' || sequence, 'budget.defined', month, defined.actor,
            entry #>> '{data,reason}', entry -> 'data'
     FROM ledger_entries
     CROSS JOIN LATERAL (VALUES ((entry #>> '{data,defined_at}')::timestamptz,
                                 entry #>> '{data,actor}')) AS defined (at, actor)
     WHERE entry ->> 'entry' = 'defined'
       AND ($1 IS NULL OR defined.actor = $1) AND ($2 IS NULL OR month = $2)
       AND ($3 IS NULL OR $3 = 'budget.defined')
       AND ($4 IS NULL OR defined.at < $4 OR defined.at = $4 AND 'budget-' || sequence > $5)
     ORDER BY 1 DESC, 2 LIMIT $6)
    UNION ALL
    (SELECT queued_at, 'job-' || job, 'job.asked_for', name, cause ->> 'actor', cause ->> 'reason',
            jsonb_build_object('job', job, 'queue', queue, 'arguments', arguments)
     FROM jobs
     WHERE cause ->> 'actor' IS NOT NULL
       AND ($1 IS NULL OR cause ->> 'actor' = $1) AND ($2 IS NULL OR name = $2)
       AND ($3 IS NULL OR $3 = 'job.asked_for')
       AND ($4 IS NULL OR queued_at <= $4 AND (queued_at < $4 OR 'job-' || job > $5))
     ORDER BY 1 DESC, 2 LIMIT $6)
    UNION ALL
    SELECT acted_at, 'queue-' || sequence, 'queue.' || action, queue, actor, reason, '{}'
    FROM queue_actions
    WHERE ($1 IS NULL OR actor = $1) AND ($2 IS NULL OR queue = $2)
      AND ($3 IS NULL OR 'queue.' || action = $3)
      AND ($4 IS NULL OR acted_at < $4 OR acted_at = $4 AND 'queue-' || sequence > $5)
    UNION ALL
    SELECT switched_at, 'switch-' || switch, 'generation.switched',
           coalesce(projection, 'all projections'), actor, reason,
           jsonb_build_object('from', from_generation, 'to', to_generation,
                              'differences', differences)
    FROM control.switches
    WHERE ($1 IS NULL OR actor = $1)
      AND ($2 IS NULL OR coalesce(projection, 'all projections') = $2)
      AND ($3 IS NULL OR $3 = 'generation.switched')
      AND ($4 IS NULL OR switched_at < $4 OR switched_at = $4 AND 'switch-' || switch > $5)
) AS entries
ORDER BY at DESC, id
LIMIT $6
