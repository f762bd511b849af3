//! What a contributor's numbers follow from, as the tables have it.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::audit::BoardValues;
use domain::{
    AccountReference, ContributionKind, DailyCount, DailyCounts, DailyKey, Lines, Metric, Period,
    RepositoryReference, Scorable,
};
use sqlx::PgConnection;

use super::sample::{Board, Sample};

/// Most contributions that are looked at one by one.
const MOST: i64 = 100_000;

/// The days of a window within the board's.
const WINDOW: u16 = 28;

/// Whose numbers on which board.
pub(super) struct Subject {
    pub(super) board: Board,
    pub(super) contributor: AccountReference,
}

/// What a contributor did in the period of a board.
pub(super) struct Evidence {
    stored: BoardValues,
    counts: DailyCounts,
    contributions: Vec<Scorable>,
}

/// A board, and what a contributor did of what it is about.
pub(super) struct View {
    pub(super) name: String,
    /// What is on the board; none of one that is computed.
    pub(super) stored: Option<BoardValues>,
    pub(super) counts: DailyCounts,
    pub(super) contributions: Vec<Scorable>,
}

impl Evidence {
    /// Loads it; none where there is too much.
    pub(super) async fn load(
        connection: &mut PgConnection,
        subject: &Subject,
    ) -> Result<Option<Self>, sqlx::Error> {
        let counts = counts(connection, subject).await?;
        let done: i64 = counts.iter().map(|(_, count)| count.quantity.max(0)).sum();
        if done > MOST {
            return Ok(None);
        }
        Ok(Some(Self {
            stored: stored(connection, subject).await?,
            contributions: contributions(connection, subject).await?,
            counts,
        }))
    }

    /// The board itself; one of the repositories, and all of its owner's that
    /// the contributor works in; and a window of days.
    pub(super) async fn views(
        self,
        connection: &mut PgConnection,
        sample: &Sample,
        subject: &Subject,
    ) -> Result<Vec<View>, sqlx::Error> {
        let period = subject.board.period;
        let what = format!("{} {period}", subject.contributor);
        let mut views = Vec::new();
        let repositories = self.repositories();
        if !repositories.is_empty() {
            let chosen = &repositories[sample.place(&what, repositories.len())];
            let owners = owners(connection, &repositories).await?;
            let name = format!("repository {chosen} {period}");
            views.push(self.narrowed(name, |repository, _| repository == chosen));
            if let Some(owner) = owners.get(chosen) {
                let name = format!("organization {owner} {period}");
                let of_owner =
                    |repository: &RepositoryReference| owners.get(repository) == Some(owner);
                views.push(self.narrowed(name, |repository, _| of_owner(repository)));
            }
        }
        let days: BTreeSet<NaiveDate> = self.contributions.iter().map(|one| one.day).collect();
        let last = days.iter().nth(sample.place(&what, days.len()));
        let window = last.and_then(|last| Period::rolling(WINDOW, *last));
        if let Some((first, end)) = window.and_then(Period::days) {
            let name = format!("global {}", window.unwrap_or(period));
            let is_within = |day| (first..end).contains(&day);
            views.push(self.narrowed(name, |_, day| is_within(day)));
        }
        views.push(View {
            name: format!("global {period}"),
            stored: Some(self.stored),
            counts: self.counts,
            contributions: self.contributions,
        });
        Ok(views)
    }

    fn repositories(&self) -> Vec<RepositoryReference> {
        let counted = self.counts.iter().map(|(key, _)| &key.repository);
        let explained = self.contributions.iter().map(|one| &one.repository);
        let all: BTreeSet<&RepositoryReference> = counted.chain(explained).collect();
        all.into_iter().cloned().collect()
    }

    fn narrowed(
        &self,
        name: String,
        accepts: impl Fn(&RepositoryReference, NaiveDate) -> bool,
    ) -> View {
        let mut counts = DailyCounts::default();
        for (key, count) in self.counts.iter() {
            if accepts(&key.repository, key.day) {
                counts.add(key.clone(), *count);
            }
        }
        let contributions = self.contributions.iter();
        let contributions = contributions.filter(|one| accepts(&one.repository, one.day));
        View {
            name,
            stored: None,
            counts,
            contributions: contributions.cloned().collect(),
        }
    }
}

