-- What was read of the hours that some units ($1, $2: parallel arrays) hold.
-- The verdict of an hour is the worst of its units.
SELECT hours.hour AS "hour!",
       sum(hours.events)::bigint AS "events!",
       sum(hours.contributions)::bigint AS "contributions!",
       count(*) AS "units!",
       bool_or(unit.verdict = 'missing') AS "missing!",
       bool_or(unit.verdict = 'partial') AS "partial!",
       bool_or(unit.verdict = 'unknown') AS "unknown!"
FROM unnest($1::text[], $2::text[]) AS listed (source, unit)
JOIN coverage_hours AS hours USING (source, unit)
JOIN coverage_units AS unit USING (source, unit)
GROUP BY hours.hour
ORDER BY hours.hour DESC
