-- What became of jobs, as their queues tell it.
CREATE TABLE jobs (
    job         uuid        NOT NULL PRIMARY KEY,
    name        text        NOT NULL,
    queue       text        NOT NULL,
    -- waiting, running, retrying, completed, failed or skipped.
    state       text        NOT NULL,
    -- Why it was asked for, and with which arguments.
    cause       jsonb       NOT NULL,
    arguments   jsonb       NOT NULL,
    attempts    integer     NOT NULL,
    attempt     integer     NOT NULL DEFAULT 0,
    worker      text,
    queued_at   timestamptz NOT NULL,
    started_at  timestamptz,
    -- The last sign of life, and from when on another may take it.
    heard_at    timestamptz,
    lease_until timestamptz,
    -- When it is tried again at the earliest.
    again_at    timestamptz,
    ended_at    timestamptz,
    done        bigint      NOT NULL DEFAULT 0,
    total       bigint,
    note        text        NOT NULL DEFAULT '',
    -- What was done, in a sentence.
    summary     text,
    -- What went wrong last, and what was left out.
    failure     jsonb,
    left_out    jsonb       NOT NULL DEFAULT '[]',
    -- The run because of which it was skipped.
    because_of  uuid
);

CREATE INDEX jobs_queued ON jobs (queued_at DESC, job);
CREATE INDEX jobs_by_name ON jobs (name, queued_at DESC, job);

-- Queues that stand still.
CREATE TABLE paused_queues (
    queue     text        NOT NULL PRIMARY KEY,
    actor     text        NOT NULL,
    reason    text        NOT NULL,
    paused_at timestamptz NOT NULL
);

-- When jobs are due.
CREATE TABLE schedule (
    job           text        NOT NULL PRIMARY KEY,
    definition    jsonb,
    covered_until timestamptz NOT NULL,
    next_due_at   timestamptz,
    last_trigger  uuid,
    last_fired_at timestamptz,
    missed        bigint      NOT NULL DEFAULT 0
);
