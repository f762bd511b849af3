-- Brings new scores onto the boards.
CLOSE counts_to_score;
ANALYZE new_scores;

UPDATE board_rows AS stored
SET score = nullif(new.score, 0)
FROM new_scores AS new
WHERE stored.board = new.board AND stored.contributor = new.contributor
  AND stored.score IS DISTINCT FROM nullif(new.score, 0);

DELETE FROM rank_histogram WHERE metric = 'score';

INSERT INTO rank_histogram (board, metric, class, level, prefix, members)
SELECT board, 'score', class, level, score >> (6 * (6 - level)), count(*)
FROM board_rows CROSS JOIN generate_series(0, 6) AS levels (level)
WHERE score <> 0
GROUP BY board, class, level, score >> (6 * (6 - level));

-- Whoever keeps a board in memory finds that it is not known what changed, and
-- reads it anew.
DELETE FROM board_changes;
INSERT INTO board_changes (contributors) VALUES ('{}');

DROP TABLE new_scores;
