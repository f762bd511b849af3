//! Explanations: a score opened into its contributions.

mod export;
mod listing;
mod page;
mod retracted;
mod table;

use chrono::{DateTime, Utc};
use domain::{ContributionKind, DailyRule, Metric, Period, Policy, Thousandths};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use self::export::open_export;
use self::listing::Listing;
use self::page::{board_value, describe, page_of, total};
pub(crate) use self::retracted::RetractedResource;
use self::retracted::load_retracted;
use super::contributor::{AccountResource, find_contributor};
use super::leaderboard::ScopeResource;
use super::period::PeriodResource;
use crate::api::Api;
use crate::cursor::InstantCursor;
use crate::points::short;
use crate::problem::Problem;
use crate::queries::accounts::Account;
use crate::queries::snapshot::Snapshot;
use crate::target::{ScopeName, Target, find_target};

/// Which score is to be explained, and which part of the explanation.
#[derive(Clone, Debug)]
pub(crate) struct ExplainRequest {
    /// The instant at which it was known; none for now.
    pub(crate) as_of: Option<DateTime<Utc>>,
    pub(crate) scope: ScopeName,
    pub(crate) period: Period,
    pub(crate) metric: Metric,
    /// Only contributions to the repository of this name.
    pub(crate) repository: Option<String>,
    /// Only those that a cap took something from, or only the others.
    pub(crate) capped: Option<bool>,
    pub(crate) limit: u32,
    pub(crate) after: Option<InstantCursor>,
}

/// A page of the contributions a score is made of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// The contributions, in the order in which they fill the caps.
    pub(crate) contributions: Vec<ExplainedResource>,
    /// What would be listed on any page and counts no more, because somebody
    /// decided so: the newest 100. It adds nothing to any total.
    pub(crate) retracted: Vec<RetractedResource>,
    /// What is explained, and what it comes to.
    pub(crate) meta: ExplanationMeta,
}

/// One contribution, what it earned, and how that can be checked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedResource {
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
    /// The rule that gives the points.
    #[schema(example = "10 points per commit, commits and pushes together at most 30 a day")]
    pub(crate) rule: String,
    /// Points, exactly.
    #[schema(example = "25.350")]
    pub(crate) points: String,
    /// Thousandths of a point.
    #[schema(example = 25_350)]
    pub(crate) points_thousandths: Thousandths,
    /// Those of them that lines brought.
    #[schema(example = 350)]
    pub(crate) line_points_thousandths: Thousandths,
    /// The sum so far, this one included, in thousandths of a point.
    pub(crate) running_thousandths: Thousandths,
    /// Whether a cap took something away.
    pub(crate) capped: bool,
    /// How many it counts for.
    pub(crate) quantity: u32,
    /// How many the source says; null where none does.
    pub(crate) stated_quantity: Option<i32>,
    /// Lines added; null where no source says.
    pub(crate) additions: Option<i32>,
    /// Lines deleted; null where no source says.
    pub(crate) deletions: Option<i32>,
    /// Why the credit went here: `author`, `pull_request`, `pusher`, `actor`.
    #[schema(example = "author")]
    pub(crate) basis: String,
    /// Every place it was seen.
    pub(crate) sources: Vec<SourceResource>,
    /// The first sequence of the log that holds it.
    pub(crate) sequence: Option<u64>,
    /// When the log took that.
    pub(crate) recorded_at: Option<DateTime<Utc>>,
    /// What makes it the one it is.
    #[schema(example = "pull_request_merged:8514:7")]
    pub(crate) semantic_key: String,
    /// Where to look at it.
    #[schema(example = "https://github.com/rails/rails/pull/7")]
    pub(crate) github_url: String,
}

/// A place a contribution was seen at.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SourceResource {
    /// The kind of source: `api`, `webhook`, `archive` or `bigquery`.
    #[schema(value_type = String, example = "archive")]
    pub(crate) source: domain::Source,
    /// Where in it: file and line, job, URL or delivery id.
    #[schema(example = "2016-01-01-15.json.gz:1234")]
    pub(crate) reference: String,
    /// Its sequence in the log.
    pub(crate) sequence: u64,
    /// When the log took it.
    pub(crate) recorded_at: DateTime<Utc>,
}

/// What is explained, and what it comes to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplanationMeta {
    /// Whose score.
    pub(crate) contributor: AccountResource,
    /// On which board.
    pub(crate) scope: ScopeResource,
    /// Of which days.
    pub(crate) period: PeriodResource,
    /// `score`, or the one kind that is listed.
    #[schema(value_type = String, example = "score")]
    pub(crate) metric: Metric,
    /// The repository whose contributions alone are listed; null for all.
    pub(crate) repository: Option<String>,
    /// Whether those alone are listed that a cap took something from, or those
    /// alone that none did; null for both.
    pub(crate) capped: Option<bool>,
    /// The scoring policy.
    pub(crate) policy_version: u32,
    /// The instant at which this was known; left out for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The last sequence of the log that is counted here.
    pub(crate) version: i64,
    /// Totals over all pages.
    pub(crate) totals: ExplanationTotals,
    /// The `cursor` of the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
    /// When this answer was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

