-- Groups of repositories after one ($1), by name, with the present names of their
-- repositories; what nothing was seen of goes by the name that was decided about.
SELECT defined.name AS "name!", members.names AS "repositories!", defined.decided_at AS "decided_at!"
FROM (
    SELECT name, repositories, decided_at FROM repository_groups
    WHERE name > $1 AND cardinality(repositories) > 0
    ORDER BY name
    LIMIT $2
) AS defined
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT coalesce(present.name, wanted.name)) AS names
    FROM unnest(defined.repositories) AS wanted (name)
    LEFT JOIN LATERAL (
        SELECT coalesce(link.canonical, named.reference) AS repository
        FROM names AS named
        LEFT JOIN reference_links AS link
               ON link.subject = 'repository' AND link.reference = named.reference
        WHERE named.subject = 'repository' AND lower(named.name) = lower(wanted.name)
        GROUP BY 1
        ORDER BY bool_or(named.is_current) DESC, max(named.last_seen) DESC, 1
        LIMIT 1
    ) AS found ON true
    LEFT JOIN LATERAL (
        SELECT name FROM repositories AS now WHERE now.repository = found.repository OFFSET 0
    ) AS present ON true
) AS members
ORDER BY defined.name
