-- Less to write for each contribution: one table of names instead of four,
-- classes of those only who are not plainly people, no index that no query
-- uses, and keys that grow at their end. The projection starts again at the
-- beginning of the log.

DROP TABLE accounts, account_names, repositories, repository_names;

CREATE TYPE named_subject AS ENUM ('account', 'repository');

-- What accounts and repositories were called, and are called now. Updates
-- touch no indexed column, and find room on their page.
CREATE TABLE names (
    subject    named_subject    NOT NULL,
    reference  text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    first_seen timestamptz      NOT NULL,
    last_seen  timestamptz      NOT NULL,
    -- The one seen last; of two seen last at the same instant the smaller.
    is_current boolean          NOT NULL,
    PRIMARY KEY (subject, reference, name)
) WITH (fillfactor = 85);
CREATE INDEX names_by_name ON names (subject, lower(name));

-- Accounts that are bots or agents, or were called so. All others are people.
CREATE TABLE account_classes (
    account    text COLLATE "C" NOT NULL PRIMARY KEY,
    called_bot boolean          NOT NULL,
    class      account_class    NOT NULL
);

CREATE VIEW account_names AS
SELECT reference AS account, name AS login, first_seen, last_seen
FROM names WHERE subject = 'account';

CREATE VIEW accounts AS
SELECT reference AS account, name AS login, last_seen AS login_seen_at,
       coalesce(called_bot, false) AS called_bot, coalesce(class, 'human') AS class
FROM names LEFT JOIN account_classes ON account = reference
WHERE subject = 'account' AND is_current;

CREATE VIEW repository_names AS
SELECT reference AS repository, name, first_seen, last_seen
FROM names WHERE subject = 'repository';

CREATE VIEW repositories AS
SELECT reference AS repository, name, last_seen AS name_seen_at
FROM names WHERE subject = 'repository' AND is_current;

TRUNCATE contribution_identities, contribution_events, references_by_name, reference_links,
         pull_requests, pull_request_contributions, merge_commits, push_commits, retractions,
         daily_counts, period_lines, boards, board_rows, rank_histogram;

-- Contributions arrive roughly by time, so a key that begins with the instant
-- is appended to, where one that begins with a random id touches every page.
ALTER TABLE contribution_events DROP CONSTRAINT contribution_events_pkey;
ALTER TABLE contribution_events ADD PRIMARY KEY (occurred_at, id);
DROP INDEX contribution_events_contributor, contribution_events_repository,
           contribution_events_pending;
CREATE INDEX contribution_events_contributor ON contribution_events (contributor, occurred_at)
    WHERE contributor IS NOT NULL;
CREATE INDEX contribution_events_pending ON contribution_events (repository)
    WHERE contributor IS NULL;

UPDATE projections SET sequence = 0, epoch = epoch + 1 WHERE projection = 'contributions';
