//! An explanation on a contributor's page.

use super::bar::colour_of;
use super::words::{counted, instant_words, kind_word};
use crate::addresses::repository_path;
use crate::points::{number, parts};
use crate::resources::contribution::retracted_words;
use crate::resources::explanation::{
    ExplainedResource, Explanation, RetractedResource, SourceResource,
};

/// A contribution in words.
pub(crate) struct ContributionView {
    pub(crate) when: String,
    pub(crate) instant: String,
    pub(crate) kind: String,
    pub(crate) colour: &'static str,
    pub(crate) repository: String,
    pub(crate) repository_page: String,
    pub(crate) url: String,
    pub(crate) points: (String, String),
    pub(crate) sum: (String, String),
    pub(crate) capped: bool,
    pub(crate) rule: String,
    pub(crate) basis: &'static str,
    pub(crate) sources: Vec<String>,
    pub(crate) lines: Option<String>,
}

/// A contribution that was taken back, in words.
pub(crate) struct RetractedView {
    pub(crate) when: String,
    pub(crate) instant: String,
    pub(crate) kind: String,
    pub(crate) repository: String,
    pub(crate) repository_page: String,
    pub(crate) url: String,
    pub(crate) because: String,
}

/// An explanation in words.
pub(crate) struct ExplanationView {
    pub(crate) contributions: Vec<ContributionView>,
    pub(crate) retracted: Vec<RetractedView>,
    pub(crate) total: (String, String),
    pub(crate) number: String,
    pub(crate) capped: Option<String>,
    pub(crate) agrees: bool,
    pub(crate) scope: String,
    pub(crate) version: String,
}

impl From<Explanation> for ExplanationView {
    fn from(explanation: Explanation) -> Self {
        let Explanation {
            contributions,
            retracted,
            meta,
        } = explanation;
        let totals = meta.totals;
        let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            contributions: contributions
                .into_iter()
                .map(ContributionView::from)
                .collect(),
            retracted: retracted.into_iter().map(RetractedView::from).collect(),
            total: parts(totals.points_thousandths),
            number: counted(count(totals.contributions), "contribution", "contributions"),
            capped: (totals.capped > 0).then(|| number(count(totals.capped))),
            agrees: totals.agrees,
            scope: meta.scope.name,
            version: number(meta.version),
        }
    }
}

impl From<ExplainedResource> for ContributionView {
    fn from(contribution: ExplainedResource) -> Self {
        let lines = match (contribution.additions, contribution.deletions) {
            (None, None) => None,
            (added, deleted) => Some(format!(
                "+{} −{}",
                number(i64::from(added.unwrap_or(0))),
                number(i64::from(deleted.unwrap_or(0)))
            )),
        };
        let kind = kind_word(contribution.kind);
        Self {
            when: instant_words(contribution.occurred_at),
            instant: contribution.occurred_at.to_rfc3339(),
            kind: match contribution.quantity {
                1 => kind.to_owned(),
                quantity => format!("{kind} × {}", number(i64::from(quantity))),
            },
            colour: colour_of(contribution.kind),
            repository_page: page_of(&contribution.repository),
            repository: contribution.repository,
            url: contribution.github_url,
            points: parts(contribution.points_thousandths),
            sum: parts(contribution.running_thousandths),
            capped: contribution.capped,
            rule: contribution.rule,
            basis: basis_words(&contribution.basis),
            sources: contribution.sources.iter().map(source_words).collect(),
            lines,
        }
    }
}

impl From<RetractedResource> for RetractedView {
    fn from(retracted: RetractedResource) -> Self {
        let RetractedResource { actor, reason, .. } = &retracted;
        Self {
            when: instant_words(retracted.occurred_at),
            instant: retracted.occurred_at.to_rfc3339(),
            kind: kind_word(retracted.kind).to_owned(),
            because: retracted_words(actor, reason, retracted.retracted_at),
            repository_page: page_of(&retracted.repository),
            repository: retracted.repository,
            url: retracted.github_url,
        }
    }
}

fn page_of(repository: &str) -> String {
    format!("/repositories/{}", repository_path(repository))
}

fn source_words(source: &SourceResource) -> String {
    format!(
        "{} (log sequence {}, recorded {})",
        source.reference,
        number(i64::try_from(source.sequence).unwrap_or(i64::MAX)),
        instant_words(source.recorded_at)
    )
}

/// Why the credit went where it did.
fn basis_words(basis: &str) -> &'static str {
    match basis {
        "author" => "known to be the author",
        "pull_request" => "author of the pull request that the push brought in",
        "pusher" => "pushed it; the author is not known",
        "actor" => "acted in the event",
        _ => "not settled",
    }
}
