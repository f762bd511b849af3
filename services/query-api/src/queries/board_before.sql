-- The rows of a board over all repositories just before a place, nearest
-- first: the mirror image of board_after.sql.
WITH board AS NOT MATERIALIZED (
    SELECT contributor, class, {metric} AS value,
           pull_request_merged AS merged, pull_request_reviewed AS reviews
    FROM board_rows
    WHERE board = $1 AND {metric} <> 0
)
SELECT rows.contributor,
       account.login,
       rows.class::text AS class,
       rows.value,
       rows.merged,
       rows.reviews
FROM (
    SELECT preceding.*
    FROM unnest($2::text[]::account_class[]) AS wanted (class)
    CROSS JOIN LATERAL (
        (SELECT contributor, class, value, merged, reviews FROM board
         WHERE class = wanted.class AND value = $3 AND merged = $4 AND reviews = $5
           AND contributor < $6
         ORDER BY contributor DESC LIMIT $7)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board
         WHERE class = wanted.class AND value = $3 AND merged = $4 AND reviews > $5
         ORDER BY reviews, contributor DESC LIMIT $7)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board
         WHERE class = wanted.class AND value = $3 AND merged > $4
         ORDER BY merged, reviews, contributor DESC LIMIT $7)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board
         WHERE class = wanted.class AND value > $3
         ORDER BY value, merged, reviews, contributor DESC LIMIT $7)
    ) AS preceding
    ORDER BY value, merged, reviews, contributor DESC
    LIMIT $7
) AS rows
LEFT JOIN accounts AS account ON account.account = rows.contributor
ORDER BY rows.value, rows.merged, rows.reviews, rows.contributor DESC
