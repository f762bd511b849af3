-- The accounts that have borne a login, with when they were last seen under
-- it. A reference by name that stands for an id leads to that id.
SELECT coalesce(link.canonical, named.account) AS "account!", max(named.seen) AS "seen!"
FROM (
    SELECT account, last_seen AS seen FROM account_names WHERE lower(login) = lower($1)
    UNION ALL
    SELECT account, login_seen_at FROM accounts WHERE lower(login) = lower($1)
) AS named
LEFT JOIN reference_links AS link
       ON link.subject = 'account' AND link.reference = named.account
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 20
