-- The next rows of a board over all repositories after a place ($4 to $7), in
-- board order. The order mixes directions, so "after" is four index ranges of
-- each class: the rest of the tie, and what follows it, part by part. Each is
-- read in order and stops at the limit.
SELECT rows.contributor AS "contributor!",
       account.login AS "login?",
       rows.class::text AS "class!",
       rows.value AS "value!",
       rows.merged AS "merged!",
       rows.reviews AS "reviews!"
FROM (
    SELECT following.*
    FROM unnest($3::text[]::account_class[]) AS wanted (class)
    CROSS JOIN LATERAL (
        (SELECT contributor, class, value, merged, reviews FROM board_rows
         WHERE scope = 'global' AND period = $1 AND metric = $2 AND class = wanted.class
           AND value = $4 AND merged = $5 AND reviews = $6 AND contributor > $7
         ORDER BY contributor LIMIT $8)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board_rows
         WHERE scope = 'global' AND period = $1 AND metric = $2 AND class = wanted.class
           AND value = $4 AND merged = $5 AND reviews < $6
         ORDER BY reviews DESC, contributor LIMIT $8)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board_rows
         WHERE scope = 'global' AND period = $1 AND metric = $2 AND class = wanted.class
           AND value = $4 AND merged < $5
         ORDER BY merged DESC, reviews DESC, contributor LIMIT $8)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board_rows
         WHERE scope = 'global' AND period = $1 AND metric = $2 AND class = wanted.class
           AND value < $4
         ORDER BY value DESC, merged DESC, reviews DESC, contributor LIMIT $8)
    ) AS following
    ORDER BY value DESC, merged DESC, reviews DESC, contributor
    LIMIT $8
) AS rows
LEFT JOIN accounts AS account ON account.account = rows.contributor
ORDER BY rows.value DESC, rows.merged DESC, rows.reviews DESC, rows.contributor
