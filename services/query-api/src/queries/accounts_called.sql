-- Whom each of some logins ($1, in lower case) means: as account_candidates.sql, the
-- first of them.
SELECT wanted.login AS "login!", meant.account AS "account!"
FROM unnest($1::text[]) AS wanted (login)
CROSS JOIN LATERAL (
    SELECT coalesce(link.canonical, named.account) AS account
    FROM account_names AS named
    LEFT JOIN LATERAL (
        SELECT canonical FROM account_references AS known
        WHERE known.reference = named.account OFFSET 0) AS link ON true
    WHERE lower(named.login) = wanted.login
    GROUP BY 1
    ORDER BY max(named.last_seen) DESC, 1
    LIMIT 1
) AS meant
