-- Projections: who runs each, and how far it has come.
--
-- A projection's rows and its checkpoint are committed in one transaction, and
-- that transaction fails unless the checkpoint still is what the batch started
-- from, under the epoch of the lease the runner holds.
CREATE TABLE projections (
    projection       text        NOT NULL PRIMARY KEY,
    stream           text        NOT NULL,
    -- Last stream sequence whose effects are in the read models.
    sequence         bigint      NOT NULL DEFAULT 0,
    -- Grows with every change of owner; fences off a paused former owner.
    epoch            bigint      NOT NULL DEFAULT 0,
    owner            text,
    lease_expires_at timestamptz NOT NULL DEFAULT '-infinity',
    updated_at       timestamptz NOT NULL DEFAULT now()
);

-- What could not be read or projected, for a person to see and redrive.
CREATE TABLE dead_letters (
    id          uuid        NOT NULL PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    service     text        NOT NULL,
    -- File and line, or stream and sequence.
    origin      text        NOT NULL,
    line        bigint,
    error       text        NOT NULL,
    content     text        NOT NULL,
    bytes       bigint      NOT NULL,
    -- parked, redriven or discarded.
    state       text        NOT NULL DEFAULT 'parked'
);

CREATE INDEX dead_letters_recorded ON dead_letters (recorded_at DESC, id);
