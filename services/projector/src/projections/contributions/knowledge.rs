//! The part of what is known that a batch needs, read in a few statements.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::{
    AccountReference, AuthorEvidence, ContributionKind, Knowledge, PullRequestKey, PushKey,
    RepositoryReference, Sighting,
};
use sqlx::PgConnection;

use super::links::{accounts_by_name, present_links, repositories_by_name};
use super::pull_requests::{evidence_under, keys_under_aliases};
use super::pushes;
use crate::ProjectionError;

/// Everything needed to resolve the contributions of a batch.
#[derive(Debug, Default)]
pub(super) struct Known {
    accounts: HashMap<String, AccountReference>,
    repositories: HashMap<String, RepositoryReference>,
    /// References by canonical repository.
    aliases: BTreeMap<String, BTreeSet<RepositoryReference>>,
    /// Authors of pull requests by key.
    authors: HashMap<String, AuthorEvidence>,
    /// Merged pull requests by canonical repository and the push that brought
    /// them in.
    merged: HashMap<(RepositoryReference, PushKey), PullRequestKey>,
    /// Pushes, by canonical repository, whose commits are known.
    pushes: HashSet<(RepositoryReference, PushKey)>,
}

/// Whether the author of a pull request decides about a contribution of this
/// kind.
pub(super) fn hangs_on_author(kind: ContributionKind) -> bool {
    matches!(
        kind,
        ContributionKind::PullRequestMerged | ContributionKind::PullRequestReviewed
    )
}

