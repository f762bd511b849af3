-- Repositories by their present name, after a place ($1 in lower case, $2) and before
-- the end of a range ($3). Names are not unique: GitHub gives them out again.
SELECT repository AS "repository!", name AS "name!"
FROM repositories
WHERE lower(name) >= $1 AND (lower(name) > $1 OR repository > $2) AND lower(name) < $3
ORDER BY lower(name), repository
LIMIT $4
