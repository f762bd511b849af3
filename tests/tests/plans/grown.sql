-- Rows as a deployment of some years has them, beside those that were projected: enough
-- that reading a whole table is dearer than finding what is asked for. What they say
-- matters to nobody; how many there are, and how they are spread, does.
INSERT INTO names (subject, reference, name, first_seen, last_seen, is_current)
SELECT 'account', (31000000 + n)::text, 'person-' || n, '2024-01-01', '2025-06-01', true
FROM generate_series(1, 100000) AS n;
INSERT INTO names (subject, reference, name, first_seen, last_seen, is_current)
SELECT 'repository', (35000000 + n)::text, 'owner-' || n % 9000 || '/project-' || n,
       '2024-01-01', '2025-06-01', true
FROM generate_series(1, 50000) AS n;
INSERT INTO repository_groups
VALUES ('grown', ARRAY['owner-5/project-5', 'owner-6/project-6'], 'ann', 'a test', '2025-01-01');
INSERT INTO affiliations (account, ordinal, until_day, company)
SELECT (31000000 + n)::text, 0, CASE WHEN n <= 20 THEN date '2025-06-04' END, 'Acme'
FROM generate_series(1, 200) AS n;
INSERT INTO account_classes (account, called_bot, derived)
SELECT (31000000 + n * 3)::text, true, 'bot' FROM generate_series(1, 3000) AS n;
INSERT INTO reference_links (subject, reference, canonical)
SELECT 'account', '@person-' || n, (31000000 + n)::text FROM generate_series(1, 50000) AS n;
INSERT INTO references_by_name (subject, reference, contribution)
SELECT 'account', '@person-' || n % 50000, gen_random_uuid() FROM generate_series(1, 100000) AS n;

CREATE TEMPORARY TABLE done AS
SELECT gen_random_uuid() AS id,
       '2024-01-01'::timestamptz + (n % 700) * interval '1 day' + (n % 86400) * interval '1 second'
           AS occurred_at,
       (enum_range(NULL::contribution_kind))[1 + n % 16] AS kind,
       (35000000 + 1 + (n * 7) % 50000)::text AS repository,
       (31000000 + 1 + (n * 13) % 100000)::text AS contributor,
       n
FROM generate_series(1, 200000) AS n;
INSERT INTO contribution_identities SELECT id, occurred_at FROM done;
INSERT INTO contribution_events
SELECT id, occurred_at, kind, 'grown:' || n, repository,
       CASE WHEN n % 50 > 0 THEN contributor END, 'actor', 1, NULL, NULL, 1, false, '[]'
FROM done;
INSERT INTO daily_counts
SELECT repository, (occurred_at AT TIME ZONE 'UTC')::date, contributor, kind, count(*), 0, 0
FROM done GROUP BY 1, 2, 3, 4 ORDER BY 2;
INSERT INTO period_lines
SELECT DISTINCT repository, contributor, '2024', 10, 10 FROM done;
DROP TABLE done;

INSERT INTO boards (scope, period)
SELECT 'global', period FROM unnest(ARRAY['all', '2025', '2025-Q2', '2025-06']) AS period
ON CONFLICT DO NOTHING;
INSERT INTO board_rows (board, contributor, class, pull_request_merged, pull_request_reviewed,
                        score, commit, comment)
SELECT board, (31000000 + n)::text, 'human', n % 7, n % 5, 1000 * (n % 9000), n % 90, n % 30
FROM (SELECT board FROM boards WHERE period IN ('all', '2025', '2025-Q2', '2025-06')) AS shown
CROSS JOIN generate_series(1, 50000) AS n;
INSERT INTO rank_histogram (board, metric, class, level, prefix, members)
SELECT board, metric, 'human', level, value >> (6 * (6 - level)), sum(holders)
FROM (SELECT board, metric, value, count(*) AS holders
      FROM board_values JOIN boards USING (board)
      WHERE period IN ('all', '2025', '2025-Q2', '2025-06') AND class = 'human'
      GROUP BY 1, 2, 3) AS held
CROSS JOIN generate_series(0, 6) AS level
GROUP BY 1, 2, 4, 5
ON CONFLICT DO NOTHING;

INSERT INTO pull_requests (key, author)
SELECT 'id:' || 37000000 + n, (31000000 + n)::text FROM generate_series(1, 50000) AS n;
INSERT INTO pull_request_contributions
SELECT 'id:' || 37000000 + n % 50000, gen_random_uuid() FROM generate_series(1, 100000) AS n;
INSERT INTO merge_commits
SELECT (35000000 + n % 50000)::text, md5(n::text), n, 37000000 + n FROM generate_series(1, 50000) AS n;
INSERT INTO pushes
SELECT (35000000 + n % 50000)::text, n::text, ARRAY[md5(n::text)] FROM generate_series(1, 100000) AS n;
INSERT INTO other_commits
SELECT (35000000 + n % 50000)::text, md5('o' || n), n::text FROM generate_series(1, 100000) AS n;
INSERT INTO push_heads
SELECT (35000000 + n % 50000)::text, md5('h' || n), n::text FROM generate_series(1, 100000) AS n;

