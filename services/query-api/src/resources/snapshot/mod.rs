//! Snapshots: whole boards, signed.

mod schema;

use domain::snapshot::{
    FORMAT, Inputs, Program, SecretKey, Snapshot as BoardSnapshot, SnapshotBoard, SnapshotPeriod,
    SnapshotRow, SnapshotScope, sign,
};
pub(crate) use schema::SignedSnapshotSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::coverage::load_summary;
use super::leaderboard::{BoardRequest, Entry, ScopeResource, load_entries};
use super::period::PeriodResource;
use crate::api::Api;
use crate::problem::{Problem, ProblemKind};
use crate::queries::inputs::{input_chain, positions};
use crate::queries::snapshot::Snapshot;
use crate::target::{Target, find_target};

/// The stream of the log that contributions are on.
const CONTRIBUTIONS: &str = "CONTRIBUTIONS";

/// The key that snapshots are verified by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SnapshotKeyAnswer {
    /// The key.
    pub(crate) key: SnapshotKeyResource,
}

/// A public key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SnapshotKeyResource {
    /// The name that snapshots call it by: the first 16 hexadecimal digits of
    /// its SHA-256 digest.
    #[schema(example = "9f6d9a1c0c7f3e52")]
    pub(crate) id: String,
    /// `Ed25519` (RFC 8032).
    #[schema(example = "Ed25519")]
    pub(crate) algorithm: &'static str,
    /// Its 32 bytes as hexadecimal digits.
    #[schema(example = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")]
    pub(crate) public_key: String,
}

/// The key that this deployment signs with, or the problem that it has none.
pub(crate) fn signing_key(api: &Api) -> Result<&SecretKey, Problem> {
    api.settings().snapshot_key.as_ref().ok_or_else(|| {
        Problem::not_found(
            "This deployment signs no snapshots: it has no key. `leaderboard snapshot key` makes \
             one, and LEADERBOARD_SNAPSHOT_KEY names it",
        )
    })
}

/// The key that snapshots are verified by.
pub(crate) fn verifying_key(api: &Api) -> Result<SnapshotKeyAnswer, Problem> {
    let public = signing_key(api)?.public();
    Ok(SnapshotKeyAnswer {
        key: SnapshotKeyResource {
            id: public.id().to_string(),
            algorithm: "Ed25519",
            public_key: public.to_string(),
        },
    })
}

/// Loads a board, whole up to the limit, and signs it; returns the file.
pub(crate) async fn load_signed(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &BoardRequest,
) -> Result<Vec<u8>, Problem> {
    let key = signing_key(api)?;
    let target = find_target(snapshot, &request.scope).await?;
    let board = load_board(api, snapshot, &target, request).await?;
    sign(&board, key).map_err(|error| Problem::internal(&error))
}

async fn load_board(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    request: &BoardRequest,
) -> Result<BoardSnapshot, Problem> {
    let inputs = load_inputs(snapshot).await?;
    let (entries, members) = load_entries(api, snapshot, target, request).await?;
    let coverage = load_summary(api, snapshot, target, request.period).await?;
    let coverage = serde_json::to_value(&coverage).map_err(|error| Problem::internal(&error))?;
    let rows: Vec<SnapshotRow> = entries.into_iter().map(SnapshotRow::from).collect();
    let members = members.unsigned_abs();
    Ok(BoardSnapshot {
        format: FORMAT.to_owned(),
        board: SnapshotBoard {
            scope: ScopeResource::from(target).into(),
            period: PeriodResource::from(request.period).into(),
            metric: request.metric,
            class: request.class,
        },
        cut: members > rows.len() as u64,
        rows,
        members,
        policy: snapshot.policy(target).clone(),
        coverage: into_object(coverage),
        inputs,
        made_at: api.now(),
        made_by: Program {
            name: "leaderboard".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    })
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

async fn load_inputs(snapshot: &mut Snapshot) -> Result<Inputs, Problem> {
    let chain = input_chain(snapshot.connection()).await?;
    if chain.sequence.cast_signed() != snapshot.version().contributions {
        // A projector of a version that keeps no digest has read on.
        return Err(Problem::new(
            ProblemKind::Unavailable,
            "The digest of what was read is not at the boards' place of the log; it will be when \
             the next contributions were read",
        ));
    }
    Ok(Inputs {
        stream: CONTRIBUTIONS.to_owned(),
        first: chain.first,
        sequence: chain.sequence,
        messages: chain.messages,
        digest: chain.digest,
        projections: positions(snapshot.connection()).await?,
    })
}

impl From<ScopeResource> for SnapshotScope {
    fn from(scope: ScopeResource) -> Self {
        Self {
            kind: scope.kind.to_owned(),
            name: scope.name,
            repository: scope.repository,
            repositories: scope.repositories.map(|number| number as u64),
        }
    }
}

impl From<PeriodResource> for SnapshotPeriod {
    fn from(period: PeriodResource) -> Self {
        Self {
            name: period.name,
            first_day: period.first_day,
            last_day: period.last_day,
        }
    }
}

impl From<Entry> for SnapshotRow {
    fn from(entry: Entry) -> Self {
        Self {
            rank: entry.rank,
            account: entry.account,
            login: entry.login,
            class: entry.class,
            value: entry.value,
            score_thousandths: entry.score_thousandths,
            counts: entry.counts,
        }
    }
}
