//! Working out what stands on boards from the counts alone, one contributor after
//! the other: the log is not read.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::{
    AccountReference, ContributionKind, DailyCount, DayCounts, Metric, Period, Policy,
    RepositoryReference,
};
use sqlx::PgConnection;

use super::boards::Values;
use super::daily::ScoreChanges;
use super::stored_kind;
use crate::ProjectionError;

/// So many counts are read at a time.
const READ: &str = "FETCH FORWARD 50000 FROM counts_to_score";

/// So many places are handed out at a time, or a few more.
const AT_ONCE: usize = 50_000;

/// Everything that stands on boards under a policy. Nothing else may change the
/// counts until the end is reached.
pub(super) struct Scoring<'a> {
    policy: &'a Policy,
    is_at_end: bool,
    contributor: Option<AccountReference>,
    repository: RepositoryReference,
    day: NaiveDate,
    of_day: DayCounts,
    /// What hangs on no other repository, by period.
    values: HashMap<Period, Values>,
    /// Lines in the repository, by period: their worth is capped there.
    lines: HashMap<Period, (i64, i64)>,
    places: ScoreChanges,
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

impl<'a> Scoring<'a> {
    /// Begins to read the counts.
    pub(super) async fn begin(
        transaction: &mut PgConnection,
        policy: &'a Policy,
    ) -> Result<Self, sqlx::Error> {
        // Here everything is read, so the planner may choose as it likes.
        sqlx::raw_sql(
            "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on;
             SET LOCAL enable_mergejoin = on;
             DECLARE counts_to_score NO SCROLL CURSOR FOR
                 SELECT contributor, repository, day, kind::text, quantity, additions, deletions
                 FROM daily_counts ORDER BY contributor, repository, day",
        )
        .execute(transaction)
        .await?;
        Ok(Self {
            policy,
            is_at_end: false,
            contributor: None,
            repository: RepositoryReference::from_stored(""),
            day: NaiveDate::MIN,
            of_day: DayCounts::default(),
            values: HashMap::new(),
            lines: HashMap::new(),
            places: ScoreChanges::new(),
        })
    }

    /// The places of some more contributors; `None` at the end.
    pub(super) async fn next(
        &mut self,
        transaction: &mut PgConnection,
    ) -> Result<Option<ScoreChanges>, ProjectionError> {
        while !self.is_at_end && self.places.len() < AT_ONCE {
            let rows: Vec<Row> = sqlx::query_as(READ)
                .persistent(false)
                .fetch_all(&mut *transaction)
                .await?;
            self.is_at_end = rows.is_empty();
            for row in rows {
                self.take(row)?;
            }
            if self.is_at_end {
                self.settle_contributor();
                sqlx::raw_sql("CLOSE counts_to_score")
                    .execute(&mut *transaction)
                    .await?;
            }
        }
        let places = std::mem::take(&mut self.places);
        Ok((!places.is_empty()).then_some(places))
    }

    fn take(&mut self, row: Row) -> Result<(), ProjectionError> {
        let kind = stored_kind(&row.kind)?;
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
        let mut of_day = Values::default();
        of_day[Metric::Score] = self.policy.points_of_day(&counts);
        for kind in ContributionKind::ALL {
            of_day[Metric::Kind(kind)] = counts[kind];
            if !self.policy.is_by_day(kind) {
                of_day[Metric::Score] += self.policy.weight(kind) * counts[kind];
            }
        }
        for period in Period::containing(self.day) {
            *self.values.entry(period).or_default() += of_day;
        }
    }

    fn settle_repository(&mut self) {
        self.settle_day();
        for (period, (additions, deletions)) in self.lines.drain() {
            let points = self.policy.lines(additions, deletions);
            self.values.entry(period).or_default()[Metric::Score] += points;
        }
    }

    fn settle_contributor(&mut self) {
        self.settle_repository();
        let values = self.values.drain();
        if let Some(contributor) = self.contributor.take() {
            let places = values.map(|(period, values)| ((period, contributor.clone()), values));
            self.places.extend(places);
        }
    }
}
