-- What people did, from everything that remembers it, newest first.
SELECT at AS "at!", id AS "id!", what AS "what!", subject AS "subject!", actor AS "actor!",
       reason AS "reason!", detail AS "detail!"
FROM (
    SELECT decided_at AS at, 'decision-' || decision AS id, what, subject, actor, reason, detail
    FROM decisions
    UNION ALL
    SELECT resolved_at, 'dead-letter-' || letter, 'dead_letter.' || outcome, letter::text, actor,
           reason, '{}'
    FROM dead_letter_resolutions
    UNION ALL
    SELECT (entry #>> '{data,defined_at}')::timestamptz, 'budget-' || sequence, 'budget.defined',
           month, entry #>> '{data,actor}', entry #>> '{data,reason}', entry -> 'data'
    FROM ledger_entries
    WHERE entry ->> 'entry' = 'defined'
    UNION ALL
    SELECT queued_at, 'job-' || job, 'job.asked_for', name, cause ->> 'actor', cause ->> 'reason',
           jsonb_build_object('job', job, 'queue', queue, 'arguments', arguments)
    FROM jobs
    WHERE cause ->> 'actor' IS NOT NULL
    UNION ALL
    SELECT acted_at, 'queue-' || sequence, 'queue.' || action, queue, actor, reason, '{}'
    FROM queue_actions
    UNION ALL
    SELECT switched_at, 'switch-' || switch, 'generation.switched',
           coalesce(projection, 'all projections'), actor, reason,
           jsonb_build_object('from', from_generation, 'to', to_generation,
                              'differences', differences)
    FROM control.switches
) AS entries
WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR subject = $2)
  AND ($3::text IS NULL OR what = $3)
  AND ($4::timestamptz IS NULL OR at < $4 OR at = $4 AND id > $5)
ORDER BY at DESC, id
LIMIT $6
