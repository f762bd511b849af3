-- Whom workers leave alone after failures. Each worker has a circuit of its own for
-- each of them; those that nothing was heard of for a day are no more.
CREATE TABLE circuits (
    dependency text        NOT NULL,
    worker     text        NOT NULL,
    -- In a row; none when it is closed.
    failures   bigint      NOT NULL,
    -- Null when it is closed.
    open_until timestamptz,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (dependency, worker)
);
