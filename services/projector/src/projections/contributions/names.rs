//! What accounts and repositories were called, and are called now.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use postgres::NewRows;
use sqlx::PgConnection;

use super::facts::Seen;
use crate::ProjectionError;

/// What bears a name, as it is stored.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    Account,
    Repository,
}

impl Subject {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Repository => "repository",
        }
    }
}

/// What bears a name, and the name.
type Key<'a> = (&'a str, &'a str);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    first_seen: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    is_current: bool,
}

const COLUMNS: &[&str] = &[
    "subject",
    "reference",
    "name",
    "first_seen",
    "last_seen",
    "is_current",
];

/// Records names; returns those, in the case they were seen in, that something
/// bore for the first time.
pub(super) async fn record(
    transaction: &mut PgConnection,
    subject: Subject,
    seen: impl Iterator<Item = (&str, &str, Seen)>,
) -> Result<Vec<String>, ProjectionError> {
    let seen: Vec<_> = seen.collect();
    if seen.is_empty() {
        return Ok(Vec::new());
    }
    let stored = read(transaction, subject, &seen).await?;
    let before: HashMap<Key<'_>, Row> = stored
        .iter()
        .map(|((reference, name), row)| ((reference.as_str(), name.as_str()), *row))
        .collect();
    let mut after: BTreeMap<Key<'_>, Row> = before.iter().map(|(key, row)| (*key, *row)).collect();
    for (reference, name, seen) in seen {
        let row = after.entry((reference, name)).or_insert(Row {
            first_seen: seen.first,
            last_seen: seen.last,
            is_current: false,
        });
        row.first_seen = row.first_seen.min(seen.first);
        row.last_seen = row.last_seen.max(seen.last);
    }
    mark_current(&mut after);
    after.retain(|key, row| before.get(key) != Some(row));
    let (changed, new): (Vec<_>, Vec<_>) = after
        .into_iter()
        .partition(|(key, _)| before.contains_key(key));
    insert(transaction, subject, &new).await?;
    update(transaction, subject, &changed).await?;
    Ok(new
        .into_iter()
        .map(|((_, name), _)| name.to_owned())
        .collect())
}

/// Of all names of a reference, the one seen last is what it is called now;
/// the smaller of two seen last at the same instant.
fn mark_current(names: &mut BTreeMap<Key<'_>, Row>) {
    let mut current: HashMap<&str, (DateTime<Utc>, &str)> = HashMap::with_capacity(names.len());
    // Names come in ascending order, so of equals the first stays.
    for ((reference, name), row) in names.iter() {
        let known = current.entry(reference).or_insert((row.last_seen, name));
        if known.0 < row.last_seen {
            *known = (row.last_seen, name);
        }
    }
    for ((reference, name), row) in names.iter_mut() {
        row.is_current = current.get(reference).is_some_and(|(_, last)| last == name);
    }
}

/// Every name of the references.
async fn read(
    transaction: &mut PgConnection,
    subject: Subject,
    seen: &[(&str, &str, Seen)],
) -> Result<Vec<((String, String), Row)>, sqlx::Error> {
    // They come ordered by reference.
    let mut references: Vec<String> = seen
        .iter()
        .map(|(reference, ..)| (*reference).to_owned())
        .collect();
    references.dedup();
    let rows = sqlx::query!(
        r#"SELECT known.reference, known.name, known.first_seen, known.last_seen,
                  known.is_current
           FROM unnest($2::text[]) AS wanted (reference)
           CROSS JOIN LATERAL (
               SELECT * FROM names AS stored
               WHERE stored.subject = $1::text::named_subject
                 AND stored.reference = wanted.reference OFFSET 0) AS known"#,
        subject.as_str(),
        &references,
    )
    .fetch_all(transaction)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let known = Row {
                first_seen: row.first_seen,
                last_seen: row.last_seen,
                is_current: row.is_current,
            };
            ((row.reference, row.name), known)
        })
        .collect())
}

async fn insert(
    transaction: &mut PgConnection,
    subject: Subject,
    rows: &[(Key<'_>, Row)],
) -> Result<(), sqlx::Error> {
    let mut new = NewRows::new(transaction, "names", COLUMNS);
    for ((reference, name), row) in rows {
        new.row()
            .await?
            .field(subject.as_str())
            .field(*reference)
            .field(*name)
            .field(row.first_seen)
            .field(row.last_seen)
            .field(row.is_current);
    }
    new.insert().await
}

/// They are all there: the conflict is the quickest way to find each by its
/// key, whatever the planner believes of the table.
async fn update(
    transaction: &mut PgConnection,
    subject: Subject,
    rows: &[(Key<'_>, Row)],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let (references, names): (Vec<String>, Vec<String>) = rows
        .iter()
        .map(|((reference, name), _)| ((*reference).to_owned(), (*name).to_owned()))
        .unzip();
    let first: Vec<_> = rows.iter().map(|(_, row)| row.first_seen).collect();
    let last: Vec<_> = rows.iter().map(|(_, row)| row.last_seen).collect();
    let current: Vec<bool> = rows.iter().map(|(_, row)| row.is_current).collect();
    sqlx::query!(
        "INSERT INTO names (subject, reference, name, first_seen, last_seen, is_current)
         SELECT $1::text::named_subject, new.*
         FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::boolean[])
              AS new (reference, name, first_seen, last_seen, is_current)
         ON CONFLICT (subject, reference, name) DO UPDATE
         SET first_seen = excluded.first_seen, last_seen = excluded.last_seen,
             is_current = excluded.is_current",
        subject.as_str(),
        &references,
        &names,
        &first,
        &last,
        &current,
    )
    .execute(transaction)
    .await?;
    Ok(())
}
