//! Boards compared with the counts they are made of.

use async_trait::async_trait;
use domain::jobs::{Failure, JobQueued, Severity};
use jobs::{Done, Handler, Run};
use postgres::GenerationPool;
use sqlx::PgPool;

use super::{MaintenanceParts, of_database};

/// Differences that are named.
const NAMED: i64 = 10;

/// Compares the global board of all time, kind by kind and contributor by
/// contributor, with the daily counts, at one moment.
pub struct CheckBoards(pub MaintenanceParts);

/// A number on the board that is not the sum of its counts.
struct Difference {
    contributor: Option<String>,
    kind: Option<String>,
    shown: Option<i64>,
    counted: Option<i64>,
}

#[async_trait]
impl Handler for CheckBoards {
    fn name(&self) -> &'static str {
        "check-boards"
    }

    async fn run(&self, _: &JobQueued, _: &Run) -> Result<Done, Failure> {
        let differences = board_differences(&self.0.pool)
            .await
            .map_err(|error| of_database(&error))?;
        if differences.is_empty() {
            return Ok(Done::new(
                "every number on the global board is the sum of its counts",
            ));
        }
        let message = format!(
            "numbers on the global board are not the sums of their counts: {}; make them again with: leaderboard job run full-recalculation",
            differences.join(", ")
        );
        Err(Failure::new(Severity::High, message))
    }
}

/// The first numbers on the global board of all time that are not the sums of
/// their counts, in words.
///
/// # Errors
/// What the database answers.
pub async fn board_differences(pool: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let active = GenerationPool::active(pool).await?;
    let mut transaction = active.begin().await?;
    let differences = sqlx::query_as!(
        Difference,
        r#"WITH counted AS (
                   SELECT contributor, kind::text AS kind, sum(quantity)::bigint AS value
                   FROM daily_counts GROUP BY 1, 2 HAVING sum(quantity) <> 0
               ), shown AS (
                   SELECT contributor, metric::text AS kind, value
                   FROM board_values JOIN boards USING (board)
                   WHERE scope = 'global' AND period = 'all' AND metric <> 'score'
               )
               SELECT contributor, kind, shown.value AS shown, counted.value AS counted
               FROM shown FULL JOIN counted USING (contributor, kind)
               WHERE shown.value IS DISTINCT FROM counted.value
               ORDER BY 1, 2 LIMIT $1"#,
        NAMED,
    )
    .fetch_all(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(differences.iter().map(Difference::to_string).collect())
}

impl std::fmt::Display for Difference {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        write!(
            out,
            "{} of {} shown as {} and counted as {}",
            text(&self.kind),
            text(&self.contributor),
            self.shown.unwrap_or_default(),
            self.counted.unwrap_or_default(),
        )
    }
}
