-- Contributions, and what is known about them.
--
-- References are text: a numeric id, or @login / @owner/name in lower case
-- where no id is known. They compare by bytes.

CREATE TYPE contribution_kind AS ENUM (
    'commit', 'push', 'pull_request_opened', 'pull_request_merged', 'pull_request_closed',
    'pull_request_reviewed', 'self_review', 'review_comment', 'issue_opened', 'issue_closed',
    'comment', 'release_published', 'wiki_edit', 'discussion', 'star', 'fork'
);

CREATE TYPE account_class AS ENUM ('human', 'bot', 'agent');

-- Which contributions there are. A unique key of a partitioned table must hold
-- the partition column, and two sources may disagree about the instant: so
-- identity has its own table, and it decides what is new.
CREATE TABLE contribution_identities (
    id          uuid        NOT NULL PRIMARY KEY,
    occurred_at timestamptz NOT NULL
) PARTITION BY HASH (id);

-- One row per contribution, as it counts now. Partitions by month are made
-- ahead and on demand.
CREATE TABLE contribution_events (
    id           uuid              NOT NULL,
    occurred_at  timestamptz       NOT NULL,
    kind         contribution_kind NOT NULL,
    semantic_key text              NOT NULL,
    repository   text COLLATE "C"  NOT NULL,
    -- Nobody yet: the credit is pending.
    contributor  text COLLATE "C",
    -- author, pull_request, pusher, actor or pending.
    basis        text              NOT NULL,
    -- Unknown is not zero: null where no source says.
    quantity     integer,
    additions    integer,
    deletions    integer,
    -- How many it counts for: 0 while pending, superseded or retracted.
    counted      integer           NOT NULL,
    superseded   boolean           NOT NULL,
    -- Every source that saw it: an array of sightings.
    sightings    jsonb             NOT NULL,
    PRIMARY KEY (id, occurred_at)
) PARTITION BY RANGE (occurred_at);

CREATE INDEX contribution_events_contributor
    ON contribution_events (contributor, occurred_at DESC, id);
CREATE INDEX contribution_events_repository
    ON contribution_events (repository, occurred_at DESC, id);
CREATE INDEX contribution_events_pending
    ON contribution_events (occurred_at DESC, id) WHERE contributor IS NULL;

-- Contributions whose meaning hangs on a reference by name, so that they are
-- looked at again when the name is linked to an id or comes to be borne by two.
CREATE TABLE references_by_name (
    -- account or repository.
    subject      text             NOT NULL,
    reference    text COLLATE "C" NOT NULL,
    contribution uuid             NOT NULL,
    PRIMARY KEY (subject, reference, contribution)
);

-- References by name that stand for exactly one id.
CREATE TABLE reference_links (
    subject   text             NOT NULL,
    reference text COLLATE "C" NOT NULL,
    canonical text COLLATE "C" NOT NULL,
    PRIMARY KEY (subject, reference)
);
CREATE INDEX reference_links_canonical ON reference_links (subject, canonical);

-- Accounts as they are shown now, and the logins they have borne.
CREATE TABLE accounts (
    account       text COLLATE "C" NOT NULL PRIMARY KEY,
    login         text             NOT NULL,
    login_seen_at timestamptz      NOT NULL,
    called_bot    boolean          NOT NULL,
    class         account_class    NOT NULL
);
CREATE INDEX accounts_login ON accounts (lower(login));

CREATE TABLE account_names (
    account    text COLLATE "C" NOT NULL,
    login      text COLLATE "C" NOT NULL,
    first_seen timestamptz      NOT NULL,
    last_seen  timestamptz      NOT NULL,
    PRIMARY KEY (account, login)
);
CREATE INDEX account_names_login ON account_names (lower(login));

-- Repositories as they are named now, and the names they have borne.
CREATE TABLE repositories (
    repository   text COLLATE "C" NOT NULL PRIMARY KEY,
    name         text             NOT NULL,
    -- The part of the name before the slash, lower case.
    owner        text             NOT NULL,
    name_seen_at timestamptz      NOT NULL
);
CREATE INDEX repositories_name ON repositories (lower(name));
CREATE INDEX repositories_owner ON repositories (owner);

CREATE TABLE repository_names (
    repository text COLLATE "C" NOT NULL,
    name       text COLLATE "C" NOT NULL,
    first_seen timestamptz      NOT NULL,
    last_seen  timestamptz      NOT NULL,
    PRIMARY KEY (repository, name)
);
CREATE INDEX repository_names_name ON repository_names (lower(name));

-- What is known of pull requests, under each key an event may name one by:
-- `id:<id>`, or `<repository>#<number>`.
CREATE TABLE pull_requests (
    key           text COLLATE "C" NOT NULL PRIMARY KEY,
    author        text COLLATE "C",
    -- How the author is known, best first: 0 the pull request itself, 1 its
    -- issue, 2 whoever opened it.
    author_source smallint,
    author_at     timestamptz
);

-- Contributions whose credit or kind hangs on the author of a pull request.
CREATE TABLE pull_request_contributions (
    key          text COLLATE "C" NOT NULL,
    contribution uuid             NOT NULL,
    PRIMARY KEY (key, contribution)
);

-- Merged pull requests by the commit they were merged as.
CREATE TABLE merge_commits (
    repository          text COLLATE "C" NOT NULL,
    sha                 text COLLATE "C" NOT NULL,
    pull_request_number bigint           NOT NULL,
    pull_request_id     bigint           NOT NULL,
    PRIMARY KEY (repository, sha, pull_request_number, pull_request_id)
);
CREATE INDEX merge_commits_number ON merge_commits (repository, pull_request_number);
CREATE INDEX merge_commits_id ON merge_commits (pull_request_id);

-- Pushes by the commits they brought or ended at.
CREATE TABLE push_commits (
    repository text COLLATE "C" NOT NULL,
    sha        text COLLATE "C" NOT NULL,
    push       text COLLATE "C" NOT NULL,
    PRIMARY KEY (repository, push, sha)
);
CREATE INDEX push_commits_sha ON push_commits (repository, sha);

-- Contributions recorded in error.
CREATE TABLE retractions (
    contribution uuid        NOT NULL PRIMARY KEY,
    reason       text        NOT NULL,
    retracted_at timestamptz NOT NULL
);

DO $$
BEGIN
    FOR remainder IN 0..7 LOOP
        EXECUTE format(
            'CREATE TABLE contribution_identities_%s PARTITION OF contribution_identities
             FOR VALUES WITH (MODULUS 8, REMAINDER %s)', remainder, remainder);
    END LOOP;
END $$;
