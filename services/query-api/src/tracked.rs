//! Which repositories are tracked, kept until another decision is taken.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::DecidedRepository;
use moka::future::Cache;

use crate::api::Api;
use crate::problem::Problem;
use crate::queries::affiliations::last_decision;
use crate::queries::repositories::{Repository, tracked_now};
use crate::queries::snapshot::Snapshot;
use crate::queries::tracking::tracking;

/// A repository that is tracked.
#[derive(Clone, Debug)]
pub(crate) struct TrackedRepository {
    /// Its numeric id, where it is known.
    pub(crate) id: Option<String>,
    /// The name that was last decided about.
    pub(crate) name: String,
    /// When that was.
    pub(crate) since: DateTime<Utc>,
}

/// Every repository that is tracked, by name, as of a decision.
pub(crate) type Tracked = Vec<TrackedRepository>;

/// By generation, as the data's version tells them apart, and decision.
pub(crate) type TrackedByDecision = Cache<(i64, i64), Arc<Tracked>>;

pub(crate) fn tracked_cache() -> TrackedByDecision {
    /// Of the present, of before a switch, and of some instants of the past.
    const KEPT: u64 = 4;
    Cache::builder().max_capacity(KEPT).build()
}

/// What is tracked, as the snapshot knows it.
pub(crate) async fn known_tracked(
    api: &Api,
    snapshot: &mut Snapshot,
) -> Result<Arc<Tracked>, Problem> {
    let decision = last_decision(snapshot.connection()).await?;
    let key = (snapshot.version().switches, decision);
    let load = async {
        let tracking = tracking(snapshot.connection()).await?;
        let tracked = tracking.tracked().into_iter().map(TrackedRepository::of);
        Ok::<_, Problem>(Arc::new(tracked.collect()))
    };
    let known = api.tracked().try_get_with(key, load).await;
    known.map_err(|problem: Arc<Problem>| Problem::clone(&problem))
}

impl TrackedRepository {
    fn of(known: &DecidedRepository) -> Self {
        Self {
            id: known.latest.id.map(|id| id.to_string()),
            name: known.latest.name.to_string(),
            since: known.latest.decided.at,
        }
    }

    /// The name in lower case, as names are compared.
    fn key(&self) -> String {
        self.name.to_lowercase()
    }
}

/// What was seen of repositories that are tracked: each as it is known now, or none
/// where nothing was seen of it yet.
pub(crate) async fn seen_of(
    snapshot: &mut Snapshot,
    tracked: &[TrackedRepository],
) -> Result<Vec<Option<Repository>>, Problem> {
    let ids = tracked.iter().map(|one| one.id.clone().unwrap_or_default());
    let ids: Vec<String> = ids.collect();
    let names: Vec<String> = tracked.iter().map(TrackedRepository::key).collect();
    let mut known = tracked_now(snapshot.connection(), &ids, &names).await?;
    let places = 0..tracked.len();
    Ok(places.map(|place| known.remove(&place)).collect())
}
