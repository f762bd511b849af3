//! The boards over all repositories: each contributor's value by period and
//! metric, with the tie-breaks beside it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use domain::{AccountClass, AccountReference, ContributionKind, Metric, Period};
use sqlx::PgConnection;

use super::daily::ScoreChanges;
use super::histogram::Histogram;
use crate::ProjectionError;

/// The only scope whose boards are kept; those of one repository or
/// organisation are computed from the daily counts.
pub(super) const GLOBAL: &str = "global";

/// A contributor on the boards of one period.
pub(super) type Place = (Period, AccountReference);

/// One row of a board, without its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Entry {
    class: AccountClass,
    value: i64,
    merged: i64,
    reviews: i64,
}

/// A contributor's rows on the boards of one period, by metric.
type Entries = BTreeMap<Metric, Entry>;

type Classes = HashMap<AccountReference, (Option<AccountClass>, AccountClass)>;

/// Applies changes of scores, and of the classes of accounts.
pub(super) async fn apply(
    transaction: &mut PgConnection,
    scores: &ScoreChanges,
    classes: &Classes,
) -> Result<(), ProjectionError> {
    let mut places: BTreeSet<Place> = scores.keys().cloned().collect();
    let reclassified: Vec<&AccountReference> = classes
        .iter()
        .filter(|(_, (before, now))| before.is_some_and(|before| before != *now))
        .map(|(account, _)| account)
        .collect();
    places.extend(places_of(transaction, &reclassified).await?);
    if places.is_empty() {
        return Ok(());
    }
    let classes = classes_of(transaction, &places, classes).await?;
    let before = read(transaction, &places).await?;
    let mut histogram = Histogram::default();
    let mut written: BTreeMap<(Place, Metric), Entry> = BTreeMap::new();
    for place in places {
        let before = before.get(&place).cloned().unwrap_or_default();
        let class = classes.get(&place.1).copied().unwrap_or_default();
        let after = changed(&before, scores.get(&place), class);
        for metric in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let (old, new) = (before.get(metric), after.get(metric));
            if old == new {
                continue;
            }
            if let Some(old) = old {
                histogram.add(place.0, *metric, old.class, old.value, -1);
            }
            if let Some(new) = new {
                histogram.add(place.0, *metric, new.class, new.value, 1);
            }
            // What came down to nothing is written as such and taken away.
            written.insert((place.clone(), *metric), new.copied().unwrap_or_default());
        }
    }
    write(transaction, &written).await?;
    histogram.write(transaction).await
}

/// A contributor's rows after a change. Rows without a value are none.
fn changed(
    before: &Entries,
    change: Option<&BTreeMap<Metric, i64>>,
    class: AccountClass,
) -> Entries {
    let mut values: BTreeMap<Metric, i64> = before
        .iter()
        .map(|(metric, entry)| (*metric, entry.value))
        .collect();
    for (metric, difference) in change.into_iter().flatten() {
        *values.entry(*metric).or_default() += difference;
    }
    let of_kind = |kind| values.get(&Metric::Kind(kind)).copied().unwrap_or_default();
    let merged = of_kind(ContributionKind::PullRequestMerged);
    let reviews = of_kind(ContributionKind::PullRequestReviewed);
    values
        .iter()
        .filter(|(_, value)| **value != 0)
        .map(|(metric, value)| {
            (
                *metric,
                Entry {
                    class,
                    value: *value,
                    merged,
                    reviews,
                },
            )
        })
        .collect()
}

/// All places of these contributors.
async fn places_of(
    transaction: &mut PgConnection,
    contributors: &[&AccountReference],
) -> Result<Vec<Place>, sqlx::Error> {
    if contributors.is_empty() {
        return Ok(Vec::new());
    }
    let contributors: Vec<String> = contributors.iter().map(ToString::to_string).collect();
    let rows = sqlx::query!(
        "SELECT DISTINCT contributor, day FROM daily_counts WHERE contributor = ANY($1)",
        &contributors,
    )
    .fetch_all(transaction)
    .await?;
    let place = |contributor: String, day: NaiveDate| {
        let contributor = AccountReference::from_stored(contributor);
        Period::containing(day).map(move |period| (period, contributor.clone()))
    };
    Ok(rows
        .into_iter()
        .flat_map(|row| place(row.contributor, row.day))
        .collect())
}

