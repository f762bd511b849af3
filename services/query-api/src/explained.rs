//! Scores taken apart, and kept while the data does not change.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{
    AccountReference, ContributionKind, ExplainedContribution, Period, RepositoryReference,
    Scorable, explain,
};
use moka::future::Cache;
use uuid::Uuid;

use crate::api::{Api, KEPT_IDLE};
use crate::cursor::InstantCursor;
use crate::problem::Problem;
use crate::queries::contributions::{Counted, counted_contributions};
use crate::queries::snapshot::Snapshot;
use crate::target::Target;
use crate::version::DataVersion;

type ExplanationKey = (DataVersion, AccountReference, Arc<str>, Period);

pub(crate) type Explanations = Cache<ExplanationKey, Arc<Vec<Earned>>>;

/// What one contribution earned.
#[derive(Clone, Debug)]
pub(crate) struct Earned {
    pub(crate) id: Uuid,
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) kind: ContributionKind,
    pub(crate) repository: RepositoryReference,
    pub(crate) quantity: u32,
    pub(crate) points: ExplainedContribution,
}

impl Earned {
    pub(crate) fn place(&self) -> InstantCursor {
        InstantCursor {
            at: self.occurred_at,
            id: self.id,
        }
    }
}

pub(crate) fn explanations_cache(max_bytes: u64) -> Explanations {
    Cache::builder()
        .max_capacity(max_bytes)
        .weigher(|_, earned: &Arc<Vec<Earned>>| {
            let bytes = 256 + earned.len() * size_of::<Earned>();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        })
        .time_to_idle(KEPT_IDLE)
        .build()
}

/// Everything that makes up a contributor's score in a scope and a period, in
/// the order that fills the caps.
pub(crate) async fn explained(
    api: &Api,
    snapshot: &mut Snapshot,
    contributor: &AccountReference,
    target: &Target,
    period: Period,
) -> Result<Arc<Vec<Earned>>, Problem> {
    let scope: Arc<str> = target.scope().to_string().into();
    let key = (snapshot.version(), contributor.clone(), scope, period);
    let policy = snapshot.policy(target).clone();
    let compute = async {
        let counted = counted_contributions(
            snapshot.connection(),
            contributor,
            target.repositories(),
            period,
        )
        .await?;
        Ok::<_, Problem>(Arc::new(earn(&policy, counted)))
    };
    api.explanations()
        .try_get_with(key, compute)
        .await
        .map_err(|problem| Problem::clone(&problem))
}

fn earn(policy: &domain::Policy, counted: Vec<Counted>) -> Vec<Earned> {
    let (heads, scorables): (Vec<_>, Vec<Scorable>) = counted
        .into_iter()
        .map(|counted| ((counted.id, counted.occurred_at), counted.scorable))
        .unzip();
    let explained = explain(policy, &scorables);
    heads
        .into_iter()
        .zip(scorables)
        .zip(explained)
        .map(|(((id, occurred_at), scorable), points)| Earned {
            id,
            occurred_at,
            kind: scorable.kind,
            repository: scorable.repository,
            quantity: scorable.quantity,
            points,
        })
        .collect()
}
