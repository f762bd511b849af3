-- The accounts that have borne a login, with when they were last seen under
-- it. A reference by name that stands for an id leads to that id.
SELECT coalesce(link.canonical, named.account) AS "account!", max(named.last_seen) AS "seen!"
FROM account_names AS named
LEFT JOIN LATERAL (
    SELECT canonical FROM account_references AS known
    WHERE known.reference = named.account OFFSET 0) AS link ON true
WHERE lower(named.login) = lower($1)
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 20
