-- What the boards are computed from, as one digest: c(i) = SHA-256(c(i-1) ||
-- SHA-256(payload i)) over the messages of the contributions' stream in the
-- order of their sequences, beginning with 32 zero bytes. It moves with the
-- checkpoint of the projection, in one transaction.
CREATE TABLE input_chain (
    is_only  boolean NOT NULL DEFAULT true PRIMARY KEY CHECK (is_only),
    -- The first sequence that is part of it: where a version before this one
    -- has read, only what comes after is.
    first    bigint  NOT NULL,
    -- The last one.
    sequence bigint  NOT NULL,
    messages bigint  NOT NULL,
    digest   bytea   NOT NULL CHECK (length(digest) = 32)
);

INSERT INTO input_chain (first, sequence, messages, digest)
SELECT coalesce(max(sequence), 0) + 1, coalesce(max(sequence), 0), 0, decode(repeat('00', 32), 'hex')
FROM projections WHERE projection = 'contributions';
