-- Where one contributor stands on a board over all repositories, in one
-- statement and so of one moment: who is meant ($1 a login, or $2 a reference),
-- their value, the members above it as seven range sums over the radix
-- histogram, and all members.
WITH named AS (
    -- Of the accounts that have borne the login the one last seen under it. A
    -- reference by name that stands for an id leads to that id.
    SELECT coalesce(link.canonical, named.account) AS account
    FROM account_names AS named
    LEFT JOIN LATERAL (
        SELECT canonical FROM account_references AS known
        WHERE known.reference = named.account OFFSET 0) AS link ON true
    WHERE lower(named.login) = lower($1)
    GROUP BY 1
    ORDER BY max(named.last_seen) DESC, 1
    LIMIT 1
), meant AS (
    SELECT account FROM named
    UNION ALL
    SELECT coalesce((SELECT canonical FROM account_references WHERE reference = $2), $2)
    WHERE $2 IS NOT NULL
)
SELECT account.account,
       account.class::text AS class,
       coalesce(place.value, 0) AS value,
       above.members AS above,
       everyone.members
FROM meant
CROSS JOIN LATERAL (
    SELECT account, class FROM accounts WHERE accounts.account = meant.account OFFSET 0
) AS account
LEFT JOIN boards ON boards.scope = 'global' AND boards.period = $3
LEFT JOIN LATERAL (
    SELECT {metric} AS value FROM board_rows
    WHERE board_rows.board = boards.board AND board_rows.contributor = account.account
    OFFSET 0
) AS place ON true
LEFT JOIN LATERAL (
    SELECT coalesce(sum(range.members), 0)::bigint AS members
    FROM generate_series(0, 6) AS step (level)
    CROSS JOIN LATERAL (
        SELECT sum(members) AS members FROM rank_histogram
        WHERE rank_histogram.board = boards.board AND metric = '{metric}'
          AND class = ANY ($4::text[]::account_class[])
          AND rank_histogram.level = step.level
          AND prefix > place.value >> 6 * (6 - step.level)
          -- Nothing is above the first level, so it is open-ended.
          AND prefix <= CASE step.level
                            WHEN 0 THEN 9223372036854775807
                            ELSE place.value >> 6 * (6 - step.level) | 63 END
        OFFSET 0
    ) AS range
) AS above ON true
LEFT JOIN LATERAL (
    SELECT coalesce(sum(members), 0)::bigint AS members FROM rank_histogram
    WHERE rank_histogram.board = boards.board AND metric = '{metric}'
      AND class = ANY ($4::text[]::account_class[]) AND level = 0
    OFFSET 0
) AS everyone ON true