/// Totals over everything that is listed, on this page or not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplanationTotals {
    /// Contributions listed.
    pub(crate) contributions: usize,
    /// What they count for together.
    pub(crate) quantity: u64,
    /// The sum of their points, exactly.
    #[schema(example = "1234.560")]
    pub(crate) points: String,
    /// The same in thousandths of a point.
    pub(crate) points_thousandths: Thousandths,
    /// Contributions a cap took something from.
    pub(crate) capped: usize,
    /// What all contributions of the metric come to, those included that
    /// `repository` and `capped` leave out here.
    pub(crate) explained_value: i64,
    /// What the board says: thousandths of a point, or a number of
    /// contributions of the kind.
    pub(crate) board_value: i64,
    /// Whether these two are the same.
    pub(crate) agrees: bool,
}

/// What one contribution of a kind is worth, in words.
pub(crate) fn rule_text(policy: &Policy, kind: ContributionKind) -> String {
    use ContributionKind as Kind;
    let weight = policy.weight(kind);
    let what = kind.as_str().replace('_', " ");
    if weight == 0 {
        return format!("recorded, worth no points ({what})");
    }
    let points = format!("{} points per {what}", short(weight));
    let points = match daily_text(policy.daily_rule(kind)) {
        Some(rule) => format!("{points}, {rule} a day and repository"),
        None => points,
    };
    match kind {
        Kind::Commit | Kind::Push => format!(
            "{points}, commits and pushes together at most {} a day and repository",
            policy.daily_commit_cap
        ),
        Kind::PullRequestMerged => format!(
            "{points}, {} per line added and {} per line deleted, \
             lines at most {} per repository and period",
            short(policy.per_line_added),
            short(policy.per_line_deleted),
            short(policy.lines_cap)
        ),
        _ => points,
    }
}

/// What several of a kind come to on one day, in words; `None` where that is
/// simply their number times their worth.
pub(crate) fn daily_text(rule: &DailyRule) -> Option<String> {
    let steps = rule.steps.iter();
    let steps = steps.map(|step| format!("{} % of that after {}", step.percent, step.after));
    let most = rule.at_most.map(|most| format!("at most {most}"));
    let parts: Vec<String> = steps.chain(most).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Loads a page of an explanation.
pub(crate) async fn load_explanation(
    api: &Api,
    snapshot: &mut Snapshot,
    login: &str,
    request: &ExplainRequest,
) -> Result<Explanation, Problem> {
    let found = find_contributor(snapshot, login).await?;
    let target = find_target(snapshot, &request.scope).await?;
    explain_target(api, snapshot, &found.account, &target, request).await
}

/// Loads a page of the explanation of a known contributor's score.
pub(crate) async fn explain_target(
    api: &Api,
    snapshot: &mut Snapshot,
    account: &Account,
    target: &Target,
    request: &ExplainRequest,
) -> Result<Explanation, Problem> {
    let listing = Listing::load(api, snapshot, account, target, request).await?;
    let board_value = board_value(api, snapshot, account, target, request).await?;
    let totals = total(&listing, request.metric, board_value);
    if !totals.agrees {
        tracing::error!(
            account = %account.reference, scope = target.name(), period = %request.period,
            board_value, explained = totals.explained_value, "explanation_disagrees"
        );
    }
    let policy = snapshot.policy(target).clone();
    let (page, next_cursor) = page_of(listing.listed(), request);
    Ok(Explanation {
        contributions: describe(snapshot, &policy, &page).await?,
        retracted: load_retracted(snapshot, account, target, &listing, request).await?,
        meta: ExplanationMeta {
            contributor: AccountResource::from(account.clone()),
            scope: ScopeResource::from(target),
            period: request.period.into(),
            metric: request.metric,
            repository: request.repository.clone(),
            capped: request.capped,
            policy_version: policy.version,
            as_of: snapshot.as_of(),
            version: snapshot.version().contributions,
            totals,
            next_cursor,
            generated_at: api.now(),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_told_in_words() {
        let policy = Policy::default();
        let rule = |kind| rule_text(&policy, kind);
        assert_eq!(
            rule(ContributionKind::Commit),
            "10 points per commit, commits and pushes together at most 30 a day and repository"
        );
        assert!(rule(ContributionKind::PullRequestMerged).contains("0.005 per line deleted"));
        assert_eq!(
            rule(ContributionKind::Star),
            "recorded, worth no points (star)"
        );
    }
}
