-- One row per push instead of one per commit of it. A listed commit is a
-- contribution, whose sightings tell the push; only commits that are none are
-- looked up in a table of their own. The projection starts again at the
-- beginning of the log.

DROP TABLE push_commits;

-- The commits a push brought or ended at, in order.
CREATE TABLE pushes (
    repository text COLLATE "C" NOT NULL,
    push       text COLLATE "C" NOT NULL,
    commits    text[]           NOT NULL,
    PRIMARY KEY (repository, push)
);

-- Commits of pushes that are no contributions, such as merges.
CREATE TABLE other_commits (
    repository text COLLATE "C" NOT NULL,
    sha        text COLLATE "C" NOT NULL,
    push       text COLLATE "C" NOT NULL,
    PRIMARY KEY (repository, sha, push)
);

TRUNCATE contribution_identities, contribution_events, references_by_name, reference_links, names,
         account_classes, pull_requests, pull_request_contributions, merge_commits, retractions,
         daily_counts, period_lines, boards, board_rows, rank_histogram;
UPDATE projections SET sequence = 0, epoch = epoch + 1 WHERE projection = 'contributions';
