//! GitHub's webhook deliveries, as the events that archives have of the same
//! things: who, where and when are in other places, the objects are the same.
//!
//! A delivery has no native event id and no `created_at`. The instant is that
//! of the object it is about; shapes and limits by GitHub's documentation,
//! "Webhook events and payloads", read in November 2026.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::{RepositoryName, SourceReference};
use events::{AccountSighting, RepositorySighting};
use serde::Deserialize;

use super::shape::{RawAccount, RawCommit, RawEvent, RawPayload};
use super::tolerant::{Flag, Identifier, Integer, List, MergeMessage, Object, Text};
use super::{TranslateError, Translation, mended, parse_instant, translate_raw};

/// One delivery, its signature checked.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// What `X-GitHub-Event` says, such as `pull_request`.
    pub event: &'a str,
    /// The JSON body.
    pub body: &'a [u8],
    /// When it arrived: the instant of what has none of its own.
    pub received_at: DateTime<Utc>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawDelivery {
    sender: Object<RawAccount>,
    repository: Object<RawPlace>,
    starred_at: Text,
    pull_request: Object<RawDated>,
    review: Object<RawDated>,
    comment: Object<RawDated>,
    issue: Object<RawDated>,
    release: Object<RawDated>,
    discussion: Object<RawDated>,
    forkee: Object<RawDated>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawPlace {
    id: Integer,
    full_name: Text,
    /// Seconds of the Unix epoch in deliveries of pushes, a text in others.
    pushed_at: Identifier,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawDated {
    created_at: Text,
    closed_at: Text,
    submitted_at: Text,
    published_at: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawPush {
    #[serde(rename = "ref")]
    reference: Text,
    before: Text,
    after: Text,
    head_commit: Object<RawPushed>,
    commits: List<RawPushed>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawPushed {
    id: Text,
    distinct: Flag,
    message: MergeMessage,
    timestamp: Text,
    author: Object<RawAuthor>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawAuthor {
    /// The account GitHub knows the e-mail address of.
    username: Text,
    email: Text,
}

/// The event type that archives give to a delivery's; `None` for those that
/// give no contribution.
fn archived_type(event: &str) -> Option<&'static str> {
    Some(match event {
        "push" => "PushEvent",
        "pull_request" => "PullRequestEvent",
        "pull_request_review" => "PullRequestReviewEvent",
        "pull_request_review_comment" => "PullRequestReviewCommentEvent",
        "issues" => "IssuesEvent",
        "issue_comment" => "IssueCommentEvent",
        "commit_comment" => "CommitCommentEvent",
        "release" => "ReleaseEvent",
        "gollum" => "GollumEvent",
        "discussion" => "DiscussionEvent",
        "star" | "watch" => "WatchEvent",
        "fork" => "ForkEvent",
        _ => return None,
    })
}

/// Whether deliveries of this kind can give a contribution.
#[must_use]
pub fn is_counted(event: &str) -> bool {
    archived_type(event).is_some()
}

/// Translates a delivery. The contributions have the ids, and the credit, that
/// they have when an archive tells of them; for commits the author that GitHub
/// names goes before the pusher. A body that holds what no JSON text may hold
/// is mended.
///
/// # Errors
/// [`TranslateError::Json`] when the body is no JSON document. A delivery that
/// gives no contribution is no error.
pub fn translate_webhook(
    delivery: &Delivery<'_>,
    source: &SourceReference,
) -> Result<Translation, TranslateError> {
    mended(delivery.body, |body| {
        translate_delivery(&Delivery { body, ..*delivery }, source)
    })
}

fn translate_delivery(
    delivery: &Delivery<'_>,
    source: &SourceReference,
) -> Result<Translation, TranslateError> {
    let raw: RawDelivery = serde_json::from_slice(delivery.body)?;
    let mut payload: RawPayload = serde_json::from_slice(delivery.body)?;
    let event_type = archived_type(delivery.event).unwrap_or(delivery.event);
    let mut instant = raw.instant(delivery.event, &payload);
    match delivery.event {
        "push" => {
            let push: RawPush = serde_json::from_slice(delivery.body)?;
            let pushed_at = raw.pushed_at();
            let committed_at = push.head_commit.fields().and_then(RawPushed::instant);
            instant = pushed_at.or(committed_at);
            push.fill(&mut payload, raw.sender.account().as_ref());
        }
        "star" if payload.action.0.as_deref() == Some("created") => {
            payload.action = Text(Some("started".to_owned()));
        }
        _ => {}
    }
    // GitHub's instants are whole seconds.
    let instant = instant.unwrap_or(delivery.received_at);
    let event = RawEvent::assembled(
        event_type,
        instant.to_rfc3339_opts(SecondsFormat::Secs, true),
        raw.sender,
        payload,
    );
    translate_raw(delivery.body, &event, raw.repository.sighting(), source)
}

impl RawDelivery {
    fn instant(&self, event: &str, payload: &RawPayload) -> Option<DateTime<Utc>> {
        let action = payload.action.0.as_deref();
        let (object, field): (_, fn(&RawDated) -> &Text) = match (event, action) {
            ("pull_request", Some("closed")) => (&self.pull_request, |dated| &dated.closed_at),
            ("pull_request", Some("opened")) => (&self.pull_request, |dated| &dated.created_at),
            ("issues", Some("closed")) => (&self.issue, |dated| &dated.closed_at),
            ("issues", Some("opened")) => (&self.issue, |dated| &dated.created_at),
            ("pull_request_review", _) => (&self.review, |dated| &dated.submitted_at),
            ("pull_request_review_comment" | "issue_comment" | "commit_comment", _) => {
                (&self.comment, |dated| &dated.created_at)
            }
            ("release", _) => (&self.release, |dated| &dated.published_at),
            ("discussion", Some("created")) => (&self.discussion, |dated| &dated.created_at),
            ("fork", _) => (&self.forkee, |dated| &dated.created_at),
            ("star", _) => return self.starred_at.0.as_deref().and_then(parse_instant),
            _ => return None,
        };
        field(object.fields()?).0.as_deref().and_then(parse_instant)
    }

    /// The instant of a push: that of its newest commit may lie weeks before.
    fn pushed_at(&self) -> Option<DateTime<Utc>> {
        let pushed_at = self.repository.fields()?.pushed_at.0.as_deref()?;
        match pushed_at.parse() {
            Ok(seconds) => DateTime::from_timestamp(seconds, 0),
            Err(_) => parse_instant(pushed_at),
        }
    }
}

impl Object<RawPlace> {
    fn sighting(&self) -> Option<RepositorySighting> {
        let place = self.fields()?;
        let name = place.full_name.0.as_deref().and_then(RepositoryName::parse);
        (place.id.0.is_some() || name.is_some()).then_some(RepositorySighting {
            id: place.id.0,
            name,
        })
    }
}

impl RawPush {
    /// Puts the commits where archives have them. A tag brings nothing: its
    /// commits come with a branch. A push of no new commits, or one that
    /// deletes a branch, lists none and gives nothing.
    fn fill(self, payload: &mut RawPayload, sender: Option<&AccountSighting>) {
        let reference = self.reference.0.as_deref().unwrap_or_default();
        let is_branch = reference.starts_with("refs/heads/");
        let listed = self.commits.0.unwrap_or_default().into_iter();
        let commits: Vec<RawCommit> = listed
            .filter(|_| is_branch)
            .map(|commit| commit.archived(sender))
            .collect();
        let part = |text: &Text| text.0.clone().unwrap_or_default();
        payload.push_name = Some(format!("{}..{}", part(&self.before), part(&self.after)));
        payload.size = Integer(Some(commits.len() as u64));
        payload.distinct_size = Integer(None);
        payload.head = if is_branch { self.after } else { Text(None) };
        payload.commits = List(Some(commits));
    }
}

impl RawPushed {
    fn instant(&self) -> Option<DateTime<Utc>> {
        self.timestamp.0.as_deref().and_then(parse_instant)
    }

    fn archived(self, sender: Option<&AccountSighting>) -> RawCommit {
        let author = self
            .author
            .fields()
            .and_then(|author| author.account(sender));
        RawCommit {
            sha: self.id,
            distinct: self.distinct,
            message: self.message,
            author,
        }
    }
}

impl RawAuthor {
    /// The author's account: the sender's own, or what GitHub names; with the
    /// id where the address that GitHub made for the account holds it.
    fn account(&self, sender: Option<&AccountSighting>) -> Option<AccountSighting> {
        let login = self.username.0.clone()?;
        if let Some(sender) = sender.filter(|sender| sender.login.eq_ignore_ascii_case(&login)) {
            return Some(sender.clone());
        }
        let id = self.email.0.as_deref().and_then(|email| {
            let (id, owner) = email
                .split_once("@users.noreply.github.com")?
                .0
                .split_once('+')?;
            let id = id.parse().ok()?;
            owner.eq_ignore_ascii_case(&login).then_some(id)
        });
        Some(AccountSighting {
            id,
            login,
            called_bot: false,
        })
    }
}
