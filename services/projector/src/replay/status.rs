//! How far each generation is, how fast it goes, and how long it will take.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use postgres::{Generation, GenerationPool, GenerationState, generations};
use serde::Serialize;
use sqlx::PgPool;

use super::late_boards::are_missing;
use super::{ParityReport, ReplayError};
use crate::projections::is_held;

/// All generations there are.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// Switches so far.
    pub switches: i64,
    /// The generations whose tables are not gone, the oldest first.
    pub generations: Vec<GenerationStatus>,
}

/// One generation.
#[derive(Clone, Debug, Serialize)]
pub struct GenerationStatus {
    /// Its number.
    pub generation: i32,
    /// The schema its tables are in.
    pub schema: String,
    /// creating, building, active, kept, recalling, past or dropping.
    pub state: &'static str,
    /// The instant whose knowledge it holds; null for the present.
    pub as_of: Option<DateTime<Utc>>,
    /// The one projection it holds; null for all.
    pub projection: Option<String>,
    /// Messages per second at most while it is built; null for no limit.
    pub throttle: Option<u32>,
    /// The version of the program that began it; null for the first.
    pub version: Option<String>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// How far each of its projections is.
    pub projections: Vec<ProjectionStatus>,
    /// Whether its boards are still to be made, as they are when it has nearly caught up.
    pub lacks_boards: bool,
    /// The last comparison with the generation that was active then.
    pub parity: Option<ParityReport>,
}

/// One projection of a generation.
#[derive(Clone, Debug, Serialize)]
pub struct ProjectionStatus {
    /// Its name.
    pub projection: String,
    /// The last sequence of its stream that is in the read models.
    pub sequence: i64,
    /// The last sequence of its stream that any generation has heard of.
    pub end: i64,
    /// Sequences between the two.
    pub behind: i64,
    /// How fast the last batches were projected.
    pub messages_per_second: f64,
    /// How long the rest will take at that rate; null when nothing is left or
    /// no rate is known.
    pub eta_seconds: Option<f64>,
    /// When its last batch was committed.
    pub updated_at: DateTime<Utc>,
    /// Whether a projector works on it.
    pub is_running: bool,
}

impl Status {
    /// The generation that is being built, if any.
    #[must_use]
    pub fn building(&self) -> Option<&GenerationStatus> {
        let building = GenerationState::Building.as_str();
        let mut all = self.generations.iter();
        all.find(|generation| generation.state == building)
    }
}

impl GenerationStatus {
    /// Sequences that its projections are behind, in all.
    #[must_use]
    pub fn behind(&self) -> i64 {
        self.projections
            .iter()
            .map(|projection| projection.behind)
            .sum()
    }
}

/// Reads how far each generation is.
///
/// # Errors
/// What the database answers.
pub async fn status(pool: &PgPool) -> Result<Status, ReplayError> {
    let mut read = Vec::new();
    for generation in generations(pool).await? {
        let has_progress =
            generation.state.follows_the_log() || generation.state == GenerationState::Past;
        let progress = if has_progress {
            progress_of(pool, &generation).await?
        } else {
            Vec::new()
        };
        read.push((generation, progress));
    }
    let ends = ends(read.iter().flat_map(|(_, progress)| progress));
    let mut shown = Vec::new();
    for (generation, progress) in read {
        let projections = progress.into_iter();
        let projections = projections.map(|row| row.beside(&ends));
        shown.push(describe(pool, generation, projections.collect()).await?);
    }
    let switches = sqlx::query_scalar!(
        r#"SELECT coalesce(max(switch), 0) AS "switches!" FROM control.switches"#
    );
    Ok(Status {
        switches: switches.fetch_one(pool).await?,
        generations: shown,
    })
}

struct ProgressRow {
    projection: String,
    sequence: i64,
    /// Where it ends, of a generation of the past.
    end: Option<i64>,
    pending: i64,
    messages_per_second: f64,
    updated_at: DateTime<Utc>,
    is_running: bool,
}

impl ProgressRow {
    fn beside(self, ends: &BTreeMap<String, i64>) -> ProjectionStatus {
        let end = self.end.or_else(|| ends.get(&self.projection).copied());
        let end = end.unwrap_or(self.sequence);
        let behind = end - self.sequence;
        let is_known = behind > 0 && self.messages_per_second > 0.0;
        ProjectionStatus {
            eta_seconds: is_known.then(|| behind as f64 / self.messages_per_second),
            projection: self.projection,
            sequence: self.sequence,
            end,
            behind,
            messages_per_second: self.messages_per_second,
            updated_at: self.updated_at,
            is_running: self.is_running,
        }
    }
}

async fn progress_of(
    pool: &PgPool,
    generation: &Generation,
) -> Result<Vec<ProgressRow>, sqlx::Error> {
    let home = GenerationPool::new(pool.clone(), generation.clone());
    let mut transaction = home.begin().await?;
    let rows = sqlx::query_as!(
        ProgressRow,
        r#"SELECT projection, sequence,
                  CASE WHEN paused_until = 'infinity' THEN pause_at END AS "end", pending, messages_per_second, updated_at,
                  lease_expires_at > clock_timestamp() AS "is_running!"
           FROM projections ORDER BY projection"#
    );
    let rows = rows.fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    let held = rows
        .into_iter()
        .filter(|row| is_held(generation, &row.projection));
    Ok(held.collect())
}

/// The end of each stream, as far as any generation has heard of it.
fn ends<'a>(rows: impl Iterator<Item = &'a ProgressRow>) -> BTreeMap<String, i64> {
    let mut ends = BTreeMap::new();
    for row in rows.filter(|row| row.end.is_none()) {
        let end = ends.entry(row.projection.clone()).or_insert(0);
        *end = (*end).max(row.sequence + row.pending);
    }
    ends
}

async fn describe(
    pool: &PgPool,
    generation: Generation,
    projections: Vec<ProjectionStatus>,
) -> Result<GenerationStatus, ReplayError> {
    let row = sqlx::query!(
        "SELECT version, created_at, parity FROM control.generations WHERE generation = $1",
        generation.number,
    );
    let row = row.fetch_one(pool).await?;
    let lacks_boards = match generation.state {
        GenerationState::Building => are_missing(pool, &generation).await?,
        _ => false,
    };
    Ok(GenerationStatus {
        lacks_boards,
        generation: generation.number,
        schema: generation.schema,
        as_of: generation.as_of,
        state: generation.state.as_str(),
        projection: generation.projection,
        throttle: generation.throttle,
        version: row.version,
        created_at: row.created_at,
        projections,
        parity: row.parity.map(serde_json::from_value).transpose()?,
    })
}
