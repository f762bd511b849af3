-- What somebody misses, and what came of asking GitHub for it.
CREATE TABLE disputes (
    dispute       uuid        NOT NULL PRIMARY KEY,
    -- What is missed, as an address on GitHub.
    url           text        NOT NULL,
    -- Who raised it last, why and when.
    actor         text        NOT NULL,
    reason        text        NOT NULL,
    raised_at     timestamptz NOT NULL,
    -- recorded, not_counted or not_found; null until GitHub was asked.
    outcome       text,
    detail        text,
    contributions uuid[]      NOT NULL DEFAULT '{}',
    answered_at   timestamptz
);
CREATE INDEX disputes_raised ON disputes (raised_at DESC, dispute);
