-- The next rows of a board over all repositories after a place ($3 to $6), in
-- board order. The order mixes directions, so "after" is four index ranges of
-- each class: the rest of the tie, and what follows it, part by part. Each is
-- read in order and stops at the limit.
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
    SELECT following.*
    FROM unnest($2::text[]::account_class[]) AS wanted (class)
    CROSS JOIN LATERAL (
        (SELECT contributor, class, value, merged, reviews FROM board
         WHERE class = wanted.class AND value = $3 AND merged = $4 AND reviews = $5
           AND contributor > $6
         ORDER BY contributor LIMIT $7)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board
         WHERE class = wanted.class AND value = $3 AND merged = $4 AND reviews < $5
         ORDER BY reviews DESC, contributor LIMIT $7)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board
         WHERE class = wanted.class AND value = $3 AND merged < $4
         ORDER BY merged DESC, reviews DESC, contributor LIMIT $7)
        UNION ALL
        (SELECT contributor, class, value, merged, reviews FROM board
         WHERE class = wanted.class AND value < $3
         ORDER BY value DESC, merged DESC, reviews DESC, contributor LIMIT $7)
    ) AS following
    ORDER BY value DESC, merged DESC, reviews DESC, contributor
    LIMIT $7
) AS rows
LEFT JOIN accounts AS account ON account.account = rows.contributor
ORDER BY rows.value DESC, rows.merged DESC, rows.reviews DESC, rows.contributor
