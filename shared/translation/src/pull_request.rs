//! Pull requests and their reviews. The author gets the credit for a merge,
//! whoever pressed the button.

use chrono::{DateTime, Utc};
use domain::{AuthorSource, ContributionKind, Lines, PullRequestKey, SemanticKey};
use events::PullRequestSighting;

use super::context::{Context, Credited, Found};
use super::parse_instant;
use super::shape::{RawPayload, RawPullRequest};

pub(super) fn translate(payload: &RawPayload, context: &mut Context<'_>) {
    let default = RawPullRequest::default();
    let pull_request = payload.pull_request.fields().unwrap_or(&default);
    let sighting = sighting(payload, context);
    let merged = pull_request.is_merged();
    match payload.action.0.as_deref() {
        Some("opened") => record_opened(pull_request, sighting, context),
        Some("merged") => record_merged(pull_request, sighting, context),
        Some("closed") if merged => record_merged(pull_request, sighting, context),
        Some("closed") => record_closed(pull_request, sighting, context),
        _ => context.enrich(sighting),
    }
}

fn record_opened(
    pull_request: &RawPullRequest,
    sighting: PullRequestSighting,
    context: &mut Context<'_>,
) {
    let repository = context.reference.clone();
    let key = context.key_or_fallback(sighting.key.number, |number| {
        SemanticKey::PullRequestOpened {
            repository: &repository,
            number,
        }
    });
    let credited = Credited::AuthorOrActor(pull_request.user.account());
    let found = Found::new(ContributionKind::PullRequestOpened, key, credited);
    context.record(found.of(sighting));
}

fn record_merged(
    pull_request: &RawPullRequest,
    sighting: PullRequestSighting,
    context: &mut Context<'_>,
) {
    let repository = context.reference.clone();
    let key = context.key_or_fallback(sighting.key.number, |number| {
        SemanticKey::PullRequestMerged {
            repository: &repository,
            number,
        }
    });
    let credited = Credited::AuthorOnly(pull_request.user.account());
    let found = Found::new(ContributionKind::PullRequestMerged, key, credited);
    let lines = pull_request
        .additions
        .0
        .zip(pull_request.deletions.0)
        .map(|(added, deleted)| Lines::countable(added, deleted));
    context.record(Found {
        lines,
        ..found.of(sighting)
    });
}

fn record_closed(
    pull_request: &RawPullRequest,
    sighting: PullRequestSighting,
    context: &mut Context<'_>,
) {
    let repository = context.reference.clone();
    let closed_at = closed_at(pull_request.closed_at.0.as_deref(), context);
    let key = context.key_or_fallback(sighting.key.number, |number| {
        SemanticKey::PullRequestClosed {
            repository: &repository,
            number,
            closed_at,
        }
    });
    let found = Found::new(ContributionKind::PullRequestClosed, key, Credited::Actor);
    context.record(found.of(sighting));
}

pub(super) fn closed_at(closed_at: Option<&str>, context: &Context<'_>) -> DateTime<Utc> {
    closed_at
        .and_then(parse_instant)
        .unwrap_or(context.occurred_at)
}

/// A review submitted: `created` in archives, `submitted` from webhooks.
pub(super) fn translate_review(payload: &RawPayload, context: &mut Context<'_>) {
    let sighting = sighting(payload, context);
    if !matches!(payload.action.0.as_deref(), Some("created" | "submitted")) {
        return context.enrich(sighting);
    }
    let review = payload.review.fields();
    let key = context.key_or_fallback(review.and_then(|review| review.id.0), |review| {
        SemanticKey::PullRequestReviewed { review }
    });
    let credited = Credited::AuthorOrActor(review.and_then(|review| review.user.account()));
    let found = Found::new(ContributionKind::PullRequestReviewed, key, credited);
    context.record(found.of(sighting));
}

/// A comment on a line; the timeline era gives it no action.
pub(super) fn translate_comment(payload: &RawPayload, context: &mut Context<'_>) {
    let sighting = sighting(payload, context);
    if !matches!(payload.action.0.as_deref(), Some("created") | None) {
        return context.enrich(sighting);
    }
    let comment = payload.comment.fields();
    let id = comment
        .and_then(|comment| comment.id.0)
        .or(payload.comment_id.0);
    let key = context.key_or_fallback(id, |comment| SemanticKey::ReviewComment { comment });
    let credited = Credited::AuthorOrActor(comment.and_then(|comment| comment.user.account()));
    let found = Found::new(ContributionKind::ReviewComment, key, credited);
    let named = sighting.key.id.is_some() || sighting.key.number.is_some();
    context.record(Found {
        pull_request: named.then_some(sighting),
        ..found
    });
}

/// What the event shows of its pull request.
fn sighting(payload: &RawPayload, context: &Context<'_>) -> PullRequestSighting {
    let default = RawPullRequest::default();
    let pull_request = payload.pull_request.fields().unwrap_or(&default);
    let user = pull_request.user.account();
    let action = payload.action.0.as_deref();
    let (author, author_source) = match (user, action) {
        (Some(user), _) => (Some(user), Some(AuthorSource::PullRequest)),
        (None, Some("opened")) => (context.actor.clone(), Some(AuthorSource::Opener)),
        (None, _) => (None, None),
    };
    // Since late 2025 that it was merged may be said by the action alone.
    let is_merged = action == Some("merged") || pull_request.is_merged();
    let key = PullRequestKey {
        id: pull_request.id.0,
        number: pull_request.number.0.or(payload.number.0),
    };
    // What a commit merged must be known: it would stand in the way of one that is.
    let is_known = key.id.is_some() || key.number.is_some();
    PullRequestSighting {
        key,
        author_source: author_source.filter(|_| author.is_some()),
        author,
        merge_commit: pull_request
            .merge_commit_sha
            .0
            .clone()
            .filter(|_| is_merged && is_known),
    }
}
