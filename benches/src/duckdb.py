"""The references in DuckDB: prints the seconds a query took over some files."""

import sys
import time

import duckdb

COUNT = """
SELECT repo.id, actor.id, count(*)
FROM read_json($files, format = 'newline_delimited', maximum_object_size = 67108864,
               columns = {type: 'VARCHAR', actor: 'STRUCT(id BIGINT)', repo: 'STRUCT(id BIGINT)'})
GROUP BY ALL
"""

# The shape of the global board: points by kind, credited to the author where
# the event names one.
BOARD = """
WITH events AS (
    SELECT * FROM read_json($files, format = 'newline_delimited', maximum_object_size = 67108864,
        columns = {type: 'VARCHAR', actor: 'STRUCT(id BIGINT, login VARCHAR)',
                   repo: 'STRUCT(id BIGINT)',
                   payload: 'STRUCT(action VARCHAR,
                       commits STRUCT(sha VARCHAR, "distinct" BOOLEAN)[],
                       pull_request STRUCT("user" STRUCT(id BIGINT), merged BOOLEAN,
                                           additions BIGINT, deletions BIGINT))'})),
points AS (
    SELECT actor.id AS who, 10 * len(list_filter(payload.commits, lambda c: c."distinct")) AS n
    FROM events WHERE type = 'PushEvent'
    UNION ALL
    SELECT coalesce(payload.pull_request."user".id, actor.id),
           CASE WHEN payload.action = 'opened' THEN 15
                WHEN payload.action = 'closed' AND payload.pull_request.merged
                THEN 25 + least(500, 0.01 * payload.pull_request.additions
                                   + 0.005 * payload.pull_request.deletions)
                ELSE 0 END
    FROM events WHERE type = 'PullRequestEvent'
    UNION ALL
    SELECT actor.id, CASE type WHEN 'IssueCommentEvent' THEN 3 WHEN 'CommitCommentEvent' THEN 3
                               WHEN 'PullRequestReviewCommentEvent' THEN 5
                               WHEN 'ReleaseEvent' THEN 30
                               WHEN 'IssuesEvent' THEN
                                    CASE payload.action WHEN 'opened' THEN 8 WHEN 'closed' THEN 5 ELSE 0 END
                               ELSE 0 END
    FROM events WHERE type NOT IN ('PushEvent', 'PullRequestEvent'))
SELECT who, sum(n) AS score FROM points GROUP BY who ORDER BY score DESC, who LIMIT 50
"""

query, files = sys.argv[1], sys.argv[2:]
connection = duckdb.connect()
connection.execute("SET enable_progress_bar = false")
started = time.perf_counter()
connection.execute({"count": COUNT, "board": BOARD}[query], {"files": files}).fetchall()
print(time.perf_counter() - started)
