//! Generations of the read models as they are answered.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::queries::generations::{
    self, GenerationRow, ProgressRow, SwitchRow, generations, progress_in,
};
use crate::queries::snapshot::Snapshot;

/// Switches that are shown at most.
const SHOWN: i64 = 50;

/// The generations of the read models there are, and how far each is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplayAnswer {
    /// The generations whose tables are not gone, the oldest first.
    pub(crate) generations: Vec<GenerationInfo>,
    /// What readers were given, newest first, 50 at most.
    pub(crate) switches: Vec<SwitchInfo>,
}

/// A complete set of read models with checkpoints of its own.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GenerationInfo {
    /// Its number.
    pub(crate) generation: i32,
    /// `creating`, `building`, `active` (it is what is read), `kept` (it can
    /// be gone back to) or `dropping`.
    #[schema(example = "active")]
    pub(crate) state: String,
    /// The one projection it holds; null where it holds all.
    pub(crate) projection: Option<String>,
    /// Messages per second at most while it is built; null for no limit.
    pub(crate) throttle: Option<i32>,
    /// The version of the program that began it; null for the first.
    pub(crate) version: Option<String>,
    /// When it was begun.
    pub(crate) created_at: DateTime<Utc>,
    /// How far each of its projections is.
    pub(crate) projections: Vec<ProgressInfo>,
    /// How it was last compared with the generation that was read then: at
    /// which place of the log, how many rows differ, table by table, with some
    /// of them; null when it was not.
    #[schema(value_type = Option<Object>)]
    pub(crate) parity: Option<serde_json::Value>,
}

/// How far a projection is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProgressInfo {
    /// Its name.
    #[schema(example = "contributions")]
    pub(crate) projection: String,
    /// The last sequence of its stream that is in the read models.
    pub(crate) sequence: i64,
    /// The last sequence that any generation has heard of.
    pub(crate) end: i64,
    /// Sequences between the two.
    pub(crate) behind: i64,
    /// How fast the last batches were projected.
    pub(crate) messages_per_second: f64,
    /// How long the rest will take at that rate; null when nothing is left or
    /// no rate is known.
    pub(crate) eta_seconds: Option<f64>,
    /// When the last batch was committed.
    pub(crate) updated_at: DateTime<Utc>,
}

/// A switch of what readers read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SwitchInfo {
    /// Its number.
    pub(crate) switch: i64,
    /// When.
    pub(crate) switched_at: DateTime<Utc>,
    /// The generation that was read before.
    pub(crate) from_generation: i32,
    /// The generation that its tables come from.
    pub(crate) to_generation: i32,
    /// The one projection whose tables were exchanged; null where all were.
    pub(crate) projection: Option<String>,
    /// Who switched.
    #[schema(example = "ann")]
    pub(crate) actor: String,
    /// Why.
    #[schema(example = "the new counting rules")]
    pub(crate) reason: String,
    /// Rows that differed and were accepted.
    pub(crate) differences: i64,
}

/// Loads the generations there are. The snapshot reads another generation
/// afterwards.
pub(crate) async fn load_replay(snapshot: &mut Snapshot) -> Result<ReplayAnswer, Problem> {
    let connection = snapshot.connection();
    let switches = generations::switches(connection, SHOWN).await?;
    let mut read = Vec::new();
    for generation in generations(connection).await? {
        let follows = matches!(generation.state.as_str(), "building" | "active" | "kept");
        let mut progress = Vec::new();
        if follows {
            progress = progress_in(connection, &generation.schema).await?;
            let only = generation.projection.as_deref();
            progress.retain(|row| only.is_none_or(|only| only == row.projection));
        }
        read.push((generation, progress));
    }
    let mut ends: BTreeMap<String, i64> = BTreeMap::new();
    for row in read.iter().flat_map(|(_, progress)| progress) {
        let end = ends.entry(row.projection.clone()).or_default();
        *end = (*end).max(row.sequence + row.pending);
    }
    Ok(ReplayAnswer {
        generations: read
            .into_iter()
            .map(|(generation, progress)| describe(generation, progress, &ends))
            .collect(),
        switches: switches.into_iter().map(SwitchInfo::from).collect(),
    })
}

fn describe(
    row: GenerationRow,
    progress: Vec<ProgressRow>,
    ends: &BTreeMap<String, i64>,
) -> GenerationInfo {
    let projections = progress.into_iter().map(|progress| {
        let end = ends.get(&progress.projection).copied();
        beside(progress, end)
    });
    GenerationInfo {
        projections: projections.collect(),
        generation: row.generation,
        state: row.state,
        projection: row.projection,
        throttle: row.throttle,
        version: row.version,
        created_at: row.created_at,
        parity: row.parity,
    }
}

fn beside(row: ProgressRow, end: Option<i64>) -> ProgressInfo {
    let end = end.unwrap_or(row.sequence);
    let behind = end - row.sequence;
    let is_known = behind > 0 && row.messages_per_second > 0.0;
    ProgressInfo {
        eta_seconds: is_known.then(|| behind as f64 / row.messages_per_second),
        projection: row.projection,
        sequence: row.sequence,
        end,
        behind,
        messages_per_second: row.messages_per_second,
        updated_at: row.updated_at,
    }
}

impl From<SwitchRow> for SwitchInfo {
    fn from(row: SwitchRow) -> Self {
        Self {
            switch: row.switch,
            switched_at: row.switched_at,
            from_generation: row.from_generation,
            to_generation: row.to_generation,
            projection: row.projection,
            actor: row.actor,
            reason: row.reason,
            differences: row.differences,
        }
    }
}
