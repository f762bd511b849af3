//! What a contributor's numbers follow from, as the tables have it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::mem::take;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::audit::BoardValues;
use domain::{
    AccountReference, ContributionKind, DailyCount, DailyCounts, DailyKey, Lines, Metric,
    RepositoryReference, Scorable,
};
use futures_util::TryStreamExt;
use sqlx::PgConnection;

use super::sample::Board;
use super::views::View;

/// Whose numbers on which board.
pub(super) struct Subject {
    pub(super) board: Board,
    pub(super) contributor: AccountReference,
}

/// What a contributor did in the period of a board.
pub(super) struct Evidence {
    /// What is on the board.
    pub(super) stored: BoardValues,
    pub(super) counts: DailyCounts,
    /// Who owns the repositories, in lower case.
    pub(super) owners: HashMap<RepositoryReference, String>,
}

impl Evidence {
    pub(super) async fn load(
        connection: &mut PgConnection,
        subject: &Subject,
    ) -> Result<Self, sqlx::Error> {
        let mut evidence = Self {
            stored: stored(connection, subject).await?,
            counts: counts(connection, subject).await?,
            owners: HashMap::new(),
        };
        evidence.owners = owners(connection, &evidence.repositories()).await?;
        Ok(evidence)
    }

    pub(super) fn repositories(&self) -> Vec<RepositoryReference> {
        let all = self.counts.iter().map(|(key, _)| &key.repository);
        let all: BTreeSet<&RepositoryReference> = all.collect();
        all.into_iter().cloned().collect()
    }

    pub(super) fn days(&self) -> Vec<NaiveDate> {
        let all: BTreeSet<NaiveDate> = self.counts.iter().map(|(key, _)| key.day).collect();
        all.into_iter().collect()
    }

    /// All repositories of an owner that the contributor works in.
    pub(super) fn of_owner(&self, owner: &str) -> BTreeSet<RepositoryReference> {
        let owned = self.owners.iter().filter(|(_, known)| *known == owner);
        owned.map(|(repository, _)| repository.clone()).collect()
    }
}

/// Groups, with the repositories that their names stand for.
pub(super) async fn groups(
    connection: &mut PgConnection,
) -> Result<BTreeMap<String, BTreeSet<RepositoryReference>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT group_name AS "group!", repository AS "repository!"
           FROM repository_group_members WHERE repository IS NOT NULL"#
    );
    let mut groups: BTreeMap<String, BTreeSet<RepositoryReference>> = BTreeMap::new();
    for row in rows.fetch_all(connection).await? {
        let repository = RepositoryReference::from_stored(row.repository);
        groups.entry(row.group).or_default().insert(repository);
    }
    Ok(groups)
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

/// Gives all contributions to each of the views, day by day: of some robots there
/// are more than should be held at once.
pub(super) async fn explain(
    connection: &mut PgConnection,
    subject: &Subject,
    views: &mut [View<'_>],
) -> Result<(), sqlx::Error> {
    let (first, end) = subject.board.period.days().unzip();
    let instant = |day: NaiveDate| -> DateTime<Utc> { day.and_time(NaiveTime::MIN).and_utc() };
    let mut rows = sqlx::query!(
        r#"SELECT occurred_at, kind::text AS "kind!", repository, counted, additions, deletions
           FROM contribution_events
           WHERE contributor = $1 AND counted > 0
             AND ($2::timestamptz IS NULL OR occurred_at >= $2)
             AND ($3::timestamptz IS NULL OR occurred_at < $3)
           ORDER BY occurred_at, id"#,
        subject.contributor.as_str(),
        first.map(instant),
        end.map(instant),
    )
    .fetch(connection);
    let mut day: Vec<Scorable> = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let known = row.additions.is_some() || row.deletions.is_some();
        let lines = |lines: Option<i32>| lines.unwrap_or(0).unsigned_abs();
        let next = Scorable {
            repository: RepositoryReference::from_stored(row.repository),
            kind: row.kind.parse().map_err(unknown_kind)?,
            day: row.occurred_at.date_naive(),
            quantity: row.counted.unsigned_abs(),
            lines: known.then(|| Lines {
                additions: lines(row.additions),
                deletions: lines(row.deletions),
            }),
        };
        if day.last().is_some_and(|last| last.day != next.day) {
            let whole = take(&mut day);
            views.iter_mut().for_each(|view| view.add_day(&whole));
        }
        day.push(next);
    }
    views.iter_mut().for_each(|view| view.add_day(&day));
    Ok(())
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
