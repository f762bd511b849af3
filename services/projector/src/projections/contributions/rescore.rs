//! Scoring all stored boards by another policy, from the counts: the log is not
//! read, and readers see the old scores until the new ones are committed.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    AccountReference, ContributionKind, DailyCount, DayCounts, Period, Policy, RepositoryReference,
    Thousandths,
};
use postgres::NewRows;
use sqlx::PgConnection;

use super::boards::Directory;
use crate::ProjectionError;

/// So many counts are read at a time.
const READ: &str = "FETCH FORWARD 50000 FROM counts_to_score";

/// So many scores are written at a time.
const WRITTEN: usize = 50_000;

/// Scores every place on the stored boards by a policy.
pub(super) async fn rescore(
    transaction: &mut PgConnection,
    policy: &Policy,
    directory: &mut Directory,
) -> Result<(), ProjectionError> {
    // Here everything is read, so the planner may choose as it likes.
    sqlx::raw_sql(
        "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on;
         SET LOCAL enable_mergejoin = on;
         CREATE TEMPORARY TABLE new_scores (
             board integer NOT NULL, contributor text COLLATE \"C\" NOT NULL, score bigint NOT NULL
         );
         DECLARE counts_to_score NO SCROLL CURSOR FOR
             SELECT contributor, repository, day, kind::text, quantity, additions, deletions
             FROM daily_counts ORDER BY contributor, repository, day",
    )
    .execute(&mut *transaction)
    .await?;
    score_all(transaction, policy, directory).await?;
    sqlx::raw_sql(include_str!("rescore.sql"))
        .execute(&mut *transaction)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    contributor: String,
    repository: String,
    day: NaiveDate,
    kind: String,
    quantity: i64,
    additions: i64,
    deletions: i64,
}

async fn score_all(
    transaction: &mut PgConnection,
    policy: &Policy,
    directory: &mut Directory,
) -> Result<(), ProjectionError> {
    let mut scoring = Scoring::new(policy);
    loop {
        let rows: Vec<Row> = sqlx::query_as(READ)
            .persistent(false)
            .fetch_all(&mut *transaction)
            .await?;
        let is_end = rows.is_empty();
        for row in rows {
            scoring.take(row)?;
        }
        if is_end {
            scoring.settle_contributor();
        }
        if is_end || scoring.scores.len() >= WRITTEN {
            let scores = std::mem::take(&mut scoring.scores);
            write(transaction, directory, scores).await?;
        }
        if is_end {
            return Ok(());
        }
    }
}

/// A score on the board of a period.
type Score = (Period, AccountReference, Thousandths);

async fn write(
    transaction: &mut PgConnection,
    directory: &mut Directory,
    scores: Vec<Score>,
) -> Result<(), ProjectionError> {
    let periods = scores.iter().map(|(period, ..)| *period);
    directory.ensure(transaction, periods).await?;
    let mut new = NewRows::new(
        transaction,
        "new_scores",
        &["board", "contributor", "score"],
    );
    for (period, contributor, score) in scores {
        if let Some(board) = directory.number(period) {
            new.row()
                .await?
                .field(board)
                .field(contributor.as_str())
                .field(score);
        }
    }
    Ok(new.insert().await?)
}

/// Adds up the scores of one contributor after the other.
struct Scoring<'a> {
    policy: &'a Policy,
    contributor: Option<AccountReference>,
    repository: RepositoryReference,
    day: NaiveDate,
    of_day: DayCounts,
    /// Points that hang on no other repository, by period.
    points: HashMap<Period, Thousandths>,
    /// Lines in the repository, by period: their worth is capped there.
    lines: HashMap<Period, (i64, i64)>,
    scores: Vec<Score>,
}

impl<'a> Scoring<'a> {
    fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            contributor: None,
            repository: RepositoryReference::from_stored(""),
            day: NaiveDate::MIN,
            of_day: DayCounts::default(),
            points: HashMap::new(),
            lines: HashMap::new(),
            scores: Vec::new(),
        }
    }

    fn take(&mut self, row: Row) -> Result<(), ProjectionError> {
        let kind: ContributionKind =
            row.kind
                .parse()
                .map_err(|error: domain::UnknownKind| ProjectionError::Corrupt {
                    what: "contribution kind",
                    detail: error.to_string(),
                })?;
        let is_same = self
            .contributor
            .as_ref()
            .is_some_and(|who| who.as_str() == row.contributor);
        if !is_same {
            self.settle_contributor();
            self.contributor = Some(AccountReference::from_stored(row.contributor));
        }
        if !is_same || self.repository.as_str() != row.repository {
            self.settle_repository();
            self.repository = RepositoryReference::from_stored(row.repository);
        }
        if self.day != row.day {
            self.settle_day();
            self.day = row.day;
        }
        let count = DailyCount {
            quantity: row.quantity,
            additions: row.additions,
            deletions: row.deletions,
        };
        self.count(kind, count);
        Ok(())
    }

    fn count(&mut self, kind: ContributionKind, count: DailyCount) {
        self.of_day[kind] += count.quantity;
        if count.additions != 0 || count.deletions != 0 {
            for period in Period::containing(self.day) {
                let lines = self.lines.entry(period).or_default();
                lines.0 += count.additions;
                lines.1 += count.deletions;
            }
        }
    }

    fn settle_day(&mut self) {
        let counts = std::mem::take(&mut self.of_day);
        if counts == DayCounts::default() {
            return;
        }
        let linear = ContributionKind::ALL.into_iter();
        let linear = linear.filter(|kind| !self.policy.is_by_day(*kind));
        let linear: Thousandths = linear
            .map(|kind| self.policy.weight(kind) * counts[kind])
            .sum();
        let points = linear + self.policy.points_of_day(&counts);
        for period in Period::containing(self.day) {
            *self.points.entry(period).or_default() += points;
        }
    }

    fn settle_repository(&mut self) {
        self.settle_day();
        for (period, (additions, deletions)) in self.lines.drain() {
            let points = self.policy.lines(additions, deletions);
            *self.points.entry(period).or_default() += points;
        }
    }

    fn settle_contributor(&mut self) {
        self.settle_repository();
        let points = self.points.drain();
        if let Some(contributor) = self.contributor.take() {
            let scores = points.map(|(period, points)| (period, contributor.clone(), points));
            self.scores.extend(scores);
        }
    }
}
