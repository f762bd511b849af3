-- From where and in which form a dead letter came, so that it is read again by
-- the right reading and under the right source; null for those of before, and
-- for messages and jobs.
ALTER TABLE dead_letters ADD COLUMN received jsonb;
