//! How a contribution stands: who is credited, and whether it counts.

use chrono::{DateTime, Utc};
use domain::{AccountReference, ContributionKind};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::addresses::github_url;
use crate::queries::disputes::StandingRow;
use crate::queries::retractions::RetractionRow;

/// How a contribution stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContributionStanding {
    /// Its id.
    pub(crate) id: Uuid,
    /// What was done.
    #[schema(example = "pull_request_merged")]
    pub(crate) kind: String,
    /// Its semantic key.
    #[schema(example = "pull_request_merged:8514:7")]
    pub(crate) key: String,
    /// The present name of the repository.
    #[schema(example = "rails/rails")]
    pub(crate) repository: String,
    /// Where to look at it.
    #[schema(example = "https://github.com/rails/rails/pull/7")]
    pub(crate) github_url: String,
    /// When it happened.
    pub(crate) occurred_at: DateTime<Utc>,
    /// Who is credited; null while the credit is pending.
    #[schema(value_type = Option<String>)]
    pub(crate) account: Option<AccountReference>,
    /// The same by login.
    pub(crate) login: Option<String>,
    /// Why: the basis of the credit.
    #[schema(example = "pull_request_author")]
    pub(crate) basis: String,
    /// How many it counts for.
    pub(crate) counted: i32,
    /// Why it counts so, in words.
    #[schema(example = "it counts for octocat")]
    pub(crate) because: String,
    /// The decision that it counts no more, while that holds; null otherwise.
    pub(crate) retraction: Option<RetractionResource>,
}

/// A decision that a contribution counts no more, or that it counts again.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct RetractionResource {
    /// Whether it counts no more from then on; else it counts again.
    pub(crate) retracted: bool,
    /// Who decided.
    #[schema(example = "ann")]
    pub(crate) actor: String,
    /// Why, in words.
    #[schema(example = "recorded from a test repository")]
    pub(crate) reason: String,
    /// When.
    pub(crate) decided_at: DateTime<Utc>,
}

impl From<RetractionRow> for RetractionResource {
    fn from(row: RetractionRow) -> Self {
        Self {
            retracted: row.retracted,
            actor: row.actor,
            reason: row.reason,
            decided_at: row.decided_at,
        }
    }
}

impl From<StandingRow> for ContributionStanding {
    fn from(row: StandingRow) -> Self {
        let retraction = retraction(&row);
        let because = because(&row, retraction.as_ref());
        // Who is not shown is not named here either.
        let shown = row.class.as_deref() != Some("hidden");
        let repository = row
            .repository_name
            .unwrap_or_else(|| row.repository.trim_start_matches('@').to_owned());
        let mut sightings = row.sightings.0;
        sightings.sort_by_key(|sighting| sighting.sequence);
        let kind: Option<ContributionKind> = row.kind.parse().ok();
        let address = |kind| github_url(&repository, kind, &row.semantic_key, &sightings);
        Self {
            id: row.id,
            github_url: kind.map_or_else(String::new, address),
            kind: row.kind,
            key: row.semantic_key,
            repository,
            occurred_at: row.occurred_at,
            account: row
                .contributor
                .filter(|_| shown)
                .map(AccountReference::from_stored),
            login: row.login.filter(|_| shown),
            basis: row.basis,
            counted: row.counted,
            because,
            retraction,
        }
    }
}

/// The decision that it counts no more, while that holds.
fn retraction(row: &StandingRow) -> Option<RetractionResource> {
    let retracted = row.retracted.filter(|retracted| *retracted)?;
    Some(RetractionResource {
        retracted,
        actor: row.actor.clone().unwrap_or_default(),
        reason: row.reason.clone().unwrap_or_default(),
        decided_at: row.decided_at?,
    })
}

fn because(row: &StandingRow, retraction: Option<&RetractionResource>) -> String {
    if let Some(decision) = retraction {
        return retracted_words(&decision.actor, &decision.reason, decision.decided_at);
    }
    let because = match (row.contributor.is_some(), row.class.as_deref()) {
        _ if row.superseded => "others that are known better stand in its place",
        (false, _) => "nobody is known yet who gets the credit",
        (_, Some("bot")) => "it counts for a bot, which boards of people do not show",
        (_, Some("agent")) => "it counts for an AI agent, which boards of people do not show",
        (_, Some("hidden")) => "it counts for somebody who does not want to be shown",
        _ if row.kind == "self_review" => "a review of one's own pull request is worth no points",
        _ => "it counts",
    };
    because.to_owned()
}

/// That something was taken back, by whom, when and why.
pub(crate) fn retracted_words(actor: &str, reason: &str, at: DateTime<Utc>) -> String {
    let by = match actor {
        "" => String::new(),
        actor => format!(" by {actor}"),
    };
    let day = at.format("%Y-%m-%d");
    format!("it was retracted{by} on {day}: {reason}")
}
