-- Generations of the read models.
--
-- A generation is a schema with all tables of the read models and their
-- checkpoints, made by these migrations. A replay builds the next one beside
-- the one that is read. What all generations share is in the schema `control`
-- and is made once; everything else is written without a schema's name, so
-- that it can be made in each.
CREATE SCHEMA IF NOT EXISTS control;

CREATE TABLE IF NOT EXISTS control.generations (
    generation integer     NOT NULL PRIMARY KEY,
    -- The schema its tables are in.
    schema     text        NOT NULL UNIQUE,
    -- creating, building, active, kept, dropping or dropped.
    state      text        NOT NULL,
    -- The one projection it holds; null where it holds all.
    projection text,
    -- Messages per second while it is being built; null for no limit.
    throttle   integer,
    -- The version of the program that began it.
    version    text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The last comparison with the active generation.
    parity     jsonb
);

-- Readers read one generation.
CREATE UNIQUE INDEX IF NOT EXISTS generations_active
    ON control.generations (state) WHERE state = 'active';
-- There is one replay at a time.
CREATE UNIQUE INDEX IF NOT EXISTS generations_building
    ON control.generations ((true)) WHERE state IN ('creating', 'building');

-- What readers were given to read, switch by switch.
CREATE TABLE IF NOT EXISTS control.switches (
    switch      bigint      NOT NULL PRIMARY KEY,
    switched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    from_generation integer NOT NULL,
    to_generation   integer NOT NULL,
    -- The one projection that was exchanged; null where all were.
    projection  text,
    actor       text        NOT NULL,
    reason      text        NOT NULL,
    -- Differences that were accepted.
    differences bigint      NOT NULL
);

INSERT INTO control.generations (generation, schema, state)
SELECT 1, current_schema(), 'active'
WHERE NOT EXISTS (SELECT FROM control.generations);

ALTER TABLE projections
    -- Messages of the stream that were still to come at the last commit.
    ADD COLUMN pending bigint NOT NULL DEFAULT 0,
    -- How fast the last batches were projected.
    ADD COLUMN messages_per_second double precision NOT NULL DEFAULT 0,
    -- Nothing after this sequence is committed until the pause runs out: two
    -- generations can be held at the same place, to be compared or exchanged.
    ADD COLUMN pause_at bigint NOT NULL DEFAULT 0,
    ADD COLUMN paused_until timestamptz NOT NULL DEFAULT '-infinity';
