//! Resolving every contribution that a batch touches, from all its sightings.

use std::collections::{BTreeSet, HashMap};

use domain::{
    AccountLinks, DailyCounts, Knowledge, Resolution, Sighting, canonical_key, contribution_id,
    resolve,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::knowledge::{Known, hangs_on_author};
use super::pushes::PushesOfBatch;
use super::store::{self, Stored};
use super::{Touched, retractions};
use crate::ProjectionError;

/// A contribution before and after a batch.
#[derive(Debug, Default)]
pub(super) struct Contribution {
    /// Its semantic key under canonical references.
    pub(super) key: String,
    /// All that was ever seen of it, in a fixed order.
    pub(super) sightings: Vec<Sighting>,
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
        let same = self
            .sightings
            .iter_mut()
            .find(|known| known.says_the_same(&sighting));
        match same {
            Some(known) if known.sequence <= sighting.sequence => {}
            Some(known) => *known = sighting,
            None => self.sightings.push(sighting),
        }
    }

    /// Works out what it counts as.
    fn resolve(&mut self, known: &Known<'_>, is_retracted: bool) {
        self.sightings.sort_unstable();
        self.resolution = resolve(&self.sightings, known).map(|mut resolution| {
            resolution.superseded |= is_retracted;
            resolution
        });
        for sighting in &self.sightings {
            if let Some(pull_request) = &sighting.pull_request
                && hangs_on_author(sighting.kind)
            {
                let repository = known.repository(&sighting.repository);
                let keys = known.keys(&repository, pull_request);
                self.consulted_authors.extend(known.authors_by_name(&keys));
                self.pull_request_keys.extend(keys);
            }
        }
        let authors = known.authors_of_pushes_by_name(&self.sightings);
        self.consulted_authors.extend(authors);
    }

    fn is_changed(&self) -> bool {
        match &self.stored {
            None => self.resolution.is_some(),
            Some(stored) => {
                self.resolution.as_ref() != Some(&stored.resolution)
                    || self.sightings != stored.sightings
            }
        }
    }
}

/// The contributions whose rows are to be written, in the order of their
/// instants, and so of their rows.
#[derive(Debug, Default)]
pub(super) struct Changes {
    changed: Vec<(Uuid, Box<Contribution>)>,
    /// Those that were resolved to what is stored. What they hang on may have
    /// changed even so.
    unchanged: Vec<(Uuid, Box<Contribution>)>,
}

impl Changes {
    pub(super) fn iter(&self) -> impl Iterator<Item = (Uuid, &Contribution)> {
        let changed = self.changed.iter();
        changed.map(|(id, contribution)| (*id, &**contribution))
    }

    /// Everything that was resolved.
    pub(super) fn resolved(&self) -> impl Iterator<Item = (Uuid, &Contribution)> {
        let all = self.changed.iter().chain(&self.unchanged);
        all.map(|(id, contribution)| (*id, &**contribution))
            .filter(|(_, contribution)| contribution.resolution.is_some())
    }

    /// What the changes add to the daily counts.
    pub(super) fn differences(&self) -> DailyCounts {
        let mut counts = DailyCounts::default();
        for (_, contribution) in self.iter() {
            if let Some(stored) = &contribution.stored {
                counts.apply(&stored.resolution, -1);
            }
            if let Some(resolution) = &contribution.resolution {
                counts.apply(resolution, 1);
            }
        }
        counts
    }
}

/// Every contribution that a batch touches. They are large and are put in
/// order more than once, so what is moved are pointers to them.
#[derive(Default)]
struct Involved(HashMap<Uuid, Box<Contribution>>);

impl Involved {
    /// Reads those of the contributions that are stored and not known yet;
    /// returns their sightings.
    async fn load(
        &mut self,
        transaction: &mut PgConnection,
        ids: impl Iterator<Item = Uuid>,
    ) -> Result<Vec<Sighting>, ProjectionError> {
        // In the order of the key, so that neighbours in its index are looked up
        // one after the other.
        let mut missing: Vec<Uuid> = ids.filter(|id| !self.0.contains_key(id)).collect();
        missing.sort_unstable();
        missing.dedup();
        let stored = store::read(transaction, &missing).await?;
        let mut sightings = Vec::new();
        for (id, stored) in stored {
            sightings.extend(stored.sightings.iter().cloned());
            let contribution = Contribution {
                stored: Some(stored),
                ..Contribution::default()
            };
            self.0.insert(id, Box::new(contribution));
        }
        Ok(sightings)
    }

    fn into_changes(self) -> Changes {
        let (mut changed, unchanged): (Vec<_>, Vec<_>) = self
            .0
            .into_iter()
            .partition(|(_, contribution)| contribution.is_changed());
        changed.sort_unstable_by_key(|(id, contribution)| {
            let resolution = contribution.resolution.as_ref();
            (resolution.map(|found| found.occurred_at), *id)
        });
        Changes { changed, unchanged }
    }
}

/// A sighting with the contribution it is of.
struct Keyed {
    id: Uuid,
    key: String,
    sighting: Sighting,
}

impl Keyed {
    fn new(sighting: Sighting, known: &Known) -> Self {
        let key = canonical_key(&sighting, known);
        Self {
            id: contribution_id(&key),
            key,
            sighting,
        }
    }
}

/// Resolves the contributions of new sightings, and those touched by anything
/// else that was learned.
pub(super) async fn resolve_touched(
    transaction: &mut PgConnection,
    new: Vec<Sighting>,
    touched: &Touched,
    pushes: &PushesOfBatch<'_>,
    links: &AccountLinks,
) -> Result<Changes, ProjectionError> {
    let mut involved = Involved::default();
    let mut sightings = involved.load(transaction, touched.iter().copied()).await?;
    sightings.extend(new);
    let mut known = Known::under(links);
    known
        .learn_references(transaction, &Vec::from_iter(&sightings))
        .await?;
    let keyed = sightings.into_iter().map(|found| Keyed::new(found, &known));
    let mut keyed: Vec<Keyed> = keyed.collect();
    // A contribution that is already stored under a new sighting's key brings
    // its older sightings along.
    let targets = keyed.iter().map(|found| found.id);
    let older = involved.load(transaction, targets).await?;
    known
        .learn_references(transaction, &Vec::from_iter(&older))
        .await?;
    keyed.extend(older.into_iter().map(|found| Keyed::new(found, &known)));
    let sightings: Vec<&Sighting> = keyed.iter().map(|found| &found.sighting).collect();
    known
        .learn_relations(transaction, &sightings, pushes)
        .await?;
    involved.0.reserve(keyed.len());
    for Keyed { id, key, sighting } in keyed {
        let contribution = involved.0.entry(id).or_default();
        contribution.key = key;
        contribution.see(sighting);
    }
    let ids: Vec<Uuid> = involved.0.keys().copied().collect();
    let retracted = retractions::among(transaction, &ids).await?;
    for (id, contribution) in &mut involved.0 {
        contribution.resolve(&known, retracted.contains(id));
    }
    Ok(involved.into_changes())
}
