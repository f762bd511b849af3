//! What the read models keep for no longer.
//!
//! The log keeps everything, so a replay makes rows again that are gone from the
//! generation that is read. Until when they are gone is therefore written down for
//! all generations (`control.retention`), and brought into effect in each of them:
//! when it changes, and before two generations are compared.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use postgres::{
    GenerationPool, GenerationState, Month, MonthlyTable, drop_months_before, generations,
};
use sqlx::{PgConnection, PgExecutor, PgPool};

/// Sorts of rows that are kept for different times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kept {
    /// Entries of ledgers of money.
    Costs,
    /// Jobs that ended, and dead letters that were settled.
    Records,
    /// What operators did to queues, and to what is logged.
    Actions,
    /// Decisions that a later one about the same replaced.
    Decisions,
}

impl Kept {
    /// The name it is stored under.
    fn as_str(self) -> &'static str {
        match self {
            Self::Costs => "costs",
            Self::Records => "records",
            Self::Actions => "actions",
            Self::Decisions => "decisions",
        }
    }
}

/// Rows that were deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Deleted {
    pub(crate) entries: u64,
    pub(crate) jobs: u64,
    pub(crate) letters: u64,
    pub(crate) actions: u64,
    pub(crate) decisions: u64,
}

/// Until when rows are gone, by sort.
pub(crate) type Cutoffs = BTreeMap<String, DateTime<Utc>>;

/// Moves on until when rows are gone. It never moves back: what is gone from the
/// generation that is read must not come back with the next.
pub(crate) async fn move_on(
    pool: &PgPool,
    cutoffs: &[(Kept, DateTime<Utc>)],
) -> Result<(), sqlx::Error> {
    for (kind, before) in cutoffs {
        sqlx::query!(
            "INSERT INTO control.retention AS known (kind, before) VALUES ($1, $2)
             ON CONFLICT (kind) DO UPDATE SET before = greatest(known.before, excluded.before)",
            kind.as_str(),
            before,
        )
        .execute(pool)
        .await?;
    }
    Ok(())
}

/// Until when rows are gone.
pub(crate) async fn cutoffs(executor: impl PgExecutor<'_>) -> Result<Cutoffs, sqlx::Error> {
    let rows = sqlx::query!("SELECT kind, before FROM control.retention");
    let rows = rows.fetch_all(executor).await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.before)).collect())
}

/// Deletes what is kept for no longer from all generations that readers have or may
/// be given. Returns what was deleted from the one they have.
pub(crate) async fn enforce_everywhere(pool: &PgPool) -> Result<Deleted, sqlx::Error> {
    let mut from_active = Deleted::default();
    for generation in generations(pool).await? {
        let state = generation.state;
        let home = GenerationPool::new(pool.clone(), generation);
        match state {
            GenerationState::Active => from_active = enforce(&home).await?,
            GenerationState::Building | GenerationState::Kept => _ = enforce(&home).await?,
            // The past stays as it was.
            _ => {}
        }
    }
    Ok(from_active)
}

/// Takes what is kept for no longer out of a generation: whole partitions where a table
/// has one for each month, rows of all others.
pub(crate) async fn enforce(home: &GenerationPool) -> Result<Deleted, sqlx::Error> {
    let mut deleted = Deleted::default();
    let cutoffs = cutoffs(home.pool()).await?;
    // A ledger is of a month, and is worth nothing without its beginning.
    if let Some(before) = cutoffs.get(Kept::Costs.as_str()) {
        let (schema, month) = (&home.generation().schema, Month::of(*before));
        let ledgers = MonthlyTable::LedgerEntries;
        deleted.entries = drop_months_before(home.pool(), schema, ledgers, month).await?;
    }
    let mut transaction = home.begin().await?;
    if let Some(before) = cutoffs.get(Kept::Records.as_str()) {
        deleted.jobs = delete_jobs(&mut transaction, *before).await?;
        deleted.letters = delete_letters(&mut transaction, *before).await?;
    }
    if let Some(before) = cutoffs.get(Kept::Actions.as_str()) {
        deleted.actions = delete_actions(&mut transaction, *before).await?;
    }
    if let Some(before) = cutoffs.get(Kept::Decisions.as_str()) {
        deleted.decisions = delete_decisions(&mut transaction, *before).await?;
    }
    transaction.commit().await?;
    Ok(deleted)
}

async fn delete_jobs(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!("DELETE FROM jobs WHERE ended_at < $1", before);
    Ok(gone.execute(connection).await?.rows_affected())
}

async fn delete_letters(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!(
        "WITH gone AS (
             DELETE FROM dead_letter_resolutions WHERE resolved_at < $1 RETURNING letter
         )
         DELETE FROM dead_letters USING gone WHERE id = letter",
        before,
    );
    Ok(gone.execute(connection).await?.rows_affected())
}

/// The last action on a queue stays: it says who holds it.
async fn delete_actions(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!(
        "DELETE FROM queue_actions AS gone
         WHERE acted_at < $1 AND EXISTS (
             SELECT FROM queue_actions AS later
             WHERE later.queue = gone.queue AND later.sequence > gone.sequence)",
        before,
    );
    let gone = gone.execute(&mut *connection).await?.rows_affected();
    // What a process logs ends with the process: of that nothing stays.
    let levels = sqlx::query!(
        "DELETE FROM decisions WHERE what = 'log_level.changed' AND decided_at < $1",
        before,
    );
    Ok(gone + levels.execute(connection).await?.rows_affected())
}

/// The last decision of a sort about something stays, whatever its age: it is in
/// effect. Sorts are the types' first words, so that untracking replaces tracking.
async fn delete_decisions(
    connection: &mut PgConnection,
    before: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!(
        "DELETE FROM decisions AS gone
         WHERE decided_at < $1 AND EXISTS (
             SELECT FROM decisions AS later
             WHERE later.subject = gone.subject AND later.decision > gone.decision
               AND split_part(later.what, '.', 1) = split_part(gone.what, '.', 1))",
        before,
    );
    Ok(gone.execute(connection).await?.rows_affected())
}
