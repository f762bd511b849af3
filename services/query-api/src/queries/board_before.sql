-- The rows of a board over all repositories just before a place, nearest
-- first: the mirror image of board_after.sql.
SELECT rows.contributor AS "contributor!",
       account.login AS "login?",
       rows.class::text AS "class!",
       rows.value AS "value!",
       rows.merged AS "merged!",
       rows.reviews AS "reviews!"
FROM (
    SELECT preceding.*
    FROM unnest($3::text[]::account_class[]) AS wanted (class)
    CROSS JOIN LATERAL (
        (SELECT contributor, class, value, merged, reviews FROM board_rows
         WHERE scope = 'global' AND period = $1 AND metric = $2 AND class = wanted.class
           AND value = $4 AND merged = $5 AND reviews = $6 AND contributor < $7
         ORDER BY contributor DESC LIMIT $8)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board_rows
         WHERE scope = 'global' AND period = $1 AND metric = $2 AND class = wanted.class
           AND value = $4 AND merged = $5 AND reviews > $6
         ORDER BY reviews, contributor DESC LIMIT $8)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board_rows
         WHERE scope = 'global' AND period = $1 AND metric = $2 AND class = wanted.class
           AND value = $4 AND merged > $5
         ORDER BY merged, reviews, contributor DESC LIMIT $8)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board_rows
         WHERE scope = 'global' AND period = $1 AND metric = $2 AND class = wanted.class
           AND value > $4
         ORDER BY value, merged, reviews, contributor DESC LIMIT $8)
    ) AS preceding
    ORDER BY value, merged, reviews, contributor DESC
    LIMIT $8
) AS rows
LEFT JOIN accounts AS account ON account.account = rows.contributor
ORDER BY rows.value, rows.merged, rows.reviews, rows.contributor DESC
