-- Entries of ledgers, with a partition for each month: what is kept for no longer is
-- dropped with its month. Months are made by the projection as it needs them. There are
-- few entries, a handful for each question that costs money.

-- allow rename: a table of the same name and columns takes its place at once
ALTER TABLE ledger_entries RENAME TO former_entries;
-- allow drop-index: the table goes with it
DROP INDEX ledger_entries_month;
ALTER INDEX ledger_entries_pkey RENAME TO former_entries_pkey;

CREATE TABLE ledger_entries (
    -- The sequence on the log.
    sequence bigint           NOT NULL,
    -- The ledger: a UTC month such as 2026-11.
    month    text COLLATE "C" NOT NULL,
    entry    jsonb            NOT NULL,
    PRIMARY KEY (month, sequence)
) PARTITION BY RANGE (month);

-- What may be spent, as people decided it.
CREATE INDEX ledger_entries_defined ON ledger_entries (sequence)
    WHERE entry ->> 'entry' = 'defined';

-- allow do: it makes partitions of the table that is made above
DO $$
DECLARE
    held text;
BEGIN
    FOR held IN SELECT DISTINCT month FROM former_entries LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF ledger_entries FOR VALUES FROM (%L) TO (%L)',
            'ledger_entries_' || replace(held, '-', '_'), held,
            to_char(to_date(held, 'YYYY-MM') + interval '1 month', 'YYYY-MM'));
    END LOOP;
END $$;

INSERT INTO ledger_entries (sequence, month, entry)
SELECT sequence, month, entry FROM former_entries;
-- allow drop: its rows are in the other
DROP TABLE former_entries;
