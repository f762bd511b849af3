//! What people are told.

use chrono::{DateTime, NaiveDate, Utc};
use domain::jobs::JobId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `report.published`, version 1: how things stood on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportPublished {
    /// Which report: `budget` or `pipeline`; `backup` and `rehearsal` when a backup was made, and
    /// restored on trial.
    pub report: String,
    /// The UTC day it is of.
    pub of: NaiveDate,
    /// What it says, for programs.
    pub document: Value,
    /// What it says, for people, as Markdown.
    pub markdown: String,
    /// When it was made, in UTC.
    pub published_at: DateTime<Utc>,
}

/// `notice.sent`, version 1: somebody was told that a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NoticeSent {
    /// What failed and why, in so far as it is the same again: a digest.
    pub cause: String,
    /// The job that failed.
    pub job: JobId,
    /// Where it was told: the address of an issue.
    pub told_at: String,
    /// Whether it was the first time that this was told.
    pub first: bool,
    /// Everything on the stream of jobs up to here was told.
    pub through: u64,
    /// When, in UTC.
    pub sent_at: DateTime<Utc>,
}
