//! Events of streams.

use chrono::{DateTime, Utc};
use domain::{AccountClass, ContributionKind};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::leaderboard::{Entry, shown_login};
use crate::addresses::github_url;
use crate::queries::followed::{FollowedRow, StepRow};

/// The event `contribution`: one is new, or known better than before. It is as
/// it counts when this is sent; what was sent of it before is void.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContributionChanged {
    /// The contribution.
    pub(crate) contribution: FollowedContribution,
    /// The number of the change: they are counted one by one, but for those
    /// that are not shown here.
    #[schema(example = 18231)]
    pub(crate) change: i64,
}

/// A contribution as it counts now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FollowedContribution {
    /// The contribution's id, the same whichever source saw it.
    pub(crate) id: Uuid,
    /// When it happened.
    pub(crate) occurred_at: DateTime<Utc>,
    /// What was done.
    #[schema(value_type = String, example = "pull_request_merged")]
    pub(crate) kind: ContributionKind,
    /// The present name of the repository.
    #[schema(example = "rails/rails")]
    pub(crate) repository: String,
    /// Who is credited; null while nobody is known to be.
    pub(crate) contributor: Option<FollowedContributor>,
    /// Why the credit goes there: `author`, `pull_request`, `pusher`, `actor`,
    /// or `pending`.
    #[schema(example = "author")]
    pub(crate) basis: String,
    /// How many it counts for: 0 while the credit is pending, and when it is
    /// superseded or was retracted.
    pub(crate) counted: i32,
    /// Whether something else counts in its place, or it was retracted.
    pub(crate) superseded: bool,
    /// How many the source says; null where none does.
    pub(crate) stated_quantity: Option<i32>,
    /// Lines added; null where no source says.
    pub(crate) additions: Option<i32>,
    /// Lines deleted; null where no source says.
    pub(crate) deletions: Option<i32>,
    /// What makes it the one it is.
    #[schema(example = "pull_request_merged:8514:7")]
    pub(crate) semantic_key: String,
    /// Where to look at it.
    #[schema(example = "https://github.com/rails/rails/pull/7")]
    pub(crate) github_url: String,
}

/// Who is credited for a contribution.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FollowedContributor {
    /// The account: a numeric id, or `@login` where no id is known.
    #[schema(example = "583231")]
    pub(crate) account: String,
    /// The present login.
    #[schema(example = "octocat")]
    pub(crate) login: String,
    /// `human`, `bot` or `agent`.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: AccountClass,
}

/// The event `gone`: what was told of this contribution is told of another now,
/// because its repository turned out to be known by an id, or it was erased.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContributionGone {
    /// The contribution's id.
    pub(crate) id: Uuid,
    /// The number of the change.
    pub(crate) change: i64,
}

/// The event `step`: how a job stands after a step.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JobStep {
    /// The job's id.
    pub(crate) job: Uuid,
    /// What is done.
    #[schema(example = "refresh-stale")]
    pub(crate) name: String,
    /// Its queue.
    #[schema(example = "scraping")]
    pub(crate) queue: String,
    /// `waiting`, `running`, `retrying`, `completed`, `failed` or `skipped`.
    #[schema(example = "running")]
    pub(crate) state: String,
    /// The present attempt, from 1; 0 before the first.
    pub(crate) attempt: i32,
    /// How often it is tried at most.
    pub(crate) attempts: i32,
    /// Items done.
    pub(crate) done: i64,
    /// Items in all, where that is known.
    pub(crate) total: Option<i64>,
    /// What it is at.
    pub(crate) note: String,
    /// What was done, in a sentence.
    pub(crate) summary: Option<String>,
    /// What went wrong last.
    #[schema(value_type = Option<Object>)]
    pub(crate) failure: Option<Value>,
    /// When this was.
    pub(crate) at: DateTime<Utc>,
}

/// The event `places`: what changed of the first places of a board since the
/// event before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PlacesChanged<'a> {
    /// The entries that are new or say something else.
    #[schema(value_type = Vec<Entry>)]
    pub(crate) changed: Vec<&'a RawValue>,
    /// All accounts that have one of the first places now, best first.
    #[schema(value_type = Vec<String>, example = json!(["583231", "@octocat"]))]
    pub(crate) order: Vec<&'a str>,
    /// Contributors on the whole board.
    pub(crate) members: i64,
    /// The last sequence of the log that is counted here.
    pub(crate) version: i64,
}

/// The event `start`: what happens from here on is told. Its id is worth
/// keeping.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Started {}

/// The event `start-over`: something was missed that cannot be told any more.
/// Look up what is so now; what happens from here on is told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StartOver {
    /// Why.
    pub(crate) reason: Reason,
    /// Where to look.
    #[schema(example = "/api/v1/repositories/rails/rails")]
    pub(crate) look_up: String,
}

/// Why a stream cannot go on from an id.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reason {
    /// What followed it is not remembered any more.
    TooLongAgo,
    /// It is of read models that were given up for others.
    OtherData,
    /// It is not the id of an event of this stream.
    UnknownId,
}

impl FollowedContribution {
    pub(crate) fn new(row: FollowedRow, kind: ContributionKind, class: AccountClass) -> Self {
        let repository = row
            .repository_name
            .unwrap_or_else(|| row.repository.trim_start_matches('@').to_owned());
        let mut sightings = row.sightings.0;
        sightings.sort_by_key(|sighting| sighting.sequence);
        let login = row.login;
        let contributor = row.contributor.map(|account| {
            let account = domain::AccountReference::from_stored(account);
            FollowedContributor {
                login: shown_login(login, &account),
                account: account.to_string(),
                class,
            }
        });
        Self {
            id: row.id,
            occurred_at: row.occurred_at,
            kind,
            contributor,
            basis: row.basis,
            counted: row.counted,
            superseded: row.superseded,
            stated_quantity: row.quantity,
            additions: row.additions,
            deletions: row.deletions,
            github_url: github_url(&repository, kind, &row.semantic_key, &sightings),
            semantic_key: row.semantic_key,
            repository,
        }
    }
}

impl From<StepRow> for JobStep {
    fn from(row: StepRow) -> Self {
        Self {
            job: row.job,
            name: row.name,
            queue: row.queue,
            state: row.state,
            attempt: row.attempt,
            attempts: row.attempts,
            done: row.done,
            total: row.total,
            note: row.note,
            summary: row.summary,
            failure: row.failure,
            at: row.stepped_at,
        }
    }
}
