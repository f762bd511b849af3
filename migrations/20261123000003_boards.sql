-- Boards, and the counts they are computed from.

-- What each contributor did in each repository on each UTC day. Boards of one
-- repository or organisation are sums of these rows.
CREATE TABLE daily_counts (
    repository  text COLLATE "C"  NOT NULL,
    day         date              NOT NULL,
    contributor text COLLATE "C"  NOT NULL,
    kind        contribution_kind NOT NULL,
    quantity    bigint            NOT NULL,
    additions   bigint            NOT NULL,
    deletions   bigint            NOT NULL,
    PRIMARY KEY (repository, contributor, day, kind)
) PARTITION BY HASH (repository);
CREATE INDEX daily_counts_contributor ON daily_counts (contributor, day);
-- Here and below: rows that come down to nothing are written as such and taken
-- away in the same transaction. Outside of one this index is empty.
CREATE INDEX daily_counts_empty ON daily_counts (repository) WHERE quantity = 0;

-- Lines of merged pull requests by period: what they are worth is capped per
-- contributor, repository and period.
CREATE TABLE period_lines (
    repository  text COLLATE "C" NOT NULL,
    contributor text COLLATE "C" NOT NULL,
    period      text COLLATE "C" NOT NULL,
    additions   bigint           NOT NULL,
    deletions   bigint           NOT NULL,
    PRIMARY KEY (repository, contributor, period)
) PARTITION BY HASH (repository);
CREATE INDEX period_lines_empty ON period_lines (repository)
    WHERE additions = 0 AND deletions = 0;

-- The boards over all repositories: one row per period, contributor and
-- metric. The metric is `score`, in thousandths of a point, or a kind.
CREATE TABLE board_rows (
    scope       text COLLATE "C" NOT NULL,
    period      text COLLATE "C" NOT NULL,
    contributor text COLLATE "C" NOT NULL,
    metric      text COLLATE "C" NOT NULL,
    class       account_class    NOT NULL,
    value       bigint           NOT NULL,
    -- Tie-breaks: merged pull requests and reviews on the same board.
    merged      bigint           NOT NULL,
    reviews     bigint           NOT NULL,
    PRIMARY KEY (scope, period, contributor, metric)
) PARTITION BY HASH (scope, period);
-- The metric leads, so that no lookup of one contributor is tempted to read a
-- whole board through this index.
CREATE INDEX board_rows_rank ON board_rows
    (metric, class, scope, period, value DESC, merged DESC, reviews DESC, contributor);
CREATE INDEX board_rows_empty ON board_rows (scope) WHERE value = 0;

-- How many contributors of a class stand at each value of a metric, as a
-- sparse radix tree of seven levels of six bits: the prefix at level l is the
-- value shifted right by 6 × (6 − l) bits. A rank is one plus seven range
-- sums, whatever the size of the board.
CREATE TABLE rank_histogram (
    scope   text COLLATE "C" NOT NULL,
    period  text COLLATE "C" NOT NULL,
    metric  text COLLATE "C" NOT NULL,
    class   account_class    NOT NULL,
    level   smallint         NOT NULL,
    prefix  bigint           NOT NULL,
    members bigint           NOT NULL,
    PRIMARY KEY (scope, period, metric, class, level, prefix)
) PARTITION BY HASH (scope, period);
CREATE INDEX rank_histogram_empty ON rank_histogram (scope) WHERE members = 0;

-- What was read of each unit (an hourly file) of each source, by the hour its
-- events happened in.
CREATE TABLE coverage_units (
    source        text        NOT NULL,
    unit          text        NOT NULL,
    location      text        NOT NULL,
    observed_at   timestamptz NOT NULL,
    events        bigint      NOT NULL,
    contributions bigint      NOT NULL,
    damaged       bigint      NOT NULL,
    expected      bigint,
    whole         boolean     NOT NULL,
    sha256        text        NOT NULL,
    -- complete, unknown, partial or missing.
    verdict       text        NOT NULL,
    sequence      bigint      NOT NULL,
    PRIMARY KEY (source, unit)
);

CREATE TABLE coverage_hours (
    source        text        NOT NULL,
    unit          text        NOT NULL,
    hour          timestamptz NOT NULL,
    events        bigint      NOT NULL,
    contributions bigint      NOT NULL,
    PRIMARY KEY (source, unit, hour)
);
CREATE INDEX coverage_hours_hour ON coverage_hours (hour);

DO $$
DECLARE
    parent text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['daily_counts', 'period_lines', 'board_rows', 'rank_histogram'] LOOP
        FOR remainder IN 0..7 LOOP
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 8, REMAINDER %s)',
                           parent || '_' || remainder, parent, remainder);
        END LOOP;
    END LOOP;
END $$;
