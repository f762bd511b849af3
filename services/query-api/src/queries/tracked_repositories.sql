-- What is known now of some repositories that are tracked, by their places: each by its
-- id ($1, empty where none is known), else by who bears its name ($2, in lower case).
SELECT wanted.place AS "place!", coalesce(by_id.repository, by_name.repository) AS "repository!",
       coalesce(by_id.name, by_name.name) AS "name!"
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS wanted (id, name, place)
LEFT JOIN LATERAL (
    SELECT repository, name FROM repositories AS now WHERE now.repository = wanted.id OFFSET 0
) AS by_id ON true
LEFT JOIN LATERAL (
    SELECT repository, name FROM repositories AS now
    WHERE lower(now.name) = wanted.name AND by_id.repository IS NULL
    ORDER BY name_seen_at DESC, repository
    LIMIT 1
) AS by_name ON true
WHERE by_id.repository IS NOT NULL OR by_name.repository IS NOT NULL
