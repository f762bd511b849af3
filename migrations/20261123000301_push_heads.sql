-- Where pushes ended of which only that is known. The same commit, seen in
-- detail by a source that knows no push ids, shows that such a push's commits
-- are known. The projection starts again at the beginning of the log.

CREATE TABLE push_heads (
    repository text COLLATE "C" NOT NULL,
    sha        text COLLATE "C" NOT NULL,
    push       text COLLATE "C" NOT NULL,
    PRIMARY KEY (repository, sha, push)
);

TRUNCATE contribution_identities, contribution_events, references_by_name, reference_links, names,
         account_classes, pull_requests, pull_request_contributions, merge_commits, pushes,
         other_commits, retractions, daily_counts, period_lines, boards, board_rows,
         rank_histogram;
UPDATE projections SET sequence = 0, epoch = epoch + 1 WHERE projection = 'contributions';
