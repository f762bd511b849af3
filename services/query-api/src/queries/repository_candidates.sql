-- The repository a name stands for: who bears it now goes before who bore it
-- once, then the most recently seen. Present names are not unique: GitHub
-- gives a name out again.
SELECT coalesce(link.canonical, named.repository) AS "repository!"
FROM (
    SELECT repository, true AS now, name_seen_at AS seen
    FROM repositories WHERE lower(name) = lower($1)
    UNION ALL
    SELECT repository, false, last_seen FROM repository_names WHERE lower(name) = lower($1)
) AS named
LEFT JOIN reference_links AS link
       ON link.subject = 'repository' AND link.reference = named.repository
GROUP BY 1
ORDER BY bool_or(named.now) DESC, max(named.seen) DESC, 1
LIMIT 1
