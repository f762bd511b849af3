//! The part of what is known that a batch needs, read in a few statements.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    AccountLinks, AccountReference, AuthorEvidence, ContributionKind, Knowledge, PullRequestKey,
    PushKey, RepositoryReference, Sighting, references_in_key,
};
use sqlx::PgConnection;

use super::links::present_links;
use super::pull_requests::{evidence_under, keys_under_aliases};
use super::pushes::{self, Push, PushesOfBatch};
use super::references::{accounts_by_name, repositories_by_name};
use super::{aliases, merge_commits};
use crate::ProjectionError;

/// Everything needed to resolve the contributions of a batch.
#[derive(Debug, Default)]
pub(super) struct Known<'a> {
    accounts: HashMap<String, AccountReference>,
    repositories: HashMap<String, RepositoryReference>,
    /// References by canonical repository.
    aliases: BTreeMap<String, BTreeSet<RepositoryReference>>,
    /// Authors of pull requests by key.
    authors: HashMap<String, AuthorEvidence>,
    /// Merged pull requests by canonical repository and the push that brought
    /// them in.
    merged: HashMap<CanonicalPush, PullRequestKey>,
    /// Pushes, by canonical repository, whose commits are known.
    pushes: HashSet<CanonicalPush>,
    /// Accounts that were decided to be one person.
    links: Option<&'a AccountLinks>,
}

/// A push of a canonical repository.
type CanonicalPush = (RepositoryReference, PushKey);

/// Whether the author of a pull request decides about a contribution of this
/// kind.
pub(super) fn hangs_on_author(kind: ContributionKind) -> bool {
    matches!(
        kind,
        ContributionKind::PullRequestMerged | ContributionKind::PullRequestReviewed
    )
}

impl<'a> Known<'a> {
    /// Nothing but which accounts were decided to be one person.
    pub(super) fn under(links: &'a AccountLinks) -> Self {
        Self {
            links: Some(links),
            ..Self::default()
        }
    }

    /// Learns what the references by name of these sightings stand for.
    pub(super) async fn learn_references(
        &mut self,
        transaction: &mut PgConnection,
        sightings: &[&Sighting],
    ) -> Result<(), ProjectionError> {
        let accounts: BTreeSet<&str> = sightings
            .iter()
            .flat_map(|found| accounts_by_name(found))
            .collect();
        self.learn_accounts(transaction, accounts).await?;
        let repositories: BTreeSet<&str> = sightings
            .iter()
            .flat_map(|found| repositories_by_name(found))
            .collect();
        let repositories: Vec<String> = repositories.into_iter().map(str::to_owned).collect();
        self.learn_repositories(transaction, repositories).await
    }

    /// Learns what the references by name in these semantic keys stand for.
    pub(super) async fn learn_keys(
        &mut self,
        transaction: &mut PgConnection,
        keys: &[String],
    ) -> Result<(), ProjectionError> {
        let named: Vec<_> = keys
            .iter()
            .filter_map(|key| references_in_key(key))
            .collect();
        let accounts = named.iter().filter_map(|named| named.account.as_ref());
        let accounts = accounts.filter(|account| account.is_by_name());
        let accounts = accounts.map(AccountReference::as_str).collect();
        self.learn_accounts(transaction, accounts).await?;
        let repositories = named.iter().map(|named| &named.repository);
        let by_name = repositories.filter(|repository| repository.is_by_name());
        let by_name: BTreeSet<String> = by_name.map(ToString::to_string).collect();
        self.learn_repositories(transaction, by_name.into_iter().collect())
            .await
    }

    async fn learn_repositories(
        &mut self,
        transaction: &mut PgConnection,
        references: Vec<String>,
    ) -> Result<(), ProjectionError> {
        for (reference, canonical) in present_links(transaction, "repository", &references).await? {
            self.repositories
                .insert(reference, RepositoryReference::from_stored(canonical));
        }
        Ok(())
    }

    async fn learn_accounts(
        &mut self,
        transaction: &mut PgConnection,
        references: BTreeSet<&str>,
    ) -> Result<(), ProjectionError> {
        let references: Vec<String> = references.into_iter().map(str::to_owned).collect();
        for (reference, canonical) in present_links(transaction, "account", &references).await? {
            self.accounts
                .insert(reference, AccountReference::from_stored(canonical));
        }
        Ok(())
    }

