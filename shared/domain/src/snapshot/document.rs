//! What a snapshot holds.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Digest;
use crate::{AccountClass, AccountReference, ClassFilter, ContributionKind, Metric, Policy};

/// The form of snapshots that this version writes and reads.
pub const FORMAT: &str = "leaderboard-snapshot/1";

/// A board as it was at one place of the log, and what it was computed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// The form of this document: `leaderboard-snapshot/1`.
    pub format: String,
    /// Which board.
    pub board: SnapshotBoard,
    /// Who is on it, best first.
    pub rows: Vec<SnapshotRow>,
    /// Contributors on the whole board.
    pub members: u64,
    /// Whether the board goes on after these rows.
    pub cut: bool,
    /// The scoring policy, whole.
    #[schemars(with = "Map<String, Value>")]
    pub policy: Policy,
    /// How much was seen of what the board is about, as the board's answer has
    /// it.
    pub coverage: Map<String, Value>,
    /// What was read to compute it.
    pub inputs: Inputs,
    /// When the snapshot was made.
    pub made_at: DateTime<Utc>,
    /// What made it.
    pub made_by: Program,
}

/// Which board a snapshot is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotBoard {
    /// Which repositories count.
    pub scope: SnapshotScope,
    /// Which days count.
    pub period: SnapshotPeriod,
    /// What it is ordered by: `score`, or a kind of contribution.
    #[schemars(with = "String")]
    pub metric: Metric,
    /// Whose contributions are shown: `human`, `bot`, `agent` or `everyone`.
    #[schemars(with = "String")]
    pub class: ClassFilter,
}

/// Which repositories count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotScope {
    /// `global`, `repository`, `organization` or `group`.
    pub kind: String,
    /// The name it went by.
    pub name: String,
    /// The repository: a numeric id, or `@owner/name` where no id was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// How many repositories an organization or a group had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repositories: Option<u64>,
}

/// Which UTC days count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotPeriod {
    /// The period, as boards are asked for: `all`, `2016-01`,
    /// `2016-01-04..2016-02-15`. Windows up to a day are named by their days.
    pub name: String,
    /// The first day; none for all time.
    pub first_day: Option<NaiveDate>,
    /// The last day, itself included; none for all time.
    pub last_day: Option<NaiveDate>,
}

/// One contributor's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotRow {
    /// The place; equal values share one (1, 2, 2, 4).
    pub rank: u64,
    /// The account: a numeric id, or `@login` where no id was known.
    pub account: AccountReference,
    /// The login it went by.
    pub login: String,
    /// `human`, `bot` or `agent`.
    #[schemars(with = "String")]
    pub class: AccountClass,
    /// What the board is ordered by: thousandths of a point, or a number.
    pub value: i64,
    /// The score in thousandths of a point.
    pub score_thousandths: i64,
    /// Contributions by kind; kinds without any are left out.
    #[schemars(with = "BTreeMap<String, i64>")]
    pub counts: BTreeMap<ContributionKind, i64>,
}

impl SnapshotRow {
    /// How many contributions of a kind there are.
    #[must_use]
    pub fn count(&self, kind: ContributionKind) -> i64 {
        self.counts.get(&kind).copied().unwrap_or(0)
    }
}

/// What was read to compute a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inputs {
    /// The stream of the log that the contributions are on.
    pub stream: String,
    /// The first sequence that the digest holds.
    pub first: u64,
    /// The last sequence whose contributions count.
    pub sequence: u64,
    /// Messages that the digest holds.
    pub messages: u64,
    /// The running digest of the payloads of these messages: c(i) =
    /// SHA-256(c(i−1) ‖ SHA-256(payload i)), beginning with 32 zero bytes.
    pub digest: Digest,
    /// How far each projection was, by name, that a board hangs on besides:
    /// of the stream of what was read, and of that of decisions.
    pub projections: BTreeMap<String, u64>,
}

/// A program, and its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Program {
    /// What it is called.
    pub name: String,
    /// Its version.
    pub version: String,
}
