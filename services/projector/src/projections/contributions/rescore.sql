-- Brings new scores onto the boards.
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

DROP TABLE new_scores;
