-- Accounts with a present or former login that begins with a text. The range
-- is by bytes, so that the index serves it whatever the database's collation.
SELECT found.account AS "account!", found.matched AS "matched!",
       present.login AS "login?", present.class::text AS "class?"
FROM (
    SELECT DISTINCT ON (account) account, login AS matched, last_seen
    FROM account_names
    WHERE lower(login) >= lower($1) AND lower(login) < lower($1) || $2
    ORDER BY account, last_seen DESC
    LIMIT 5000
) AS found
LEFT JOIN accounts AS present USING (account)
LEFT JOIN board_rows AS place
       ON place.board = (SELECT board FROM boards WHERE scope = 'global' AND period = 'all')
      AND place.contributor = found.account
WHERE present.class IS NULL OR present.class <> 'hidden'
ORDER BY lower(found.matched) <> lower($1), place.score DESC NULLS LAST, found.matched
LIMIT $3
