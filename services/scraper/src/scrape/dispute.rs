//! Asking GitHub for one thing that somebody misses.

use decisions::tracking::tracking;
use domain::dispute::{DisputeOutcome, Disputed, DisputedThing, tag_in_path};
use domain::{ContributionKind, CreditBasis, SemanticKey, contribution_id};
use event_log::LogStream;
use events::{ContributionRecorded, Event, Subject};
use serde::Deserialize;
use serde_json::{Value, json};
use translation::{Delivery, translate_webhook};
use uuid::Uuid;

use super::objects::Told;
use super::outgoing::Gathered;
use super::pushes::Pushes;
use super::sweep::told_merge;
use super::{Place, ScrapeError, ScrapeServices, Wanted};
use crate::sources::github::Commit;

/// Why nothing is recorded of repositories that are not counted.
const UNTRACKED: &str =
    "the repository is not tracked, and nothing of it is counted here; track it first";

/// Why a commit is not recorded that may be counted already.
const UNLISTED: &str = "it may be among the commits that a push of the repository is counted with \
     though no source lists them; it would count twice";

/// What GitHub says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What came of it.
    pub outcome: DisputeOutcome,
    /// The same in words.
    pub detail: String,
    /// The contributions that it comes to.
    pub contributions: Vec<Uuid>,
}

/// Asks GitHub for what is missed, and publishes what it says.
///
/// # Errors
/// [`ScrapeError`] when it cannot be asked, or the log does not take it.
pub async fn answer_dispute(
    disputed: &Disputed,
    services: &ScrapeServices,
) -> Result<Answer, ScrapeError> {
    let wanted = Wanted {
        id: None,
        name: disputed.repository.clone(),
    };
    let told = match Place::find(&wanted, services).await {
        Ok(place) if !is_counted_here(&place, services).await? => Ok((Vec::new(), UNTRACKED)),
        Ok(place) => tell(&disputed.what, &place, services).await,
        Err(error) => Err(error),
    };
    let (events, nothing) = match told {
        Ok(told) => told,
        Err(ScrapeError::Github(error)) if error.is_absence() => {
            return Ok(Answer {
                outcome: DisputeOutcome::NotFound,
                detail: "GitHub does not have it, or does not show it to everybody".to_owned(),
                contributions: Vec::new(),
            });
        }
        Err(error) => return Err(error),
    };
    let contributions: Vec<Uuid> = events
        .iter()
        .filter_map(|event| match event {
            Event::ContributionRecorded(recorded) => Some(recorded.contribution),
            _ => None,
        })
        .collect();
    services.publish(events).await?;
    if contributions.is_empty() {
        return Ok(Answer {
            outcome: DisputeOutcome::NotCounted,
            detail: nothing.to_owned(),
            contributions,
        });
    }
    Ok(Answer {
        outcome: DisputeOutcome::Recorded,
        detail: "what GitHub says of it is on the log".to_owned(),
        contributions,
    })
}