INSERT INTO coverage_units (source, unit, location, observed_at, events, contributions, damaged,
                            expected, whole, sha256, verdict, sequence, main_hour, lag)
SELECT 'archive', to_char(hour, 'YYYY-MM-DD-') || extract(hour FROM hour), 'archive', hour, 100, 50,
       0, 100, true, '', CASE WHEN n % 100 = 0 THEN 'partial' ELSE 'complete' END, 31000000 + n, hour, 0
FROM (SELECT n, '2011-02-12 00:00Z'::timestamptz + n * interval '1 hour' AS hour
      FROM generate_series(1, 110000) AS n) AS hours
ON CONFLICT DO NOTHING;
INSERT INTO coverage_units (source, unit, location, observed_at, events, contributions, damaged,
                            whole, sha256, verdict, sequence)
SELECT 'api', 'owner-' || n % 9000 || '/project-' || n || ' events', 'api', '2025-01-01', 100, 50, 0,
       true, '', 'unknown', 2000000 + n
FROM generate_series(1, 40000) AS n;
INSERT INTO coverage_hours (source, unit, hour, events, contributions)
SELECT source, unit, coalesce(main_hour, '2020-01-01'::timestamptz + (sequence % 40000) * interval '1 hour'), 100, 50 FROM coverage_units
WHERE sequence > 1000000
ON CONFLICT DO NOTHING;

INSERT INTO dead_letters (id, recorded_at, service, origin, error, content, bytes)
SELECT md5('letter ' || n)::uuid, '2024-01-01'::timestamptz + n * interval '7 minutes',
       (ARRAY['scraper', 'worker', 'projector'])[1 + n % 3], 'file, line ' || n, 'damaged',
       repeat('x', 200), 200
FROM generate_series(1, 100000) AS n;
INSERT INTO dead_letter_resolutions (letter, outcome, actor, reason, resolved_at)
SELECT md5('letter ' || n)::uuid, 'discarded', 'ann', 'old',
       '2024-01-02'::timestamptz + n * interval '7 minutes'
FROM generate_series(1, 99900) AS n;

INSERT INTO jobs (job, name, queue, state, cause, arguments, attempts, queued_at, ended_at)
SELECT md5('job ' || n)::uuid, (ARRAY['refresh-stale', 'vacuum', 'check-boards'])[1 + n % 3],
       (ARRAY['scraping', 'maintenance', 'calculations'])[1 + n % 3],
       CASE WHEN n % 1000 = 0 THEN 'failed' ELSE 'completed' END,
       CASE WHEN n % 500 = 0 THEN '{"actor": "ann", "reason": "a test"}' ELSE '{}' END::jsonb, '{}', 1,
       '2024-01-01'::timestamptz + n * interval '9 minutes',
       '2024-01-01'::timestamptz + n * interval '9 minutes'
FROM generate_series(1, 100000) AS n;
INSERT INTO ledger_entries (sequence, month, entry)
SELECT 31000000 + n, to_char('2024-01-01'::date + n / 200, 'YYYY-MM'),
       '{"entry": "released",
         "data": {"reservation": "0193a5b0-0000-7000-8000-000000000000", "reason": "a test",
                  "reserved_at": "2025-01-01T00:00:00Z", "released_at": "2025-01-01T00:00:00Z"}}'
FROM generate_series(1, 100000) AS n;
INSERT INTO decisions (decision, what, subject, actor, reason, decided_at, detail)
SELECT 31000000 + n, CASE WHEN n % 100 = 0 THEN 'repository.tracked' ELSE 'account.classified' END,
       (35000000 + n)::text, 'ann', 'a test', '2024-01-01'::timestamptz + n * interval '9 minutes',
       CASE WHEN n % 100 = 0
            THEN jsonb_build_object('id', 35000000 + n,
                                    'name', 'owner-' || n % 9000 || '/project-' || n)
            ELSE '{}' END
FROM generate_series(1, 100000) AS n;
INSERT INTO retraction_decisions (decision, contribution, semantic_key, retracted, actor, reason,
                                  decided_at)
SELECT gen_random_uuid(), id, 'commit:1:' || id, get_byte(uuid_send(id), 0) % 3 > 0, 'ann', 'a test',
       '2025-06-01'
FROM (SELECT id FROM contribution_identities ORDER BY id LIMIT 2000) AS decided;

INSERT INTO disputes (dispute, url, actor, reason, raised_at, outcome, contributions, answered_at)
SELECT gen_random_uuid(), 'https://github.com/a/b/pull/' || n, 'ann', 'a test',
       '2024-01-01'::timestamptz + n * interval '9 minutes', 'recorded',
       ARRAY[(SELECT id FROM contribution_identities LIMIT 1)], '2025-11-30'
FROM generate_series(1, 50000) AS n;
