//! What sources saw of a repository, compared hour by hour.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use domain::coverage::{
    Extent, HourAtSource, Pushes, Readings, Seen, covered_by_push, hour_of, hours_between,
    judge_hour,
};
use domain::{ContributionKind, PushKey, Source};

use crate::problem::Problem;
use crate::queries::compared::{Sighted, pushes_ending_at, sighted_as, sighted_in};
use crate::queries::snapshot::Snapshot;

/// What every source has of each hour of a span, for a repository.
pub(super) async fn compare(
    snapshot: &mut Snapshot,
    readings: &Readings,
    repository: &str,
    names: &[String],
    (from, until): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<(DateTime<Utc>, Vec<HourAtSource>)>, Problem> {
    let sighted = sighted_in(snapshot.connection(), repository, from, until).await?;
    let pushes = pushes(snapshot, repository, &sighted).await?;
    let mut by_hour: BTreeMap<DateTime<Utc>, Vec<Seen>> = BTreeMap::new();
    for one in sighted {
        let hour = by_hour.entry(hour_of(one.occurred_at)).or_default();
        hour.push(seen(one, &pushes));
    }
    let by_webhook = |seen: &Vec<Seen>| seen.iter().any(|one| one.by.contains(&Source::Webhook));
    // Whoever delivered once is listened to from then on.
    let listening = by_hour.iter().find(|(_, seen)| by_webhook(seen));
    let listening = listening.map(|(hour, _)| *hour);
    let nothing = Vec::new();
    let judged = hours_between(from, until).map(|hour| {
        let sources = [Source::Archive, Source::Api, Source::Bigquery];
        let extent = |source| (source, readings.of_source(source, names, hour));
        let mut extents: BTreeMap<Source, Extent> = sources.map(extent).into_iter().collect();
        if listening.is_some_and(|since| since <= hour) {
            extents.insert(Source::Webhook, Extent::Whole);
        }
        let seen = by_hour.get(&hour).unwrap_or(&nothing);
        (hour, judge_hour(&extents, seen))
    });
    Ok(judged.collect())
}

fn seen(one: Sighted, pushes: &Pushes) -> Seen {
    let mut by: BTreeSet<Source> = one
        .sightings
        .iter()
        .map(|seen| seen.source.source)
        .collect();
    if one.kind == ContributionKind::Commit {
        let came_with = one.sightings.iter().filter_map(|seen| seen.push.as_ref());
        by.extend(covered_by_push(pushes, came_with));
    }
    Seen {
        kind: one.kind,
        key: one.key,
        by,
    }
}

/// Which sources saw which pushes: by the commits that came with them, and by
/// the pushes themselves, of which their commits have taken the place.
async fn pushes(
    snapshot: &mut Snapshot,
    repository: &str,
    sighted: &[Sighted],
) -> Result<Pushes, Problem> {
    let mut pushes = Pushes::default();
    let mut by_commit: HashMap<String, Vec<PushKey>> = HashMap::new();
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for one in sighted {
        for sighting in &one.sightings {
            let Some(push) = &sighting.push else { continue };
            pushes.see(push.clone(), sighting.source.source);
            keys.insert(contribution_of(repository, push));
            let sha = one.key.rsplit(':').next().unwrap_or_default();
            if one.kind == ContributionKind::Commit && is_name_of_push(push) {
                by_commit
                    .entry(sha.to_owned())
                    .or_default()
                    .push(push.clone());
            }
        }
    }
    let commits: Vec<String> = by_commit.keys().cloned().collect();
    for (sha, push) in pushes_ending_at(snapshot.connection(), repository, &commits).await? {
        let push = PushKey(push);
        keys.insert(contribution_of(repository, &push));
        for other in by_commit.get(&sha).into_iter().flatten() {
            pushes.same(other.clone(), push.clone());
        }
    }
    let keys: Vec<String> = keys.into_iter().collect();
    for (_, sightings) in sighted_as(snapshot.connection(), &keys).await? {
        for sighting in sightings {
            if let Some(push) = sighting.push {
                pushes.see(push, sighting.source.source);
            }
        }
    }
    Ok(pushes)
}

/// Whether a push is named by a source that knows no push ids.
fn is_name_of_push(push: &PushKey) -> bool {
    push.0.parse::<u64>().is_err()
}

/// The key of the contribution that a push is while its commits are unknown.
fn contribution_of(repository: &str, push: &PushKey) -> String {
    if is_name_of_push(push) {
        return push.0.clone();
    }
    format!("push:{repository}:{}", push.0)
}
