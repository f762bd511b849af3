-- Decisions that contributions count no more, or count again. The latest about each
-- holds; all are kept.
CREATE TABLE retraction_decisions (
    -- Made of what it says.
    decision     uuid             NOT NULL PRIMARY KEY,
    -- The contribution that the key leads to under the present links.
    contribution uuid             NOT NULL,
    -- The key it was decided under.
    semantic_key text             NOT NULL,
    -- The references by name in that key; null where there is none.
    repository   text COLLATE "C",
    account      text COLLATE "C",
    -- Whether it counts no more from then on; else it counts again.
    retracted    boolean          NOT NULL,
    actor        text             NOT NULL,
    reason       text             NOT NULL,
    decided_at   timestamptz      NOT NULL
);
CREATE INDEX retraction_decisions_contribution ON retraction_decisions (contribution, decided_at);
CREATE INDEX retraction_decisions_repository ON retraction_decisions (repository)
    WHERE repository IS NOT NULL;
CREATE INDEX retraction_decisions_account ON retraction_decisions (account)
    WHERE account IS NOT NULL;
CREATE INDEX retraction_decisions_decided ON retraction_decisions (decided_at DESC, decision);

-- Retractions so far are known by their contribution alone; a replay finds their keys.
-- The table they were in is left to the version before.
INSERT INTO retraction_decisions (decision, contribution, semantic_key, retracted, actor, reason,
                                  decided_at)
SELECT contribution, contribution, '', true, '', reason, retracted_at FROM retractions;
