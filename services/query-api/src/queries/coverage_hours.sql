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
CROSS JOIN LATERAL (
    SELECT hour, events, contributions FROM coverage_hours AS held
    WHERE held.source = listed.source AND held.unit = listed.unit OFFSET 0) AS hours
CROSS JOIN LATERAL (
    SELECT verdict FROM coverage_units AS read
    WHERE read.source = listed.source AND read.unit = listed.unit OFFSET 0) AS unit
GROUP BY hours.hour
ORDER BY hours.hour DESC
