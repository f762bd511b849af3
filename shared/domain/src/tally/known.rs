//! What is known from all facts taken together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::Tally;
use crate::{
    AccountLinks, AccountReference, AuthorEvidence, ContributionKind, Knowledge, PullRequestKey,
    PushKey, RepositoryReference,
};

/// The tally's knowledge, with every reference made canonical.
pub(super) struct Known {
    accounts: HashMap<AccountReference, AccountReference>,
    repositories: HashMap<RepositoryReference, RepositoryReference>,
    authors_by_id: HashMap<u64, AuthorEvidence>,
    authors_by_number: HashMap<(RepositoryReference, u64), AuthorEvidence>,
    merged_by_push: HashMap<(RepositoryReference, PushKey), PullRequestKey>,
    pushes: HashSet<(RepositoryReference, PushKey)>,
    links: AccountLinks,
}

impl From<&Tally> for Known {
    fn from(tally: &Tally) -> Self {
        let mut known = Self {
            accounts: link(
                tally.account_names.iter().filter(|(r, _)| !r.is_by_name()),
                AccountReference::from_login,
            ),
            repositories: link(
                tally
                    .repository_names
                    .iter()
                    .filter(|(r, _)| !r.is_by_name()),
                |name| RepositoryReference::from_stored(format!("@{}", name.to_ascii_lowercase())),
            ),
            authors_by_id: HashMap::new(),
            authors_by_number: HashMap::new(),
            merged_by_push: HashMap::new(),
            pushes: HashSet::new(),
            links: tally.decisions.links.clone(),
        };
        known.learn_authors(tally);
        known.learn_pushes(tally);
        known
    }
}

impl Known {
    fn learn_authors(&mut self, tally: &Tally) {
        for (repository, pull_request, evidence) in &tally.authors {
            let repository = self.repository(repository);
            let better = |known: &mut AuthorEvidence| {
                if evidence < known {
                    known.clone_from(evidence);
                }
            };
            if let Some(id) = pull_request.id {
                self.authors_by_id
                    .entry(id)
                    .and_modify(better)
                    .or_insert_with(|| evidence.clone());
            }
            if let Some(number) = pull_request.number {
                let key = (repository, number);
                self.authors_by_number
                    .entry(key)
                    .and_modify(better)
                    .or_insert_with(|| evidence.clone());
            }
        }
    }

    fn learn_pushes(&mut self, tally: &Tally) {
        let mut merged: HashMap<(RepositoryReference, &str), BTreeSet<&PullRequestKey>> =
            HashMap::new();
        for (repository, sha, pull_request) in &tally.merge_commits {
            merged
                .entry((self.repository(repository), sha))
                .or_default()
                .insert(pull_request);
        }
        let commits = tally.push_commits.iter();
        let commits = commits.map(|(repository, _, sha)| (repository, sha.as_str()));
        // Whoever sees a commit knows it, also without the push it came with.
        let seen: HashSet<(&RepositoryReference, &str)> = commits
            .chain(tally.sightings.iter().filter_map(|found| {
                let is_commit = found.kind == ContributionKind::Commit;
                let sha = found.key.strip_prefix("commit:")?.rsplit(':').next()?;
                is_commit.then_some((&found.repository, sha))
            }))
            .collect();
        // A push that ended at a commit that is known brought that one.
        let heads = tally.push_heads.iter();
        let heads = heads.filter(|(repository, _, sha)| seen.contains(&(repository, sha)));
        for (repository, push, sha) in tally.push_commits.iter().chain(heads) {
            let repository = self.repository(repository);
            let found = merged.get(&(repository.clone(), sha.as_str()));
            for pull_request in found.into_iter().flatten() {
                let best = self
                    .merged_by_push
                    .entry((repository.clone(), push.clone()))
                    .or_insert_with(|| (*pull_request).clone());
                if (pull_request.number, pull_request.id) < (best.number, best.id) {
                    best.clone_from(pull_request);
                }
            }
            self.pushes.insert((repository, push.clone()));
        }
    }
}

/// Which one thing has borne each name: names borne by several stay open.
fn link<'a, R: Clone + Eq + std::hash::Hash + 'a>(
    names: impl Iterator<Item = (&'a R, &'a BTreeMap<String, DateTime<Utc>>)>,
    by_name: impl Fn(&str) -> R,
) -> HashMap<R, R> {
    let mut bearers: HashMap<R, HashSet<R>> = HashMap::new();
    for (reference, names) in names {
        for name in names.keys() {
            bearers
                .entry(by_name(name))
                .or_default()
                .insert(reference.clone());
        }
    }
    bearers
        .into_iter()
        .filter_map(|(name, bearers)| {
            let mut bearers = bearers.into_iter();
            let only = bearers.next()?;
            bearers.next().is_none().then_some((name, only))
        })
        .collect()
}

impl Knowledge for Known {
    fn account(&self, reference: &AccountReference) -> AccountReference {
        self.accounts.get(reference).unwrap_or(reference).clone()
    }

    fn credited(&self, account: AccountReference) -> AccountReference {
        self.links.credited(&account).clone()
    }

    fn repository(&self, reference: &RepositoryReference) -> RepositoryReference {
        self.repositories
            .get(reference)
            .unwrap_or(reference)
            .clone()
    }

    fn pull_request_author(
        &self,
        repository: &RepositoryReference,
        pull_request: &PullRequestKey,
    ) -> Option<AccountReference> {
        let by_id = pull_request.id.and_then(|id| self.authors_by_id.get(&id));
        let by_number = pull_request
            .number
            .and_then(|number| self.authors_by_number.get(&(repository.clone(), number)));
        let best = by_id.into_iter().chain(by_number).min()?;
        Some(self.account(&best.account))
    }

    fn author_of_merged_by_push(
        &self,
        repository: &RepositoryReference,
        push: &PushKey,
    ) -> Option<AccountReference> {
        let pull_request = self
            .merged_by_push
            .get(&(repository.clone(), push.clone()))?;
        self.pull_request_author(repository, pull_request)
    }

    fn commits_are_known(&self, repository: &RepositoryReference, push: &PushKey) -> bool {
        self.pushes.contains(&(repository.clone(), push.clone()))
    }
}
