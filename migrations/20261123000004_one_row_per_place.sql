-- Boards with one row per contributor instead of one per metric, under a
-- number instead of scope and period spelt out: a third of the rows, and keys
-- of a tenth of the size. The read models are derivations, so the old ones are
-- thrown away and the projection starts again at the beginning of the log.

-- The name of a column of `board_rows`.
CREATE TYPE board_metric AS ENUM (
    'score', 'commit', 'push', 'pull_request_opened', 'pull_request_merged',
    'pull_request_closed', 'pull_request_reviewed', 'self_review', 'review_comment',
    'issue_opened', 'issue_closed', 'comment', 'release_published', 'wiki_edit', 'discussion',
    'star', 'fork'
);

-- The boards there are.
CREATE TABLE boards (
    board  integer          NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope  text COLLATE "C" NOT NULL,
    period text COLLATE "C" NOT NULL,
    UNIQUE (scope, period)
);

DROP TABLE board_rows;
DROP TABLE rank_histogram;

-- A contributor's place on a board: the score in thousandths of a point, and
-- the number of contributions of each kind; null where there are none, which
-- takes no room. The two kinds that break ties are never null.
CREATE TABLE board_rows (
    board                 integer          NOT NULL,
    contributor           text COLLATE "C" NOT NULL,
    class                 account_class    NOT NULL,
    pull_request_merged   bigint           NOT NULL,
    pull_request_reviewed bigint           NOT NULL,
    score                 bigint,
    commit                bigint,
    push                  bigint,
    pull_request_opened   bigint,
    pull_request_closed   bigint,
    self_review           bigint,
    review_comment        bigint,
    issue_opened          bigint,
    issue_closed          bigint,
    comment               bigint,
    release_published     bigint,
    wiki_edit             bigint,
    discussion            bigint,
    star                  bigint,
    fork                  bigint,
    PRIMARY KEY (board, contributor)
) PARTITION BY HASH (board);

-- The order of each metric, of those who have a value in it only.
DO $$
DECLARE
    metric text;
BEGIN
    FOREACH metric IN ARRAY enum_range(NULL::board_metric)::text[] LOOP
        EXECUTE format(
            'CREATE INDEX board_rows_by_%1$s ON board_rows
                 (board, class, %1$I DESC, pull_request_merged DESC, pull_request_reviewed DESC,
                  contributor)
             WHERE %1$I <> 0', metric);
    END LOOP;
END $$;

-- How many contributors of a class stand at each value of a metric, as a
-- sparse radix tree of seven levels of six bits: the prefix at level l is the
-- value shifted right by 6 × (6 − l) bits. A rank is one plus seven range
-- sums, whatever the size of the board.
CREATE TABLE rank_histogram (
    board   integer       NOT NULL,
    metric  board_metric  NOT NULL,
    class   account_class NOT NULL,
    level   smallint      NOT NULL,
    prefix  bigint        NOT NULL,
    members bigint        NOT NULL,
    PRIMARY KEY (board, metric, class, level, prefix)
) PARTITION BY HASH (board);
CREATE INDEX rank_histogram_empty ON rank_histogram (board) WHERE members = 0;

DO $$
BEGIN
    FOR remainder IN 0..7 LOOP
        EXECUTE format('CREATE TABLE board_rows_%s PARTITION OF board_rows
                        FOR VALUES WITH (MODULUS 8, REMAINDER %s)', remainder, remainder);
        EXECUTE format('CREATE TABLE rank_histogram_%s PARTITION OF rank_histogram
                        FOR VALUES WITH (MODULUS 8, REMAINDER %s)', remainder, remainder);
    END LOOP;
END $$;

TRUNCATE contribution_identities, contribution_events, references_by_name, reference_links,
         accounts, account_names, repositories, repository_names, pull_requests,
         pull_request_contributions, merge_commits, push_commits, retractions, daily_counts,
         period_lines;
UPDATE projections SET sequence = 0, epoch = epoch + 1 WHERE projection = 'contributions';

-- Every value on every board as a row of its own, for those who check or
-- export; no page reads it.
CREATE VIEW board_values AS
SELECT board, contributor, class, pull_request_merged, pull_request_reviewed, metric, value
FROM board_rows
CROSS JOIN LATERAL (VALUES
    ('score'::board_metric, score), ('commit', commit), ('push', push),
    ('pull_request_opened', pull_request_opened), ('pull_request_merged', pull_request_merged),
    ('pull_request_closed', pull_request_closed), ('pull_request_reviewed', pull_request_reviewed),
    ('self_review', self_review), ('review_comment', review_comment),
    ('issue_opened', issue_opened), ('issue_closed', issue_closed), ('comment', comment),
    ('release_published', release_published), ('wiki_edit', wiki_edit),
    ('discussion', discussion), ('star', star), ('fork', fork)) AS each (metric, value)
WHERE value <> 0;
