-- Repositories with a present or former name that begins with a text.
SELECT found.repository AS "repository!", found.matched AS "matched!", present.name AS "name?"
FROM (
    SELECT DISTINCT ON (repository) repository, name AS matched, last_seen
    FROM repository_names
    WHERE lower(name) >= lower($1) AND lower(name) < lower($1) || $2
    ORDER BY repository, last_seen DESC
    LIMIT 5000
) AS found
LEFT JOIN LATERAL (
    SELECT name FROM repositories AS now WHERE now.repository = found.repository OFFSET 0
) AS present ON true
ORDER BY lower(found.matched) <> lower($1), lower(found.matched), found.repository
LIMIT $3
