//! Resolving every contribution that a batch touches, from all its sightings.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    DailyCounts, Knowledge, Resolution, Sighting, canonical_key, contribution_id, resolve,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::knowledge::Known;
use super::store::{self, Stored};
use super::{Touched, retractions};
use crate::ProjectionError;

/// A contribution before and after a batch.
#[derive(Debug, Default)]
pub(super) struct Contribution {
    /// Its semantic key under canonical references.
    pub(super) key: String,
    /// All that was ever seen of it, in a fixed order.
    pub(super) sightings: BTreeSet<Sighting>,
    /// As it is stored.
    pub(super) stored: Option<Stored>,
    /// As it is now; `None` when it is known under another key.
    pub(super) resolution: Option<Resolution>,
    /// The keys of pull requests whose author it hangs on.
    pub(super) pull_request_keys: BTreeSet<String>,
    /// Accounts by name that were named as authors of those.
    pub(super) consulted_authors: BTreeSet<String>,
}

impl Contribution {
    /// Takes a sighting. The same said again, wherever on the log it stands,
    /// is one sighting: the first.
    fn see(&mut self, sighting: Sighting) {
        let same = |known: &Sighting| {
            let mut known = known.clone();
            known.sequence = sighting.sequence;
            known.recorded_at = sighting.recorded_at;
            known == sighting
        };
        let known = self.sightings.iter().find(|known| same(known)).cloned();
        match known {
            Some(known) if known.sequence <= sighting.sequence => {}
            Some(known) => {
                self.sightings.remove(&known);
                self.sightings.insert(sighting);
            }
            None => {
                self.sightings.insert(sighting);
            }
        }
    }

    fn is_changed(&self) -> bool {
        match &self.stored {
            None => self.resolution.is_some(),
            Some(stored) => {
                self.resolution.as_ref() != Some(&stored.resolution)
                    || !self.sightings.iter().eq(&stored.sightings)
            }
        }
    }
}

/// All contributions that a batch touches.
#[derive(Debug, Default)]
pub(super) struct Changes(BTreeMap<Uuid, Contribution>);

impl Changes {
    /// Those whose rows are to be written.
    pub(super) fn changed(&self) -> impl Iterator<Item = (&Uuid, &Contribution)> {
        self.0
            .iter()
            .filter(|(_, contribution)| contribution.is_changed())
    }

    /// What the changes add to the daily counts.
    pub(super) fn differences(&self) -> DailyCounts {
        let mut counts = DailyCounts::default();
        for (_, contribution) in self.changed() {
            if let Some(stored) = &contribution.stored {
                counts.apply(&stored.resolution, -1);
            }
            if let Some(resolution) = &contribution.resolution {
                counts.apply(resolution, 1);
            }
        }
        counts
    }

    async fn load(
        &mut self,
        transaction: &mut PgConnection,
        ids: impl Iterator<Item = Uuid>,
    ) -> Result<Vec<Uuid>, ProjectionError> {
        let missing: Vec<Uuid> = ids.filter(|id| !self.0.contains_key(id)).collect();
        let stored = store::read(transaction, &missing).await?;
        for (id, stored) in stored {
            self.0.insert(
                id,
                Contribution {
                    stored: Some(stored),
                    ..Contribution::default()
                },
            );
        }
        Ok(missing)
    }
}

/// Resolves the contributions of new sightings, and those touched by anything
/// else that was learned.
pub(super) async fn resolve_touched(
    transaction: &mut PgConnection,
    new: Vec<Sighting>,
    touched: &Touched,
) -> Result<Changes, ProjectionError> {
    let mut changes = Changes::default();
    changes.load(transaction, touched.iter().copied()).await?;
    let mut sightings: Vec<Sighting> = changes
        .0
        .values()
        .filter_map(|contribution| contribution.stored.as_ref())
        .flat_map(|stored| stored.sightings.iter().cloned())
        .chain(new)
        .collect();
    let mut known = Known::default();
    known.learn_references(transaction, &sightings).await?;
    // A contribution that is already stored under a new sighting's key brings
    // its older sightings along.
    let targets: BTreeSet<Uuid> = sightings
        .iter()
        .map(|sighting| contribution_id(&canonical_key(sighting, &known)))
        .collect();
    let joined = changes.load(transaction, targets.into_iter()).await?;
    let older: Vec<Sighting> = joined
        .iter()
        .filter_map(|id| changes.0.get(id)?.stored.as_ref())
        .flat_map(|stored| stored.sightings.iter().cloned())
        .collect();
    known.learn_references(transaction, &older).await?;
    sightings.extend(older);
    known.learn_relations(transaction, &sightings).await?;
    for sighting in sightings {
        let key = canonical_key(&sighting, &known);
        let contribution = changes.0.entry(contribution_id(&key)).or_default();
        contribution.key = key;
        contribution.see(sighting);
    }
    resolve_all(transaction, &mut changes, &known).await?;
    Ok(changes)
}

async fn resolve_all(
    transaction: &mut PgConnection,
    changes: &mut Changes,
    known: &Known,
) -> Result<(), ProjectionError> {
    let ids: Vec<Uuid> = changes.0.keys().copied().collect();
    let retracted = retractions::among(transaction, &ids).await?;
    for (id, contribution) in &mut changes.0 {
        let sightings: Vec<Sighting> = contribution.sightings.iter().cloned().collect();
        contribution.resolution = resolve(&sightings, known).map(|mut resolution| {
            resolution.superseded |= retracted.contains(id);
            resolution
        });
        for sighting in &sightings {
            let Some(pull_request) = &sighting.pull_request else {
                continue;
            };
            if super::knowledge::hangs_on_author(sighting.kind) {
                let repository = known.repository(&sighting.repository);
                let keys = known.keys(&repository, pull_request);
                contribution
                    .consulted_authors
                    .extend(known.authors_by_name(&keys));
                contribution.pull_request_keys.extend(keys);
            }
        }
        contribution
            .consulted_authors
            .extend(known.authors_of_pushes_by_name(&sightings));
    }
    Ok(())
}
