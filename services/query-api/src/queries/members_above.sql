-- How many members stand above each of some values ($3 says which, $4 the
-- period of its board): seven range sums over the radix histogram per value ($3
-- to $7 are parallel arrays).
SELECT range.place AS "place!", coalesce(sum(above.members), 0)::bigint AS "members!"
FROM unnest($3::integer[], $4::text[], $5::smallint[], $6::bigint[], $7::bigint[])
         AS range (place, period, level, lower, upper)
JOIN boards ON boards.scope = 'global' AND boards.period = range.period
CROSS JOIN LATERAL (
    SELECT sum(members) AS members
    FROM rank_histogram
    WHERE board = boards.board AND metric = $1::text::board_metric
      AND class = ANY ($2::text[]::account_class[])
      AND level = range.level AND prefix > range.lower AND prefix <= range.upper
) AS above
GROUP BY range.place
