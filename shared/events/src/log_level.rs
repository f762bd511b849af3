//! What a process logs.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `log_level.changed`, version 1: a running process logs something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LogLevelChanged {
    /// The service whose process it is.
    pub service: String,
    /// What it logged before, such as `info`.
    pub before: String,
    /// What it logs now, such as `info,projector=debug`.
    pub level: String,
    /// After how many seconds it is again what it was at the start, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_seconds: Option<u64>,
    /// Who changed it: a key's name, `SIGHUP`, or `leaderboard` when the time for it
    /// was over.
    pub actor: String,
    /// Why, in words; of a `SIGHUP` the file.
    pub reason: String,
    /// When, in UTC.
    pub changed_at: DateTime<Utc>,
}