    /// Learns the authors, merged pull requests and known pushes that these
    /// sightings hang on. Their references must have been learned before.
    pub(super) async fn learn_relations(
        &mut self,
        transaction: &mut PgConnection,
        sightings: &[&Sighting],
        of_batch: &PushesOfBatch<'_>,
    ) -> Result<(), ProjectionError> {
        self.learn_aliases(transaction, sightings).await?;
        self.learn_pushes(transaction, sightings, of_batch).await?;
        let mut keys = BTreeSet::new();
        for sighting in sightings.iter().filter(|found| hangs_on_author(found.kind)) {
            if let Some(pull_request) = &sighting.pull_request {
                keys.extend(self.keys(&self.repository(&sighting.repository), pull_request));
            }
        }
        for ((repository, _), pull_request) in &self.merged {
            keys.extend(self.keys(repository, pull_request));
        }
        let keys: Vec<String> = keys.into_iter().collect();
        self.authors
            .extend(evidence_under(transaction, &keys).await?);
        let authors: Vec<AccountReference> = self
            .authors
            .values()
            .map(|evidence| evidence.account.clone())
            .collect();
        let by_name = authors.iter().filter(|account| account.is_by_name());
        self.learn_accounts(transaction, by_name.map(AccountReference::as_str).collect())
            .await
    }

    async fn learn_aliases(
        &mut self,
        transaction: &mut PgConnection,
        sightings: &[&Sighting],
    ) -> Result<(), ProjectionError> {
        let canonical: BTreeSet<RepositoryReference> = sightings
            .iter()
            .filter(|sighting| sighting.push.is_some() || sighting.pull_request.is_some())
            .map(|sighting| self.repository(&sighting.repository))
            .collect();
        let canonical: Vec<String> = canonical.iter().map(ToString::to_string).collect();
        let found = aliases::of(transaction, &canonical).await?;
        for (repository, aliases) in found {
            let aliases = aliases
                .into_iter()
                .map(RepositoryReference::from_stored)
                .collect();
            self.aliases.insert(repository, aliases);
        }
        Ok(())
    }

    /// Learns which of the pushes have known commits, and which of those
    /// commits a pull request was merged as.
    async fn learn_pushes(
        &mut self,
        transaction: &mut PgConnection,
        sightings: &[&Sighting],
        of_batch: &PushesOfBatch<'_>,
    ) -> Result<(), ProjectionError> {
        // Rows of pushes are under the reference their source used.
        let mut places: HashMap<Push, CanonicalPush> = HashMap::new();
        // Whether the commits are known is asked of a push that is recorded as one.
        let mut unlisted: HashSet<CanonicalPush> = HashSet::new();
        let mut before = None;
        for sighting in sightings {
            let Some(push) = &sighting.push else { continue };
            let repository = self.repository(&sighting.repository);
            if sighting.kind == ContributionKind::Push {
                unlisted.insert((repository.clone(), push.clone()));
            }
            // The commits of a push follow one another.
            let told = Some((&sighting.repository, push));
            if told == before {
                continue;
            }
            before = told;
            for alias in self.aliases.get(repository.as_str()).into_iter().flatten() {
                let place = (alias.to_string(), push.0.clone());
                places
                    .entry(place)
                    .or_insert_with(|| (repository.clone(), push.clone()));
            }
        }
        let mut commits: HashMap<&Push, Vec<&str>> = places
            .keys()
            .filter_map(|place| Some((place, of_batch.commits(place)?)))
            .collect();
        let others = places.keys().filter(|place| !commits.contains_key(place));
        let stored = pushes::commits_of(transaction, others).await?;
        let stored = stored.iter();
        commits
            .extend(stored.map(|(place, shas)| (place, shas.iter().map(String::as_str).collect())));
        let known = commits.keys().filter_map(|place| places.get(place));
        let known = known.filter(|push| unlisted.contains(*push));
        self.pushes.extend(known.cloned());
        let commits = commits
            .iter()
            .filter_map(|(place, commits)| Some((places.get(place)?, commits.as_slice())));
        self.learn_merged(transaction, commits.collect()).await
    }

