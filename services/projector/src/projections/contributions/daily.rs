//! Daily counts, and what a change of them does to scores.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use domain::{
    AccountReference, DailyCounts, DayCounts, Metric, Period, PeriodKind, Policy,
    RepositoryReference, Thousandths,
};
use sqlx::PgConnection;

use super::boards::Values;
use super::stored_kind;
use crate::ProjectionError;

/// What is added to contributors' values on the boards of periods. A place may
/// come several times.
pub(super) type ScoreChanges = Vec<((Period, AccountReference), Values)>;

/// A contributor's day in a repository.
type Day = (RepositoryReference, AccountReference, NaiveDate);

/// A contributor's period in a repository.
type Span = (RepositoryReference, AccountReference, Period);

/// Adds differences to the daily counts, from which boards are made later.
pub(super) async fn count(
    transaction: &mut PgConnection,
    differences: &DailyCounts,
) -> Result<(), ProjectionError> {
    if differences.is_empty() {
        return Ok(());
    }
    add_lines(transaction, &lines_of(differences)).await?;
    write_counts(transaction, differences).await
}

/// Adds differences to the daily counts; returns what they do to scores.
pub(super) async fn apply(
    transaction: &mut PgConnection,
    policy: &Policy,
    differences: &DailyCounts,
) -> Result<ScoreChanges, ProjectionError> {
    if differences.is_empty() {
        return Ok(ScoreChanges::new());
    }
    let mut by_day: HashMap<(NaiveDate, AccountReference), Values> = HashMap::new();
    for (key, difference) in differences.iter() {
        let values = by_day
            .entry((key.day, key.contributor.clone()))
            .or_default();
        values[Metric::Kind(key.kind)] += difference.quantity;
        if !policy.is_by_day(key.kind) {
            values[Metric::Score] += policy.weight(key.kind) * difference.quantity;
        }
    }
    for ((_, contributor, day), points) in day_points(transaction, policy, differences).await? {
        by_day.entry((day, contributor)).or_default()[Metric::Score] += points;
    }
    let mut scores = ScoreChanges::with_capacity(by_day.len() * PeriodKind::CALENDAR.len());
    for ((day, contributor), values) in by_day {
        let periods = Period::containing(day);
        scores.extend(periods.map(|period| ((period, contributor.clone()), values)));
    }
    for ((_, contributor, period), points) in line_points(transaction, policy, differences).await? {
        let mut values = Values::default();
        values[Metric::Score] = points;
        scores.push(((period, contributor), values));
    }
    write_counts(transaction, differences).await?;
    Ok(scores)
}

/// What the differences do to points that hang on what else was done on a day.
async fn day_points(
    transaction: &mut PgConnection,
    policy: &Policy,
    differences: &DailyCounts,
) -> Result<Vec<(Day, Thousandths)>, ProjectionError> {
    let mut changed: HashMap<Day, DayCounts> = HashMap::new();
    for (key, difference) in differences
        .iter()
        .filter(|(key, _)| policy.is_by_day(key.kind))
    {
        let day = (key.repository.clone(), key.contributor.clone(), key.day);
        changed.entry(day).or_default()[key.kind] += difference.quantity;
    }
    let before = days_before(transaction, policy, changed.keys()).await?;
    Ok(changed
        .into_iter()
        .map(|(day, changes)| {
            let before = before.get(&day).copied().unwrap_or_default();
            let mut now = before;
            now += changes;
            let points = policy.points_of_day(&now) - policy.points_of_day(&before);
            (day, points)
        })
        .collect())
}

/// What is stored of these days, of kinds whose worth hangs on the day.
async fn days_before(
    transaction: &mut PgConnection,
    policy: &Policy,
    days: impl Iterator<Item = &Day> + Clone,
) -> Result<HashMap<Day, DayCounts>, ProjectionError> {
    let repositories: Vec<String> = days.clone().map(|(found, ..)| found.to_string()).collect();
    let contributors: Vec<String> = days.clone().map(|(_, who, _)| who.to_string()).collect();
    let dates: Vec<NaiveDate> = days.map(|(.., day)| *day).collect();
    let kinds: Vec<String> = policy.kinds_by_day().map(|kind| kind.to_string()).collect();
    let rows = sqlx::query!(
        r#"SELECT known.repository, known.contributor, known.day, known.kind::text AS "kind!",
                  known.quantity
           FROM unnest($1::text[], $2::text[], $3::date[]) AS wanted (repository, contributor, day)
           CROSS JOIN LATERAL (
               SELECT * FROM daily_counts AS stored
               WHERE stored.repository = wanted.repository
                 AND stored.contributor = wanted.contributor
                 AND stored.day = wanted.day
                 AND stored.kind = ANY ($4::text[]::contribution_kind[])
               OFFSET 0) AS known"#,
        &repositories,
        &contributors,
        &dates,
        &kinds,
    )
    .fetch_all(transaction)
    .await?;
    let mut before: HashMap<Day, DayCounts> = HashMap::new();
    for row in rows {
        let kind = stored_kind(&row.kind)?;
        let repository = RepositoryReference::from_stored(row.repository);
        let contributor = AccountReference::from_stored(row.contributor);
        let day = (repository, contributor, row.day);
        before.entry(day).or_default()[kind] += row.quantity;
    }
    Ok(before)
}