fn unknown_kind(error: domain::UnknownKind) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}

async fn stored(
    connection: &mut PgConnection,
    subject: &Subject,
) -> Result<BoardValues, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT metric::text AS "metric!", value AS "value!" FROM board_values
           WHERE board = $1 AND contributor = $2"#,
        subject.board.number,
        subject.contributor.as_str(),
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let metric = row.metric.parse::<Metric>();
            let metric = metric.map_err(|error| sqlx::Error::Decode(error.into()))?;
            Ok((metric, row.value))
        })
        .collect()
}

async fn counts(
    connection: &mut PgConnection,
    subject: &Subject,
) -> Result<DailyCounts, sqlx::Error> {
    let (first, end) = subject.board.period.days().unzip();
    let rows = sqlx::query!(
        r#"SELECT repository, day, kind::text AS "kind!", quantity, additions, deletions
           FROM daily_counts
           WHERE contributor = $1
             AND ($2::date IS NULL OR day >= $2) AND ($3::date IS NULL OR day < $3)"#,
        subject.contributor.as_str(),
        first,
        end,
    );
    let mut counts = DailyCounts::default();
    for row in rows.fetch_all(connection).await? {
        let kind: ContributionKind = row.kind.parse().map_err(unknown_kind)?;
        let key = DailyKey {
            repository: RepositoryReference::from_stored(row.repository),
            contributor: subject.contributor.clone(),
            day: row.day,
            kind,
        };
        let count = DailyCount {
            quantity: row.quantity,
            additions: row.additions,
            deletions: row.deletions,
        };
        counts.add(key, count);
    }
    Ok(counts)
}

async fn contributions(
    connection: &mut PgConnection,
    subject: &Subject,
) -> Result<Vec<Scorable>, sqlx::Error> {
    let (first, end) = subject.board.period.days().unzip();
    let instant = |day: NaiveDate| -> DateTime<Utc> { day.and_time(NaiveTime::MIN).and_utc() };
    let rows = sqlx::query!(
        r#"SELECT occurred_at, kind::text AS "kind!", repository, counted, additions, deletions
           FROM contribution_events
           WHERE contributor = $1 AND counted > 0
             AND ($2::timestamptz IS NULL OR occurred_at >= $2)
             AND ($3::timestamptz IS NULL OR occurred_at < $3)
           ORDER BY occurred_at, id"#,
        subject.contributor.as_str(),
        first.map(instant),
        end.map(instant),
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let known = row.additions.is_some() || row.deletions.is_some();
            let lines = |lines: Option<i32>| lines.unwrap_or(0).unsigned_abs();
            Ok(Scorable {
                repository: RepositoryReference::from_stored(row.repository),
                kind: row.kind.parse().map_err(unknown_kind)?,
                day: row.occurred_at.date_naive(),
                quantity: row.counted.unsigned_abs(),
                lines: known.then(|| Lines {
                    additions: lines(row.additions),
                    deletions: lines(row.deletions),
                }),
            })
        })
        .collect()
}

/// The present owners of some repositories, in lower case.
async fn owners(
    connection: &mut PgConnection,
    repositories: &[RepositoryReference],
) -> Result<HashMap<RepositoryReference, String>, sqlx::Error> {
    let repositories: Vec<String> = repositories.iter().map(ToString::to_string).collect();
    let rows = sqlx::query!(
        r#"SELECT repository AS "repository!", lower(split_part(name, '/', 1)) AS "owner!"
           FROM repositories WHERE repository = ANY ($1)"#,
        &repositories,
    );
    let rows = rows.fetch_all(connection).await?;
    let owned = rows
        .into_iter()
        .map(|row| (RepositoryReference::from_stored(row.repository), row.owner));
    Ok(owned.collect())
}
