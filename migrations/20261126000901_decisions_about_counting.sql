-- What people decided about counting, and what of it is in effect.

-- The last decision (a sequence of the log) that the rows of contributions and
-- boards follow. Whoever changes those locks this row first, so that decisions
-- and contributions never pass each other.
CREATE TABLE counting (
    is_the_one boolean NOT NULL DEFAULT true PRIMARY KEY CHECK (is_the_one),
    decision   bigint  NOT NULL DEFAULT 0
);
INSERT INTO counting DEFAULT VALUES;

-- Every scoring policy that was published, for all boards or for those of a
-- group; without a policy where a group's was withdrawn.
CREATE TABLE policies (
    decision   bigint      NOT NULL PRIMARY KEY,
    group_name text COLLATE "C",
    version    integer,
    policy     jsonb,
    actor      text        NOT NULL,
    reason     text        NOT NULL,
    decided_at timestamptz NOT NULL
);

-- Accounts that were decided to be one person with another, and who is
-- credited for what they did: the end of the chain.
CREATE TABLE account_links (
    account    text COLLATE "C" NOT NULL PRIMARY KEY,
    linked_to  text COLLATE "C" NOT NULL,
    credited   text COLLATE "C" NOT NULL
);
CREATE INDEX account_links_credited ON account_links (credited);

-- Accounts that were decided to be people, bots or agents.
CREATE TABLE decided_classes (
    account text COLLATE "C" NOT NULL PRIMARY KEY,
    class   text             NOT NULL
);

-- Lists of logins of one class, in lower case.
CREATE TABLE class_lists (
    name   text COLLATE "C" NOT NULL PRIMARY KEY,
    class  text             NOT NULL,
    logins text[]           NOT NULL
);

-- Whom people worked for, from one UTC day until before another.
CREATE TABLE affiliations (
    account   text COLLATE "C" NOT NULL,
    ordinal   integer          NOT NULL,
    from_day  date,
    until_day date,
    company   text             NOT NULL,
    PRIMARY KEY (account, ordinal)
);
CREATE INDEX affiliations_company ON affiliations (lower(company));

-- Every decision, as it was made: about counting, and about what is tracked.
CREATE TABLE decisions (
    decision   bigint           NOT NULL PRIMARY KEY,
    -- The event's type without its version, such as policy.published.
    what       text COLLATE "C" NOT NULL,
    -- What it is about: an account, a list, a group, a repository; empty for all
    -- boards.
    subject    text COLLATE "C" NOT NULL,
    actor      text             NOT NULL,
    reason     text             NOT NULL,
    decided_at timestamptz      NOT NULL,
    -- The event's data.
    detail     jsonb            NOT NULL
);
CREATE INDEX decisions_subject ON decisions (subject, decision DESC);

-- Whoever does not want to be shown.
ALTER TYPE account_class ADD VALUE IF NOT EXISTS 'hidden';

-- What an account is taken for: by what is known of it, by the lists it is on,
-- by decision. The latter goes first.
DROP VIEW accounts;
ALTER TABLE account_classes RENAME COLUMN class TO derived;
ALTER TABLE account_classes
    ADD COLUMN listed account_class,
    ADD COLUMN decided account_class,
    ADD COLUMN class account_class NOT NULL
        GENERATED ALWAYS AS (coalesce(decided, listed, derived)) STORED;

CREATE VIEW accounts AS
SELECT reference AS account, name AS login, last_seen AS login_seen_at,
       coalesce(called_bot, false) AS called_bot, coalesce(class, 'human') AS class
FROM names LEFT JOIN account_classes ON account = reference
WHERE subject = 'account' AND is_current;

-- Who is meant by a reference to an account, where that is another.
CREATE VIEW account_references AS
SELECT link.reference, coalesce(decided.credited, link.canonical) AS canonical
FROM reference_links AS link
LEFT JOIN account_links AS decided ON decided.account = link.canonical
WHERE link.subject = 'account'
UNION ALL
SELECT account, credited FROM account_links AS decided
WHERE NOT EXISTS (SELECT FROM reference_links AS link
                  WHERE link.subject = 'account' AND link.reference = decided.account);

-- Who let queues of jobs stand still, and go on again.
CREATE TABLE queue_actions (
    -- The sequence on the log.
    sequence bigint      NOT NULL PRIMARY KEY,
    queue    text        NOT NULL,
    -- paused or resumed.
    action   text        NOT NULL,
    actor    text        NOT NULL,
    reason   text        NOT NULL,
    acted_at timestamptz NOT NULL
);
