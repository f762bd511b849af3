//! Translating GitHub's JSON into events: pure, by the shape of each event,
//! and exactly by the counting rules.

mod context;
mod conversation;
mod known_push;
mod mending;
mod pull_request;
mod push;
mod shape;
mod tolerant;
mod webhook;

use chrono::{DateTime, Utc};
use domain::{SourceReference, countable_instant};
use events::{
    AccountSeen, AccountSighting, ContributionEnriched, Event, RepositorySeen, RepositorySighting,
};
use thiserror::Error;

use context::Context;
use shape::RawEvent;

pub use known_push::{KnownPush, translate_known_push};
pub use mending::mend;
pub use push::ListedCommit;
pub use webhook::{Delivery, is_counted, translate_webhook};

/// What one GitHub event comes to.
#[derive(Debug, Default)]
pub struct Translation {
    /// The event's type, such as `PushEvent`; empty when it has none.
    pub event_type: String,
    /// When it happened, in UTC; `None` when it does not say.
    pub occurred_at: Option<DateTime<Utc>>,
    /// The events to publish.
    pub events: Vec<Event>,
    /// How many of them are contributions.
    pub contributions: usize,
    /// Accounts with an id that no published event carries.
    pub accounts: Vec<AccountSeen>,
    /// The repository, if it has an id and no published event carries it.
    pub repositories: Vec<RepositorySeen>,
}

/// Why a document is no GitHub event.
#[derive(Debug, Error)]
pub enum TranslateError {
    /// Not one whole JSON document.
    #[error("not a JSON document: {0}")]
    Json(#[from] serde_json::Error),
    /// JSON, but without a type.
    #[error("a JSON document, but no GitHub event: it has no \"type\"")]
    NotAnEvent,
}

/// Translates one GitHub event of any era.
///
/// # Errors
/// [`TranslateError`] when the document is no event. An event of an unknown
/// type, or one that gives no contribution, is no error.
pub fn translate(document: &[u8], source: &SourceReference) -> Result<Translation, TranslateError> {
    let raw: RawEvent = serde_json::from_slice(document)?;
    let repository = raw.repository();
    translate_raw(document, &raw, repository, source)
}

/// Translates one GitHub event as [`translate`] does, mended where it holds what
/// no JSON text may hold: half a character is no reason to lose an event.
///
/// # Errors
/// As [`translate`], when there is nothing to be mended, or that is not all.
pub fn translate_mended(
    document: &[u8],
    source: &SourceReference,
) -> Result<Translation, TranslateError> {
    mended(document, |document| translate(document, source))
}

/// Reads a document, and reads it again once it is mended if it is no JSON.
fn mended(
    document: &[u8],
    read: impl Fn(&[u8]) -> Result<Translation, TranslateError>,
) -> Result<Translation, TranslateError> {
    let outcome = read(document);
    if let Err(TranslateError::Json(_)) = &outcome
        && let Some(mended) = mend(document)
    {
        return read(mended.as_bytes());
    }
    outcome
}

/// Translates an event that was read, in the repository it was found in.
fn translate_raw(
    document: &[u8],
    raw: &RawEvent,
    repository: Option<RepositorySighting>,
    source: &SourceReference,
) -> Result<Translation, TranslateError> {
    let event_type = raw.event_type.0.clone().ok_or(TranslateError::NotAnEvent)?;
    let occurred_at = raw.created_at.0.as_deref().and_then(parse_instant);
    let mut translation = Translation {
        event_type,
        occurred_at,
        ..Translation::default()
    };
    let Some(occurred_at) = occurred_at else {
        return Ok(translation);
    };
    let place = repository.and_then(|seen| Some((seen.reference()?, seen)));
    let Some((reference, repository)) = place else {
        // Nothing was contributed anywhere, but the names were borne.
        translation.accounts = accounts_seen(raw, occurred_at, &[]);
        return Ok(translation);
    };
    let mut context = Context::new(
        document,
        raw,
        translation.event_type.clone(),
        occurred_at,
        repository,
        reference,
        source,
    );
    translate_type(raw, &mut context);
    context.finish(raw, &mut translation);
    Ok(translation)
}

/// The accounts with id and login that an event shows, but for those that what
/// is published carries.
fn accounts_seen(
    raw: &RawEvent,
    at: DateTime<Utc>,
    carried: &[AccountSighting],
) -> Vec<AccountSeen> {
    context::mentioned_accounts(raw)
        .into_iter()
        .filter(|account| account.id.is_some() && !account.login.is_empty())
        .filter(|account| !carried.contains(account))
        .map(|account| AccountSeen { account, at })
        .collect()
}

fn translate_type(raw: &RawEvent, context: &mut Context<'_>) {
    let default = shape::RawPayload::default();
    let payload = raw.payload.fields().unwrap_or(&default);
    match raw.event_type.0.as_deref().unwrap_or_default() {
        "PushEvent" => push::translate(payload, context),
        "PullRequestEvent" => pull_request::translate(payload, context),
        "PullRequestReviewEvent" => pull_request::translate_review(payload, context),
        "PullRequestReviewCommentEvent" => pull_request::translate_comment(payload, context),
        "IssuesEvent" => conversation::translate_issue(payload, context),
        "IssueCommentEvent" => conversation::translate_issue_comment(payload, context),
        "CommitCommentEvent" => conversation::translate_commit_comment(payload, context),
        "ReleaseEvent" => conversation::translate_release(payload, context),
        "GollumEvent" => conversation::translate_wiki(payload, context),
        "DiscussionEvent" => conversation::translate_discussion(payload, context),
        "WatchEvent" => conversation::translate_star(payload, context),
        "ForkEvent" => conversation::translate_fork(payload, context),
        _ => {}
    }
}

impl Context<'_> {
    /// Hands over what was published, and the names that none of it carries.
    fn finish(self, raw: &RawEvent, translation: &mut Translation) {
        let at = self.occurred_at;
        translation.accounts = accounts_seen(raw, at, &self.carried_accounts());
        translation.contributions = self
            .published
            .iter()
            .filter(|event| matches!(event, Event::ContributionRecorded(_)))
            .count();
        if self.published.is_empty()
            && self.repository.id.is_some()
            && self.repository.name.is_some()
        {
            translation.repositories.push(RepositorySeen {
                repository: self.repository,
                at,
            });
        }
        translation.events = self.published;
    }

    /// Publishes what is known of a pull request although nothing was
    /// contributed.
    fn enrich(&mut self, pull_request: events::PullRequestSighting) {
        if pull_request.author.is_none() && pull_request.merge_commit.is_none() {
            return;
        }
        self.published
            .push(Event::ContributionEnriched(ContributionEnriched {
                occurred_at: self.occurred_at,
                repository: Some(self.repository.clone()),
                pull_request: Some(pull_request),
                accounts: Vec::new(),
                repositories: Vec::new(),
                source: self.source.clone(),
            }));
    }
}

/// `2015-01-01T15:00:00Z`, an offset in its place, or the form
/// `2012/03/10 22:31:05 -0800` of early 2012.
fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y/%m/%d %H:%M:%S %z"))
        .ok()
        .map(|instant| countable_instant(instant.to_utc()))
}
