//! Scores compared with what they follow from, of some boards and contributors
//! each time.

mod evidence;
mod sample;
mod views;

use async_trait::async_trait;
use domain::jobs::{Failure, JobQueued, Severity};
use jobs::{Done, Handler, Run};
use postgres::GenerationPool;
use sqlx::{PgConnection, PgTransaction};

use self::evidence::{Evidence, Subject, explain, groups};
use self::sample::{Sample, contributors_of, some_boards};
use self::views::{Boards, View};
use super::{MaintenanceParts, of_database};
use crate::projections::policies;

/// Boards that are looked at, unless `boards` says otherwise.
const BOARDS: u32 = 24;

/// Contributors of each, unless `contributors` says otherwise.
const CONTRIBUTORS: u32 = 20;

/// Differences that are named; all are counted.
const NAMED: usize = 50;

/// Computes scores anew from the daily counts and from the contributions, and
/// compares them with each other and with the boards. Which boards and
/// contributors hangs on what triggered the job, or on `seed`: a job that is
/// tried again looks at the same ones.
pub struct AuditScores(pub MaintenanceParts);

/// What was found.
#[derive(Default)]
struct Findings {
    /// Contributors on boards that were looked at.
    looked_at: usize,
    /// Numbers that are not the same everywhere, each in words.
    differences: Vec<String>,
}

#[async_trait]
impl Handler for AuditScores {
    fn name(&self) -> &'static str {
        "audit-scores"
    }

    async fn run(&self, job: &JobQueued, run: &Run) -> Result<Done, Failure> {
        let seed = job.arguments.get("seed").cloned();
        let sample = Sample {
            seed: seed.unwrap_or_else(|| job.job.to_string()),
            boards: job.number("boards", BOARDS)?,
            contributors: job.number("contributors", CONTRIBUTORS)?,
        };
        let findings = self.look_at(&sample, run).await?;
        let checked = findings.looked_at as u64;
        count(checked, findings.differences.len() as u64);
        if findings.differences.is_empty() {
            return Ok(Done::new(format!(
                "the numbers of {checked} places on boards are what their contributions come to"
            )));
        }
        Err(findings.into_failure(&sample))
    }
}

/// Counts places that were looked at, and numbers of them that differ.
pub(super) fn count(checked: u64, differing: u64) {
    metrics::counter!("scores_audited_total").increment(checked);
    metrics::counter!("score_differences_total").increment(differing);
}

impl AuditScores {
    async fn look_at(&self, sample: &Sample, run: &Run) -> Result<Findings, Failure> {
        let database = |error: sqlx::Error| of_database(&error);
        let mut transaction = self.begin().await.map_err(database)?;
        let policies = policies(&mut transaction).await;
        let known = Boards {
            policies: policies.map_err(|error| Failure::new(Severity::High, error))?,
            groups: groups(&mut transaction).await.map_err(database)?,
        };
        let boards = some_boards(&mut transaction, sample).await;
        let boards = boards.map_err(database)?;
        let total = boards.len() as u64;
        let mut findings = Findings::default();
        for (done, board) in boards.into_iter().enumerate() {
            run.progress(done as u64, Some(total), board.period.to_string());
            let contributors = contributors_of(&mut transaction, sample, board).await;
            for contributor in contributors.map_err(database)? {
                if run.cancellation().is_cancelled() {
                    return Err(Failure::new(Severity::Low, "it was broken off"));
                }
                let subject = Subject { board, contributor };
                let looking = compare(&mut transaction, &known, sample, &subject);
                findings
                    .differences
                    .extend(looking.await.map_err(database)?);
                findings.looked_at += 1;
            }
        }
        transaction.rollback().await.map_err(database)?;
        Ok(findings)
    }

    /// One moment of the generation that is read: the projector goes on.
    async fn begin(&self) -> Result<PgTransaction<'static>, sqlx::Error> {
        let active = GenerationPool::active(&self.0.pool).await?;
        let mut transaction = active.begin().await?;
        sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }
}

/// Compares one contributor's numbers on a stored board, and on the boards
/// of a repository, its owner, a group and a window of days within it.
async fn compare(
    connection: &mut PgConnection,
    known: &Boards,
    sample: &Sample,
    subject: &Subject,
) -> Result<Vec<String>, sqlx::Error> {
    let evidence = Evidence::load(connection, subject).await?;
    let mut views = View::all(known, &evidence, sample, subject);
    explain(connection, subject, &mut views).await?;
    let mut found = Vec::new();
    for view in &views {
        let differing = view.disagreements(&evidence.counts);
        let named = differing
            .into_iter()
            .map(|differs| format!("{} on {}: {differs}", subject.contributor, view.name));
        found.extend(named);
    }
    Ok(found)
}

impl Findings {
    fn into_failure(self, sample: &Sample) -> Failure {
        let message = format!(
            "{} numbers of {} places on boards are not what they follow from; make all of them again with: leaderboard job run full-recalculation",
            self.differences.len(),
            self.looked_at,
        );
        for difference in &self.differences {
            tracing::error!(difference, "score_differs");
        }
        let failure = Failure::new(Severity::High, message).at("seed", &sample.seed);
        let named = self.differences.into_iter().take(NAMED);
        (1..)
            .zip(named)
            .fold(failure, |failure, (place, difference)| {
                failure.at(&format!("difference {place:02}"), difference)
            })
    }
}
