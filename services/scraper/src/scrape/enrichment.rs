//! Asking GitHub for what is unknown on the log. What it answers are events
//! again: the same contributions, known better.

use translation::{KnownPush, ListedCommit, translate_known_push};

use super::batches::Batches;
use super::outgoing::{Gathered, Unit};
use super::sweep::{merged, told_merge};
use super::unknowns::{TrimmedPush, Unknown, Unknowns};
use super::{Place, RepositoryReport, ScrapeError, ScrapeServices};
use crate::ingest::Tally;
use crate::sources::github::{Commit, Comparison, PullRequestAnswer};

/// Commits on a page of a comparison.
const PER_PAGE: usize = 100;

/// Pages of a comparison that are read at most: who pushes more commits brings
/// a history in, and is asked for the rest of it no more.
const PAGES: usize = 30;

/// What is read of a repository here; its range ends at a sequence of the log.
const KIND: &str = "enriched";

pub(super) async fn enrich(
    place: &Place,
    services: &ScrapeServices,
    report: &mut RepositoryReport,
) -> Result<(), ScrapeError> {
    let last = services.last_range(place, KIND).await?;
    let end = last.as_deref().and_then(|range| range.rsplit_once(".."));
    let position = end.and_then(|(_, end)| end.parse().ok()).unwrap_or(0);
    let unknowns = Unknowns::after(position, place, services).await?;
    let mut batches = Batches::of(&unknowns);
    let mut done_to = position;
    let mut outcome = Ok(());
    for (sequence, unknown) in &unknowns.found {
        match resolve(unknown, &mut batches, place, services, report).await {
            Ok(()) if outcome.is_ok() => done_to = *sequence,
            Ok(()) => {}
            // What GitHub does not answer holds up nothing else. It is asked for
            // again the next time; what is known by then is not.
            Err(error) => {
                let ends_the_job = error.ends_the_job();
                if ends_the_job || outcome.is_ok() {
                    outcome = Err(error);
                }
                if ends_the_job {
                    break;
                }
            }
        }
    }
    if outcome.is_ok() {
        done_to = unknowns.read_to;
    }
    if done_to > position {
        let unit = Unit {
            kind: KIND,
            range: format!("{position}..{done_to}"),
            path: &format!("/repos/{}", place.name),
            whole: true,
        };
        let coverage = place.coverage(&unit, &Tally::default(), services);
        services.publish(vec![coverage]).await?;
    }
    outcome
}

async fn resolve(
    unknown: &Unknown,
    batches: &mut Batches,
    place: &Place,
    services: &ScrapeServices,
    report: &mut RepositoryReport,
) -> Result<(), ScrapeError> {
    services.check()?;
    match unknown {
        Unknown::Merge { number } => {
            let answer = batches.take(*number, place, services).await?;
            resolve_merge(*number, answer, place, services, report).await?;
        }
        Unknown::Push(push) => match commits(push, place, services).await {
            Ok(listed) => {
                tell_commits(push, listed, place, services).await?;
                report.pushes += 1;
            }
            // The branch was rewritten since, and the commits are gone.
            Err(ScrapeError::Github(error)) if error.is_absence() => report.gone += 1,
            Err(error) => return Err(error),
        },
    }
    Ok(())
}

async fn resolve_merge(
    number: u64,
    answer: PullRequestAnswer,
    place: &Place,
    services: &ScrapeServices,
    report: &mut RepositoryReport,
) -> Result<(), ScrapeError> {
    let path = format!("/repos/{}/pulls/{number}", place.name);
    let translation = match answer {
        PullRequestAnswer::Known(found) => told_merge(&found, &path, place, services)?,
        PullRequestAnswer::Gone => None,
        PullRequestAnswer::Unclear => merged(number, place, services).await?,
    };
    let Some(translation) = translation else {
        report.gone += 1;
        return Ok(());
    };
    let mut gathered = Gathered::default();
    gathered.take(translation);
    let events = gathered.into_events(&services.source(&path));
    services.publish(events).await?;
    report.merges += 1;
    Ok(())
}

/// Commits of a push.
struct Listed {
    commits: Vec<Commit>,
    /// Whether there are no others.
    is_whole: bool,
}

/// The commits between where a branch was and where it is; none where it was
/// set back. Of a new branch the one it is at: the others may be of the branch
/// it began at.
async fn commits(
    push: &TrimmedPush,
    place: &Place,
    services: &ScrapeServices,
) -> Result<Listed, ScrapeError> {
    let (name, head) = (&place.name, &push.head);
    if push.before.bytes().all(|digit| digit == b'0') {
        let path = format!("/repos/{name}/commits/{head}");
        return Ok(Listed {
            commits: vec![services.client.get(&path).await?.read()?],
            is_whole: false,
        });
    }
    let mut commits = Vec::new();
    let mut is_whole = false;
    for number in 1..=PAGES {
        services.check()?;
        let path = compare_path(push, place);
        let path = format!("{path}?per_page={PER_PAGE}&page={number}");
        let page = services.client.get(&path).await?;
        let comparison: Comparison = page.read()?;
        commits.extend(comparison.commits);
        is_whole = commits.len() >= comparison.total_commits;
        if !page.has_next || is_whole {
            break;
        }
    }
    Ok(Listed { commits, is_whole })
}

fn compare_path(push: &TrimmedPush, place: &Place) -> String {
    format!(
        "/repos/{}/compare/{}...{}",
        place.name, push.before, push.head
    )
}

async fn tell_commits(
    push: &TrimmedPush,
    listed: Listed,
    place: &Place,
    services: &ScrapeServices,
) -> Result<(), ScrapeError> {
    let source = services.source(&compare_path(push, place));
    let is_whole = listed.is_whole;
    let listed = listed.commits.into_iter().map(|commit| ListedCommit {
        author: commit.author_account(),
        sha: commit.sha,
        message: commit.commit.message,
    });
    let known = KnownPush {
        push_id: push.push_id,
        repository: place.sighting(),
        pusher: push.pusher.clone(),
        occurred_at: push.occurred_at,
        head: push.head.clone(),
        commits: listed.collect(),
        is_whole,
    };
    services
        .publish(translate_known_push(known, &source)?)
        .await
}
