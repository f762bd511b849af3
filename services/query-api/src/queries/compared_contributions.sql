-- What was seen of a repository ($1) in a span ($2, $3), from any source. Who did
-- something there on which day is known, and what they did is found by them:
-- so no index over all contributions is needed for this.
SELECT seen.occurred_at AS "occurred_at!", seen.kind::text AS "kind!",
       seen.semantic_key AS "semantic_key!",
       seen.sightings AS "sightings!: Json<Vec<SightingRecord>>"
FROM (SELECT DISTINCT contributor FROM daily_counts
      WHERE repository = $1
        AND day >= ($2::timestamptz AT TIME ZONE 'UTC')::date
        AND day <= ($3::timestamptz AT TIME ZONE 'UTC')::date) AS active
CROSS JOIN LATERAL (
    SELECT * FROM contribution_events AS own
    WHERE own.contributor = active.contributor
      AND own.occurred_at >= $2 AND own.occurred_at < $3
    OFFSET 0) AS seen
WHERE seen.repository = $1 AND NOT seen.superseded
UNION ALL
SELECT occurred_at, kind::text, semantic_key, sightings
FROM contribution_events
WHERE contributor IS NULL AND repository = $1 AND NOT superseded
  AND occurred_at >= $2 AND occurred_at < $3
