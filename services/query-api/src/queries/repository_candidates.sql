-- The repository a name stands for: who bears it now goes before who bore it
-- once, then the most recently seen. Present names are not unique: GitHub
-- gives a name out again.
SELECT coalesce(link.canonical, named.reference) AS "repository!"
FROM names AS named
LEFT JOIN reference_links AS link
       ON link.subject = 'repository' AND link.reference = named.reference
WHERE named.subject = 'repository' AND lower(named.name) = lower($1)
GROUP BY 1
ORDER BY bool_or(named.is_current) DESC, max(named.last_seen) DESC, 1
LIMIT 1
