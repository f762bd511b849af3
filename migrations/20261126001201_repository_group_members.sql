-- The repositories that the names of groups stand for: who bears a name now
-- goes before who bore it once, then the most recently seen. Names that nothing
-- was seen under, and groups without any, are rows without a repository.
CREATE VIEW repository_group_members AS
SELECT repository_groups.name AS group_name, found.repository
FROM repository_groups
LEFT JOIN unnest(repositories) AS wanted (name) ON true
LEFT JOIN LATERAL (
    SELECT coalesce(link.canonical, named.reference) AS repository
    FROM names AS named
    LEFT JOIN reference_links AS link
           ON link.subject = 'repository' AND link.reference = named.reference
    WHERE named.subject = 'repository' AND lower(named.name) = lower(wanted.name)
    GROUP BY 1
    ORDER BY bool_or(named.is_current) DESC, max(named.last_seen) DESC, 1
    LIMIT 1
) AS found ON true;