    /// Learns which of the pushes, given with their commits, brought in a
    /// merged pull request; the one with the smallest number, if several.
    async fn learn_merged(
        &mut self,
        transaction: &mut PgConnection,
        pushes: Vec<(&CanonicalPush, &[&str])>,
    ) -> Result<(), ProjectionError> {
        let mut commits: Vec<(&str, &str)> = Vec::new();
        for ((repository, _), shas) in &pushes {
            for alias in self.aliases.get(repository.as_str()).into_iter().flatten() {
                commits.extend(shas.iter().map(|sha| (alias.as_str(), *sha)));
            }
        }
        let merged = merge_commits::among(transaction, &commits).await?;
        if merged.is_empty() {
            return Ok(());
        }
        for (push, shas) in pushes {
            let aliases = self.aliases.get(push.0.as_str()).into_iter().flatten();
            let places = aliases.flat_map(|alias| {
                shas.iter()
                    .map(move |sha| (alias.to_string(), (*sha).to_owned()))
            });
            let best = places
                .filter_map(|commit| merged.get(&commit))
                .flatten()
                .chain(self.merged.get(push))
                .min_by_key(|found| (found.number, found.id))
                .cloned();
            self.merged
                .extend(best.map(|pull_request| (push.clone(), pull_request)));
        }
        Ok(())
    }

    /// Every key that a pull request may be known under.
    pub(super) fn keys(
        &self,
        repository: &RepositoryReference,
        pull_request: &PullRequestKey,
    ) -> BTreeSet<String> {
        let aliases = self.aliases.get(repository.as_str()).into_iter().flatten();
        keys_under_aliases(aliases.chain(std::iter::once(repository)), pull_request)
    }

    /// The accounts by name that are known as authors under these keys.
    pub(super) fn authors_by_name(&self, keys: &BTreeSet<String>) -> impl Iterator<Item = String> {
        keys.iter()
            .filter_map(|key| self.authors.get(key))
            .filter(|evidence| evidence.account.is_by_name())
            .map(|evidence| evidence.account.to_string())
    }

    /// The accounts by name that get the credit for these sightings' pushes.
    pub(super) fn authors_of_pushes_by_name(&self, sightings: &[Sighting]) -> Vec<String> {
        let merged = sightings.iter().filter_map(|sighting| {
            let repository = self.repository(&sighting.repository);
            let push = (repository.clone(), sighting.push.clone()?);
            Some(self.keys(&repository, self.merged.get(&push)?))
        });
        merged
            .flat_map(|keys| self.authors_by_name(&keys).collect::<Vec<_>>())
            .collect()
    }
}

impl Knowledge for Known<'_> {
    fn account(&self, reference: &AccountReference) -> AccountReference {
        self.accounts
            .get(reference.as_str())
            .unwrap_or(reference)
            .clone()
    }

    fn credited(&self, account: AccountReference) -> AccountReference {
        let links = self.links.filter(|links| !links.is_empty());
        match links {
            Some(links) => links.credited(&account).clone(),
            None => account,
        }
    }

    fn repository(&self, reference: &RepositoryReference) -> RepositoryReference {
        self.repositories
            .get(reference.as_str())
            .unwrap_or(reference)
            .clone()
    }

    fn pull_request_author(
        &self,
        repository: &RepositoryReference,
        pull_request: &PullRequestKey,
    ) -> Option<AccountReference> {
        let keys = self.keys(repository, pull_request);
        let best = keys.iter().filter_map(|key| self.authors.get(key)).min()?;
        Some(self.account(&best.account))
    }

    fn author_of_merged_by_push(
        &self,
        repository: &RepositoryReference,
        push: &PushKey,
    ) -> Option<AccountReference> {
        let pull_request = self.merged.get(&(repository.clone(), push.clone()))?;
        self.pull_request_author(repository, pull_request)
    }

    fn commits_are_known(&self, repository: &RepositoryReference, push: &PushKey) -> bool {
        self.pushes.contains(&(repository.clone(), push.clone()))
    }
}