impl Known {
    /// Learns what the references by name of these sightings stand for.
    pub(super) async fn learn_references<'a>(
        &mut self,
        transaction: &mut PgConnection,
        sightings: impl Iterator<Item = &'a Sighting> + Clone,
    ) -> Result<(), ProjectionError> {
        let accounts: BTreeSet<&str> = sightings.clone().flat_map(accounts_by_name).collect();
        self.learn_accounts(transaction, accounts).await?;
        let repositories: BTreeSet<&str> = sightings.flat_map(repositories_by_name).collect();
        let repositories: Vec<String> = repositories.into_iter().map(str::to_owned).collect();
        for (reference, canonical) in
            present_links(transaction, "repository", &repositories).await?
        {
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
    pub(super) async fn learn_relations<'a>(
        &mut self,
        transaction: &mut PgConnection,
        sightings: impl Iterator<Item = &'a Sighting> + Clone,
    ) -> Result<(), ProjectionError> {
        self.learn_aliases(transaction, sightings.clone()).await?;
        self.learn_pushes(transaction, sightings.clone()).await?;
        let mut keys = BTreeSet::new();
        for sighting in sightings.filter(|sighting| hangs_on_author(sighting.kind)) {
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

    async fn learn_aliases<'a>(
        &mut self,
        transaction: &mut PgConnection,
        sightings: impl Iterator<Item = &'a Sighting>,
    ) -> Result<(), ProjectionError> {
        let canonical: BTreeSet<RepositoryReference> = sightings
            .filter(|sighting| sighting.push.is_some() || sighting.pull_request.is_some())
            .map(|sighting| self.repository(&sighting.repository))
            .collect();
        let canonical: Vec<String> = canonical.iter().map(ToString::to_string).collect();
        let found = pushes::aliases(transaction, &canonical).await?;
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
    async fn learn_pushes<'a>(
        &mut self,
        transaction: &mut PgConnection,
        sightings: impl Iterator<Item = &'a Sighting>,
    ) -> Result<(), ProjectionError> {
        let wanted: BTreeSet<(RepositoryReference, &str)> = sightings
            .filter_map(|sighting| {
                let push = sighting.push.as_ref()?;
                Some((self.repository(&sighting.repository), push.0.as_str()))
            })
            .collect();
        let mut canonical = Vec::new();
        let mut references = Vec::new();
        let mut keys = Vec::new();
        for (repository, push) in wanted {
            for alias in self.aliases.get(repository.as_str()).into_iter().flatten() {
                canonical.push(repository.to_string());
                references.push(alias.to_string());
                keys.push(push.to_owned());
            }
        }
        if keys.is_empty() {
            return Ok(());
        }
        self.read_known_pushes(transaction, &canonical, &references, &keys)
            .await?;
        self.read_merged_pushes(transaction, &canonical, &references, &keys)
            .await
    }

    async fn read_known_pushes(
        &mut self,
        transaction: &mut PgConnection,
        canonical: &[String],
        references: &[String],
        pushes: &[String],
    ) -> Result<(), ProjectionError> {
        let rows = sqlx::query!(
            r#"SELECT wanted.canonical AS "canonical!", wanted.push AS "push!"
               FROM unnest($1::text[], $2::text[], $3::text[])
                    AS wanted (canonical, repository, push)
               CROSS JOIN LATERAL (
                   SELECT FROM push_commits AS stored
                   WHERE stored.repository = wanted.repository AND stored.push = wanted.push
                   LIMIT 1) AS known"#,
            canonical,
            references,
            pushes,
        )
        .fetch_all(transaction)
        .await?;
        self.pushes.extend(rows.into_iter().map(|row| {
            (
                RepositoryReference::from_stored(row.canonical),
                PushKey(row.push),
            )
        }));
        Ok(())
    }

    async fn read_merged_pushes(
        &mut self,
        transaction: &mut PgConnection,
        canonical: &[String],
        references: &[String],
        pushes: &[String],
    ) -> Result<(), ProjectionError> {
        let (owners, aliases): (Vec<String>, Vec<String>) = self
            .aliases
            .iter()
            .flat_map(|(owner, aliases)| {
                aliases
                    .iter()
                    .map(move |alias| (owner.clone(), alias.to_string()))
            })
            .filter(|(owner, alias)| owner != alias)
            .unzip();
        let rows = sqlx::query!(
            r#"WITH commits AS MATERIALIZED (
                   SELECT wanted.canonical, known.push, known.sha, known.repository
                   FROM unnest($1::text[], $2::text[], $3::text[])
                        AS wanted (canonical, repository, push)
                   CROSS JOIN LATERAL (
                       SELECT * FROM push_commits AS stored
                       WHERE stored.repository = wanted.repository
                         AND stored.push = wanted.push OFFSET 0) AS known),
               places AS (
                   SELECT canonical, push, sha, canonical AS repository FROM commits
                   UNION
                   SELECT commits.canonical, push, sha, alias.reference
                   FROM commits
                   JOIN unnest($4::text[], $5::text[]) AS alias (canonical, reference)
                     ON alias.canonical = commits.canonical)
               SELECT places.canonical AS "canonical!", places.push AS "push!",
                      merged.pull_request_number, merged.pull_request_id
               FROM places
               CROSS JOIN LATERAL (
                   SELECT * FROM merge_commits AS stored
                   WHERE stored.repository = places.repository AND stored.sha = places.sha
                   OFFSET 0) AS merged"#,
            canonical,
            references,
            pushes,
            &owners,
            &aliases,
        )
        .fetch_all(transaction)
        .await?;
        for row in rows {
            let present = |value: i64| u64::try_from(value).ok().filter(|value| *value > 0);
            let pull_request = PullRequestKey {
                id: present(row.pull_request_id),
                number: present(row.pull_request_number),
            };
            let push = (
                RepositoryReference::from_stored(row.canonical),
                PushKey(row.push),
            );
            let best = self
                .merged
                .entry(push)
                .or_insert_with(|| pull_request.clone());
            if (pull_request.number, pull_request.id) < (best.number, best.id) {
                *best = pull_request;
            }
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

impl Knowledge for Known {
    fn account(&self, reference: &AccountReference) -> AccountReference {
        self.accounts
            .get(reference.as_str())
            .unwrap_or(reference)
            .clone()
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
