-- What was written down in the ledgers of money, entry by entry. Sums are made
-- of them by the code that decides what may be spent, so they cannot differ.
CREATE TABLE ledger_entries (
    -- The sequence on the log.
    sequence bigint NOT NULL PRIMARY KEY,
    -- The ledger: a UTC month such as 2026-11.
    month    text   NOT NULL,
    entry    jsonb  NOT NULL
);

CREATE INDEX ledger_entries_month ON ledger_entries (month, sequence);
