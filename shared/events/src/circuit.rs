//! Whether what a worker asks is left alone after failures.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `circuit.changed`, version 1: a worker leaves something alone after failures, for
/// another while, or no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CircuitChanged {
    /// What is asked no more, or again: `github` or `bigquery`.
    pub dependency: String,
    /// The worker whose circuit it is. Each has its own, and begins with a closed one.
    pub worker: String,
    /// Failures in a row; 0 when it closed.
    pub failures: u32,
    /// Until when the worker does not ask; absent when it closed. Then one request tries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_until: Option<DateTime<Utc>>,
    /// When, in UTC, by the worker's clock.
    pub changed_at: DateTime<Utc>,
}