/// What GitHub says, as events; and why there are none, where there are none.
type ToldOf = (Vec<Event>, &'static str);

async fn tell(
    what: &DisputedThing,
    place: &Place,
    services: &ScrapeServices,
) -> Result<ToldOf, ScrapeError> {
    let name = &place.name;
    match what {
        DisputedThing::PullRequest(number) => pull_request(*number, place, services).await,
        DisputedThing::Issue(number) => issue(*number, place, services).await,
        DisputedThing::Review { number, review } => {
            let path = format!("/repos/{name}/pulls/{number}/reviews/{review}");
            let review = get(&path, services).await?;
            let of = get(&format!("/repos/{name}/pulls/{number}"), services).await?;
            let body = json!({ "action": "submitted", "review": review, "pull_request": of,
                               "sender": review["user"] });
            delivered("pull_request_review", body, &path, place, services)
        }
        DisputedThing::ReviewComment(comment) => {
            let path = format!("/repos/{name}/pulls/comments/{comment}");
            let comment = get(&path, services).await?;
            let number = comment["pull_request_url"].as_str();
            let number = number.and_then(|url| url.rsplit('/').next()?.parse::<u64>().ok());
            let body = json!({ "action": "created", "comment": comment,
                               "pull_request": { "number": number }, "sender": comment["user"] });
            delivered("pull_request_review_comment", body, &path, place, services)
        }
        DisputedThing::Comment { number, comment } => {
            let path = format!("/repos/{name}/issues/comments/{comment}");
            let comment = get(&path, services).await?;
            let of = get(&format!("/repos/{name}/issues/{number}"), services).await?;
            let body = json!({ "action": "created", "comment": comment, "issue": of,
                               "sender": comment["user"] });
            delivered("issue_comment", body, &path, place, services)
        }
        DisputedThing::Release(tag) => {
            let path = format!("/repos/{name}/releases/tags/{}", tag_in_path(tag));
            let release = get(&path, services).await?;
            let body = json!({ "action": "published", "release": release,
                               "sender": release["author"] });
            delivered("release", body, &path, place, services)
        }
        DisputedThing::Commit(sha) => commit(sha, place, services).await,
    }
}

/// Whether contributions to the repository are counted: it is tracked, or
/// nothing was decided about it and sources that tell of everything told of it.
/// Nobody brings a repository in by missing something of it.
async fn is_counted_here(place: &Place, services: &ScrapeServices) -> Result<bool, ScrapeError> {
    let tracking = tracking(&services.log).await?;
    let decided = tracking.of_id(place.id);
    if let Some(decided) = decided.or_else(|| tracking.find(&place.name)) {
        return Ok(decided.latest.tracked);
    }
    for name in [&place.name, &place.asked_as] {
        let anything = Subject::of_contributions(name, "*");
        let last = services.log.last_on(LogStream::Contributions, &anything);
        if last.await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn get(path: &str, services: &ScrapeServices) -> Result<Value, ScrapeError> {
    services.check()?;
    Ok(services.client.get(path).await?.read()?)
}

/// Events of what GitHub would have delivered.
fn delivered(
    event: &str,
    mut body: Value,
    path: &str,
    place: &Place,
    services: &ScrapeServices,
) -> Result<ToldOf, ScrapeError> {
    body["repository"] = json!({ "id": place.id, "full_name": place.name });
    let delivery = Delivery {
        event,
        body: &serde_json::to_vec(&body)?,
        received_at: services.client.now(),
    };
    let source = services.source(path);
    let mut gathered = Gathered::default();
    gathered.take(translate_webhook(&delivery, &source)?);
    Ok((
        gathered.into_events(&source),
        "the rules give nothing for it",
    ))
}

async fn pull_request(
    number: u64,
    place: &Place,
    services: &ScrapeServices,
) -> Result<ToldOf, ScrapeError> {
    let path = format!("/repos/{}/pulls/{number}", place.name);
    let found = get(&path, services).await?;
    let opened = Told {
        kind: "pull_request",
        action: "opened",
        sender: &found["user"],
        object: &found,
        path: &path,
    };
    let mut gathered = Gathered::default();
    gathered.take(opened.translate(place, services)?);
    if let Some(merged) = told_merge(&found, &path, place, services)? {
        gathered.take(merged);
    }
    let events = gathered.into_events(&services.source(&path));
    Ok((events, "the rules give nothing for it"))
}

async fn issue(
    number: u64,
    place: &Place,
    services: &ScrapeServices,
) -> Result<ToldOf, ScrapeError> {
    let path = format!("/repos/{}/issues/{number}", place.name);
    let found = get(&path, services).await?;
    if found["pull_request"].is_object() {
        return pull_request(number, place, services).await;
    }
    let told = |action, sender| Told {
        kind: "issues",
        action,
        sender,
        object: &found,
        path: &path,
    };
    let mut gathered = Gathered::default();
    gathered.take(told("opened", &found["user"]).translate(place, services)?);
    if found["closed_at"].is_string() && found["closed_by"].is_object() {
        gathered.take(told("closed", &found["closed_by"]).translate(place, services)?);
    }
    let events = gathered.into_events(&services.source(&path));
    Ok((events, "the rules give nothing for it"))
}

/// How a commit stands to a branch.
#[derive(Deserialize)]
struct Compared {
    status: String,
}

/// A commit counts when it came to the repository by a push to it: one that
/// the default branch holds did. The pull request that brought it in decides
/// about its credit only where the push is known, so here its author does.
///
/// When it was pushed is not known here. Where a push tells of it, that decides
/// (`domain::resolve`); where a push may count it without naming it, it is
/// counted already.
async fn commit(
    sha: &str,
    place: &Place,
    services: &ScrapeServices,
) -> Result<ToldOf, ScrapeError> {
    let path = format!("/repos/{}/commits/{sha}", place.name);
    let raw = get(&path, services).await?;
    let found: Commit = serde_json::from_value(raw.clone())?;
    if found.commit.message.starts_with("Merge pull request #") {
        return Ok((
            Vec::new(),
            "merges of pull requests count for the pull request",
        ));
    }
    let Some(author) = found.author_account() else {
        return Ok((Vec::new(), "GitHub knows no account of its author"));
    };
    services.check()?;
    let compare = format!("/repos/{}/compare/HEAD...{sha}", place.name);
    let compared: Compared = services.client.get(&compare).await?.read()?;
    if !matches!(compared.status.as_str(), "behind" | "identical") {
        return Ok((
            Vec::new(),
            "the repository's default branch does not hold it",
        ));
    }
    let committed = raw["commit"]["committer"]["date"].as_str();
    let Some(occurred_at) = committed.and_then(|at| at.parse().ok()) else {
        return Ok((Vec::new(), "GitHub does not say when it was committed"));
    };
    let sighting = place.sighting();
    let Some(repository) = sighting.reference() else {
        return Ok((Vec::new(), "the repository has no id"));
    };
    let key = SemanticKey::Commit {
        repository: &repository,
        sha,
    }
    .to_string();
    let mut pushes = Pushes::new(sha, occurred_at);
    pushes.read(place, services).await?;
    if pushes.may_count_it() {
        return Ok((Vec::new(), UNLISTED));
    }
    let recorded = ContributionRecorded {
        contribution: contribution_id(&key),
        key,
        kind: ContributionKind::Commit,
        occurred_at,
        repository: sighting,
        actor: Some(author),
        credited: None,
        basis: CreditBasis::Author,
        quantity: Some(1),
        lines: None,
        pull_request: None,
        push: None,
        source: services.source(&path),
    };
    Ok((vec![Event::ContributionRecorded(recorded)], ""))
}
