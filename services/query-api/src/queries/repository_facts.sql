-- How many contributed to each of some repositories ($1), and the last day on which
-- anybody did; whoever does not want to be shown is left out.
SELECT wanted.repository AS "repository!", facts.contributors AS "contributors!",
       facts.last_day
FROM unnest($1::text[]) AS wanted (repository)
CROSS JOIN LATERAL (
    SELECT count(DISTINCT contributor) AS contributors, max(day) AS last_day
    FROM daily_counts AS stored
    LEFT JOIN account_classes ON account = contributor
    WHERE stored.repository = wanted.repository AND coalesce(class, 'human') <> 'hidden'
    OFFSET 0
) AS facts