/// What the differences do to the capped points of lines.
async fn line_points(
    transaction: &mut PgConnection,
    policy: &Policy,
    differences: &DailyCounts,
) -> Result<Vec<(Span, Thousandths)>, ProjectionError> {
    let changed = lines_of(differences);
    let totals = add_lines(transaction, &changed).await?;
    Ok(changed
        .into_iter()
        .map(|(span, (additions, deletions))| {
            let (now_added, now_deleted) = totals.get(&span).copied().unwrap_or_default();
            let before = policy.lines(now_added - additions, now_deleted - deletions);
            let points = policy.lines(now_added, now_deleted) - before;
            (span, points)
        })
        .collect())
}

/// Lines that are added to the totals of periods.
fn lines_of(differences: &DailyCounts) -> BTreeMap<Span, (i64, i64)> {
    let mut changed: BTreeMap<Span, (i64, i64)> = BTreeMap::new();
    for (key, difference) in differences.iter() {
        if difference.additions != 0 || difference.deletions != 0 {
            for period in Period::containing(key.day) {
                let span = (key.repository.clone(), key.contributor.clone(), period);
                let (additions, deletions) = changed.entry(span).or_default();
                *additions += difference.additions;
                *deletions += difference.deletions;
            }
        }
    }
    changed
}

/// Adds lines; returns the new totals.
async fn add_lines(
    transaction: &mut PgConnection,
    changed: &BTreeMap<Span, (i64, i64)>,
) -> Result<HashMap<Span, (i64, i64)>, ProjectionError> {
    if changed.is_empty() {
        return Ok(HashMap::new());
    }
    let repositories: Vec<String> = changed
        .keys()
        .map(|(found, ..)| found.to_string())
        .collect();
    let contributors: Vec<String> = changed.keys().map(|(_, who, _)| who.to_string()).collect();
    let periods: Vec<String> = changed
        .keys()
        .map(|(.., period)| period.to_string())
        .collect();
    let (additions, deletions): (Vec<i64>, Vec<i64>) = changed.values().copied().unzip();
    let rows = sqlx::query!(
        "INSERT INTO period_lines AS known (repository, contributor, period, additions, deletions)
         SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
         ON CONFLICT (repository, contributor, period) DO UPDATE
         SET additions = known.additions + excluded.additions,
             deletions = known.deletions + excluded.deletions
         RETURNING repository, contributor, period, additions, deletions",
        &repositories,
        &contributors,
        &periods,
        &additions,
        &deletions,
    )
    .fetch_all(&mut *transaction)
    .await?;
    sqlx::query!("DELETE FROM period_lines WHERE additions = 0 AND deletions = 0")
        .execute(transaction)
        .await?;
    rows.into_iter()
        .map(|row| {
            let period = row
                .period
                .parse()
                .map_err(|error: domain::ParsePeriodError| ProjectionError::Corrupt {
                    what: "period",
                    detail: error.to_string(),
                })?;
            let repository = RepositoryReference::from_stored(row.repository);
            let contributor = AccountReference::from_stored(row.contributor);
            Ok((
                (repository, contributor, period),
                (row.additions, row.deletions),
            ))
        })
        .collect()
}

async fn write_counts(
    transaction: &mut PgConnection,
    differences: &DailyCounts,
) -> Result<(), ProjectionError> {
    let keys = || differences.iter().map(|(key, _)| key);
    let counts = || differences.iter().map(|(_, count)| count);
    let repositories: Vec<String> = keys().map(|key| key.repository.to_string()).collect();
    let contributors: Vec<String> = keys().map(|key| key.contributor.to_string()).collect();
    let days: Vec<NaiveDate> = keys().map(|key| key.day).collect();
    let kinds: Vec<String> = keys().map(|key| key.kind.to_string()).collect();
    let quantities: Vec<i64> = counts().map(|count| count.quantity).collect();
    let additions: Vec<i64> = counts().map(|count| count.additions).collect();
    let deletions: Vec<i64> = counts().map(|count| count.deletions).collect();
    sqlx::query!(
        "INSERT INTO daily_counts AS known
             (repository, contributor, day, kind, quantity, additions, deletions)
         SELECT repository, contributor, day, kind::contribution_kind, quantity, additions, deletions
         FROM unnest($1::text[], $2::text[], $3::date[], $4::text[],
                     $5::bigint[], $6::bigint[], $7::bigint[])
              AS new (repository, contributor, day, kind, quantity, additions, deletions)
         ON CONFLICT (repository, contributor, day, kind) DO UPDATE
         SET quantity = known.quantity + excluded.quantity,
             additions = known.additions + excluded.additions,
             deletions = known.deletions + excluded.deletions",
        &repositories,
        &contributors,
        &days,
        &kinds,
        &quantities,
        &additions,
        &deletions,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!("DELETE FROM daily_counts WHERE quantity = 0")
        .execute(transaction)
        .await?;
    Ok(())
}
