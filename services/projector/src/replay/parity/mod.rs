//! Every difference between two generations at the same place of the log.

mod cause;
mod rows;
mod tables;

pub(super) use tables::letters_of;

use chrono::{DateTime, Utc};
use postgres::{GenerationState, quoted};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::ReplayError;
use super::hold::{Positions, hold, release};
use super::pair::{Pair, statement};
use crate::retention;

/// How two generations differ.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ParityReport {
    /// The generation that was active.
    pub active: i32,
    /// The one that was compared with it.
    pub other: i32,
    /// Switches before the comparison; after another one it says nothing.
    pub switches: i64,
    /// The sequence of each projection's stream that both were at.
    pub positions: Positions,
    /// When they were compared.
    pub compared_at: DateTime<Utc>,
    /// Rows that differ, in all tables.
    pub differences: i64,
    /// Every table.
    pub tables: Vec<TableParity>,
    /// What may be behind the differences.
    pub causes: Vec<Cause>,
}

/// How a table differs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TableParity {
    /// Its name.
    pub table: String,
    /// The projection that writes it.
    pub projection: String,
    /// Rows in the active generation.
    pub rows_active: i64,
    /// Rows in the other.
    pub rows_other: i64,
    /// Rows that only the active generation has.
    pub only_active: i64,
    /// Rows that only the other has.
    pub only_other: i64,
    /// Rows that both have, with other values.
    pub changed: i64,
    /// Some of the rows that differ, in the order of their keys.
    pub sample: Vec<Difference>,
}

/// A row that differs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// Its key.
    pub key: Value,
    /// The row in the active generation; null where it is not.
    pub active: Option<Value>,
    /// The row in the other; null where it is not.
    pub other: Option<Value>,
}

/// Something that makes generations differ.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cause {
    /// What it is.
    pub cause: String,
    /// How often it was met: messages, or rows.
    pub count: i64,
    /// Some of them.
    pub sample: Vec<String>,
}

impl TableParity {
    /// Rows that differ.
    #[must_use]
    pub fn differences(&self) -> i64 {
        self.only_active + self.only_other + self.changed
    }
}

/// Compares the generation that is being built, or else the one that is kept,
/// with the active one: every row of every table, at the same place of the
/// log. Both are held there only until a snapshot of the database is taken.
/// At most `sample` rows that differ are shown of each table. The report is
/// kept with the generation.
///
/// # Errors
/// [`ReplayError::Nothing`] when there is nothing to compare,
/// [`ReplayError::Behind`] and [`ReplayError::NotAligned`] when they cannot be
/// brought to the same place, and what the database answers.
pub async fn compare(pool: &PgPool, sample: u32) -> Result<ParityReport, ReplayError> {
    let states = [GenerationState::Building, GenerationState::Kept];
    let pair = Pair::find(pool, &states, "being built or kept").await?;
    let positions = hold(&pair).await?;
    let snapshot = alike(&pair, &positions).await;
    release(&pair).await?;
    let mut snapshot = snapshot?;
    let report = compare_in(&mut snapshot, &pair, positions, sample).await?;
    snapshot.rollback().await?;
    keep(pool, &report).await?;
    Ok(report)
}

/// A state of the database in which both generations are at these positions, and
/// what is kept for no longer is gone from both.
async fn alike(
    pair: &Pair,
    positions: &Positions,
) -> Result<Transaction<'static, Postgres>, ReplayError> {
    let cutoffs = retention::cutoffs(pair.pool()).await?;
    for home in pair.both() {
        retention::enforce(home).await?;
    }
    let mut snapshot = snapshot(pair, positions).await?;
    if retention::cutoffs(&mut *snapshot).await? != cutoffs {
        return Err(ReplayError::Changed);
    }
    Ok(snapshot)
}

/// A state of the database in which both generations are at these positions.
async fn snapshot(
    pair: &Pair,
    positions: &Positions,
) -> Result<Transaction<'static, Postgres>, ReplayError> {
    let mut transaction = pair
        .pool()
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    for home in pair.both() {
        let schema = quoted(&home.generation().schema);
        let sequences = format!("SELECT projection, sequence FROM {schema}.projections");
        let found: Vec<(String, i64)> = sqlx::query_as(statement(sequences))
            .fetch_all(&mut *transaction)
            .await?;
        let found: Positions = found.into_iter().collect();
        let is_there = |(projection, at): (&String, &i64)| found.get(projection) == Some(at);
        if !positions.iter().all(is_there) {
            return Err(ReplayError::Changed);
        }
    }
    Ok(transaction)
}

async fn compare_in(
    snapshot: &mut PgConnection,
    pair: &Pair,
    positions: Positions,
    sample: u32,
) -> Result<ParityReport, ReplayError> {
    let [active, other] = pair.both().map(|home| home.generation().schema.as_str());
    let tables = tables::common(snapshot, active, other).await?;
    let mut compared = Vec::new();
    for table in tables.iter().filter(|table| table.is_held_by(pair)) {
        let filter = table.filter(pair.only());
        compared.push(rows::compare(snapshot, table, [active, other], &filter, sample).await?);
    }
    let differences = compared.iter().map(TableParity::differences).sum();
    // Told even where no row differs.
    let mut causes = Vec::from_iter(cause::other_messages(snapshot, pair).await?);
    if differences != 0 {
        causes.extend(cause::find(snapshot, pair).await?);
    }
    let head = sqlx::query!(
        r#"SELECT coalesce(max(switch), 0) AS "switches!", clock_timestamp() AS "now!"
           FROM control.switches"#
    );
    let head = head.fetch_one(snapshot).await?;
    Ok(ParityReport {
        active: pair.active.generation().number,
        other: pair.other.generation().number,
        switches: head.switches,
        positions,
        compared_at: head.now,
        differences,
        tables: compared,
        causes,
    })
}

async fn keep(pool: &PgPool, report: &ParityReport) -> Result<(), ReplayError> {
    sqlx::query!(
        "UPDATE control.generations SET parity = $2 WHERE generation = $1",
        report.other,
        serde_json::to_value(report)?,
    )
    .execute(pool)
    .await?;
    Ok(())
}
