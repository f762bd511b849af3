-- The hours between the first and the newest archive file that was read, the
-- last 31 days of them, by how completely their file was. Of an hour with
-- several files the best counts.
WITH span AS MATERIALIZED (
    SELECT max(main_hour) AS newest,
           greatest(min(main_hour), max(main_hour) - interval '31 days') AS oldest
    FROM coverage_units WHERE source = 'archive'
), files AS (
    SELECT main_hour AS hour,
           min(CASE verdict WHEN 'complete' THEN 0 WHEN 'unknown' THEN 1
                            WHEN 'partial' THEN 2 ELSE 3 END) AS badness
    FROM coverage_units
    WHERE source = 'archive' AND main_hour >= (SELECT oldest FROM span)
    GROUP BY main_hour
)
SELECT (ARRAY['complete', 'unknown', 'partial', 'missing'])[1 + coalesce(badness, 3)]
           AS "verdict!",
       count(*) AS "hours!",
       max(newest) AS "newest!"
FROM span
CROSS JOIN generate_series(oldest, newest, interval '1 hour') AS each (hour)
LEFT JOIN files USING (hour)
GROUP BY 1
