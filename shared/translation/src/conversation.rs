//! Issues, comments, releases, and the unscored kinds.

use domain::{AuthorSource, ContributionKind, PullRequestKey, SemanticKey, countable};
use events::{AccountSighting, PullRequestSighting};

use super::context::{Context, Credited, Found};
use super::pull_request::closed_at;
use super::shape::{RawAuthored, RawIssue, RawPayload};
use super::tolerant::Object;

pub(super) fn translate_issue(payload: &RawPayload, context: &mut Context<'_>) {
    let default = RawIssue::default();
    let issue = payload.issue.fields().unwrap_or(&default);
    let number = issue.number.0.or(payload.number.0);
    let part = number.or(issue.id.0).or(payload.issue.number());
    let repository = context.reference.clone();
    let found = match payload.action.0.as_deref() {
        Some("opened") => Found::new(
            ContributionKind::IssueOpened,
            context.key_or_fallback(part, |issue| SemanticKey::IssueOpened {
                repository: &repository,
                issue,
            }),
            Credited::AuthorOrActor(issue.user.account()),
        ),
        Some("closed") => {
            let closed_at = closed_at(issue.closed_at.0.as_deref(), context);
            let key = context.key_or_fallback(part, |issue| SemanticKey::IssueClosed {
                repository: &repository,
                issue,
                closed_at,
            });
            Found::new(ContributionKind::IssueClosed, key, Credited::Actor)
        }
        _ => return,
    };
    context.record(found);
}

/// A comment on an issue or pull request; the timeline era gives it no action.
pub(super) fn translate_issue_comment(payload: &RawPayload, context: &mut Context<'_>) {
    let pull_request = payload.issue.fields().and_then(commented_pull_request);
    if !matches!(payload.action.0.as_deref(), Some("created") | None) {
        if let Some(pull_request) = pull_request {
            context.enrich(pull_request);
        }
        return;
    }
    let key = context.key_or_fallback(comment_id(payload), |comment| SemanticKey::Comment {
        comment,
    });
    let found = Found::new(
        ContributionKind::Comment,
        key,
        Credited::AuthorOrActor(author(&payload.comment)),
    );
    context.record(Found {
        pull_request,
        ..found
    });
}

/// An issue that is a pull request tells who opened that.
fn commented_pull_request(issue: &RawIssue) -> Option<PullRequestSighting> {
    issue.pull_request.0.then(|| {
        let author = issue.user.account();
        PullRequestSighting {
            key: PullRequestKey {
                id: None,
                number: issue.number.0,
            },
            author_source: author.is_some().then_some(AuthorSource::Issue),
            author,
            merge_commit: None,
        }
    })
}

pub(super) fn translate_commit_comment(payload: &RawPayload, context: &mut Context<'_>) {
    let key = context.key_or_fallback(comment_id(payload), |comment| SemanticKey::CommitComment {
        comment,
    });
    let credited = Credited::AuthorOrActor(author(&payload.comment));
    context.record(Found::new(ContributionKind::Comment, key, credited));
}

fn comment_id(payload: &RawPayload) -> Option<u64> {
    payload
        .comment
        .fields()
        .and_then(|comment| comment.id.0)
        .or(payload.comment_id.0)
}

fn author(object: &Object<RawAuthored>) -> Option<AccountSighting> {
    let fields = object.fields()?;
    fields.user.account().or_else(|| fields.author.account())
}

pub(super) fn translate_release(payload: &RawPayload, context: &mut Context<'_>) {
    if payload.action.0.as_deref() == Some("published") {
        let id = payload.release.fields().and_then(|release| release.id.0);
        let key = context.key_or_fallback(id, |release| SemanticKey::Release { release });
        let credited = Credited::AuthorOrActor(author(&payload.release));
        context.record(Found::new(
            ContributionKind::ReleasePublished,
            key,
            credited,
        ));
    }
}

/// Wiki pages edited; in 2011 an event was about one page and had no list.
pub(super) fn translate_wiki(payload: &RawPayload, context: &mut Context<'_>) {
    let pages = payload.pages.0.as_ref().map_or(1, Vec::len);
    let key = context.fallback_key();
    let found = Found::new(ContributionKind::WikiEdit, key, Credited::Actor);
    context.record(Found {
        quantity: Some(countable(pages as u64)),
        ..found
    });
}

pub(super) fn translate_discussion(payload: &RawPayload, context: &mut Context<'_>) {
    if payload.action.0.as_deref() == Some("created") {
        let id = payload
            .discussion
            .fields()
            .and_then(|discussion| discussion.id.0);
        let key = context.key_or_fallback(id, |discussion| SemanticKey::Discussion { discussion });
        context.record(Found::new(
            ContributionKind::Discussion,
            key,
            Credited::Actor,
        ));
    }
}

pub(super) fn translate_star(payload: &RawPayload, context: &mut Context<'_>) {
    let starred = payload.action.0.as_deref() == Some("started");
    if let (true, Some(actor)) = (starred, &context.actor) {
        let account = actor.reference();
        let key = SemanticKey::Star {
            repository: &context.reference,
            account: &account,
        }
        .to_string();
        context.record(Found::new(ContributionKind::Star, key, Credited::Actor));
    }
}

pub(super) fn translate_fork(payload: &RawPayload, context: &mut Context<'_>) {
    let forkee = &payload.forkee;
    let id = forkee
        .fields()
        .and_then(|forkee| forkee.id.0)
        .or(forkee.number());
    let key = context.key_or_fallback(id, |forkee| SemanticKey::Fork { forkee });
    context.record(Found::new(ContributionKind::Fork, key, Credited::Actor));
}