/// The class of everyone who is changed: from the batch, or as it is stored.
async fn classes_of(
    transaction: &mut PgConnection,
    places: &BTreeSet<Place>,
    of_batch: &Classes,
) -> Result<HashMap<AccountReference, AccountClass>, sqlx::Error> {
    let mut classes: HashMap<AccountReference, AccountClass> = of_batch
        .iter()
        .map(|(account, (_, now))| (account.clone(), *now))
        .collect();
    let missing: BTreeSet<String> = places
        .iter()
        .filter(|(_, contributor)| !classes.contains_key(contributor))
        .map(|(_, contributor)| contributor.to_string())
        .collect();
    if missing.is_empty() {
        return Ok(classes);
    }
    let rows = sqlx::query!(
        r#"SELECT account, class::text AS "class!" FROM accounts WHERE account = ANY($1)"#,
        &Vec::from_iter(missing),
    )
    .fetch_all(transaction)
    .await?;
    classes.extend(rows.into_iter().filter_map(|row| {
        let class = AccountClass::from_stored(&row.class)?;
        Some((AccountReference::from_stored(row.account), class))
    }));
    Ok(classes)
}

async fn read(
    transaction: &mut PgConnection,
    places: &BTreeSet<Place>,
) -> Result<HashMap<Place, Entries>, ProjectionError> {
    let periods: Vec<String> = places
        .iter()
        .map(|(period, _)| period.to_string())
        .collect();
    let contributors: Vec<String> = places.iter().map(|(_, who)| who.to_string()).collect();
    let rows = sqlx::query!(
        r#"SELECT known.period, known.contributor, known.metric, known.class::text AS "class!",
                  known.value, known.merged, known.reviews
           FROM unnest($2::text[], $3::text[]) AS wanted (period, contributor)
           CROSS JOIN LATERAL (
               SELECT * FROM board_rows AS stored
               WHERE stored.scope = $1 AND stored.period = wanted.period
                 AND stored.contributor = wanted.contributor OFFSET 0) AS known"#,
        GLOBAL,
        &periods,
        &contributors,
    )
    .fetch_all(transaction)
    .await?;
    let corrupt = |what, detail: String| ProjectionError::Corrupt { what, detail };
    let mut found: HashMap<Place, Entries> = HashMap::new();
    for row in rows {
        let period: Period = row
            .period
            .parse()
            .map_err(|error: domain::ParsePeriodError| corrupt("period", error.to_string()))?;
        let metric: Metric = row
            .metric
            .parse()
            .map_err(|error: domain::ParseMetricError| corrupt("metric", error.to_string()))?;
        let entry = Entry {
            class: AccountClass::from_stored(&row.class).unwrap_or_default(),
            value: row.value,
            merged: row.merged,
            reviews: row.reviews,
        };
        let place = (period, AccountReference::from_stored(row.contributor));
        found.entry(place).or_default().insert(metric, entry);
    }
    Ok(found)
}

async fn write(
    transaction: &mut PgConnection,
    written: &BTreeMap<(Place, Metric), Entry>,
) -> Result<(), ProjectionError> {
    if written.is_empty() {
        return Ok(());
    }
    let keys = || written.keys();
    let entries = || written.values();
    let periods: Vec<String> = keys().map(|((period, _), _)| period.to_string()).collect();
    let contributors: Vec<String> = keys().map(|((_, who), _)| who.to_string()).collect();
    let metrics: Vec<String> = keys().map(|(_, metric)| metric.to_string()).collect();
    let classes: Vec<String> = entries().map(|entry| entry.class.to_string()).collect();
    let values: Vec<i64> = entries().map(|entry| entry.value).collect();
    let merged: Vec<i64> = entries().map(|entry| entry.merged).collect();
    let reviews: Vec<i64> = entries().map(|entry| entry.reviews).collect();
    sqlx::query!(
        "INSERT INTO board_rows (scope, period, contributor, metric, class, value, merged, reviews)
         SELECT $1, period, contributor, metric, class::account_class, value, merged, reviews
         FROM unnest($2::text[], $3::text[], $4::text[], $5::text[],
                     $6::bigint[], $7::bigint[], $8::bigint[])
              AS new (period, contributor, metric, class, value, merged, reviews)
         ON CONFLICT (scope, period, contributor, metric) DO UPDATE
         SET class = excluded.class, value = excluded.value,
             merged = excluded.merged, reviews = excluded.reviews",
        GLOBAL,
        &periods,
        &contributors,
        &metrics,
        &classes,
        &values,
        &merged,
        &reviews,
    )
    .execute(&mut *transaction)
    .await?;
    sqlx::query!("DELETE FROM board_rows WHERE value = 0")
        .execute(transaction)
        .await?;
    Ok(())
}
