//! Everybody's affiliations, kept until another decision is taken.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{AccountReference, Affiliations, CompanyKey};
use moka::future::Cache;

use crate::api::Api;
use crate::problem::Problem;
use crate::queries::affiliations::{affiliations, last_decision};
use crate::queries::snapshot::Snapshot;

/// Whom people worked for, as of a decision.
#[derive(Debug)]
pub(crate) struct KnownAffiliations {
    /// The last decision that is known here.
    pub(crate) decision: i64,
    pub(crate) affiliations: Affiliations,
    /// How companies are written.
    spellings: BTreeMap<CompanyKey, String>,
}

impl KnownAffiliations {
    /// How a company is written; `None` where nobody worked for such a one.
    pub(crate) fn spelling(&self, company: &CompanyKey) -> Option<&str> {
        self.spellings.get(company).map(String::as_str)
    }

    /// Everybody of whom any are known.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &AccountReference> {
        self.affiliations.iter().map(|(account, _)| account)
    }
}

/// By generation, as the data's version tells them apart, and decision.
pub(crate) type KnownByDecision = Cache<(i64, i64), Arc<KnownAffiliations>>;

pub(crate) fn affiliations_cache() -> KnownByDecision {
    /// Of the present, of before a switch, and of some instants of the past.
    const KEPT: u64 = 4;
    Cache::builder().max_capacity(KEPT).build()
}

/// Whom people worked for, as the snapshot knows it.
pub(crate) async fn known_affiliations(
    api: &Api,
    snapshot: &mut Snapshot,
) -> Result<Arc<KnownAffiliations>, Problem> {
    let decision = last_decision(snapshot.connection()).await?;
    let key = (snapshot.version().switches, decision);
    let load = async {
        let affiliations = affiliations(snapshot.connection()).await?;
        Ok::<_, Problem>(Arc::new(KnownAffiliations {
            decision,
            spellings: affiliations.spellings(),
            affiliations,
        }))
    };
    let known = api.affiliations().try_get_with(key, load).await;
    known.map_err(|problem: Arc<Problem>| Problem::clone(&problem))
}
