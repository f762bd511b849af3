-- Whether boards follow contributions. Those of a generation that is being built
-- do not: they are made from the counts when it has nearly caught up.
ALTER TABLE counting ADD COLUMN boards_follow boolean NOT NULL DEFAULT true;
