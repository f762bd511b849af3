-- Accounts with a present or former login that begins with a text. The range
-- is by bytes, so that the index serves it whatever the database's collation.
SELECT found.account AS "account!", found.matched AS "matched!",
       present.login AS "login?", present.class::text AS "class?",
       place.score AS "score?"
FROM (
    SELECT DISTINCT ON (account) account, login AS matched, last_seen
    FROM account_names
    WHERE lower(login) >= lower($1) AND lower(login) < lower($1) || $2
    ORDER BY account, last_seen DESC
    LIMIT 5000
) AS found
LEFT JOIN LATERAL (
    SELECT login, class FROM accounts AS now WHERE now.account = found.account OFFSET 0
) AS present ON true
LEFT JOIN boards AS board ON board.scope = 'global' AND board.period = 'all'
LEFT JOIN LATERAL (
    SELECT score FROM board_rows AS stands
    WHERE stands.board = board.board AND stands.contributor = found.account OFFSET 0
) AS place ON true
WHERE present.class IS NULL OR present.class <> 'hidden'
ORDER BY lower(found.matched) <> lower($1), place.score DESC NULLS LAST, found.matched
LIMIT $3
