-- How many members of each period's board stand above a value: seven range
-- sums over the radix histogram per period ($3 to $6 are parallel arrays).
SELECT range.period AS "period!", coalesce(sum(above.members), 0)::bigint AS "members!"
FROM unnest($3::text[], $4::smallint[], $5::bigint[], $6::bigint[])
         AS range (period, level, lower, upper)
JOIN boards ON boards.scope = 'global' AND boards.period = range.period
CROSS JOIN LATERAL (
    SELECT sum(members) AS members
    FROM rank_histogram
    WHERE board = boards.board AND metric = $1::text::board_metric
      AND class = ANY ($2::text[]::account_class[])
      AND level = range.level AND prefix > range.lower AND prefix <= range.upper
) AS above
GROUP BY range.period
