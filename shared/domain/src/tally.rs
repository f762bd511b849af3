//! A naive model of the whole counting: it keeps every fact and computes
//! everything anew each time it is asked. It exists to check the projector's
//! incremental read models against, and shares none of their code.

mod companies;
mod known;

pub use companies::CompanyBoard;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::known::Known;
use crate::{
    AccountClass, AccountReference, AuthorEvidence, ClassFilter, ContributionKind, DailyCounts,
    Decisions, Fact, Knowledge, Metric, Period, Policy, PullRequestKey, PushKey, RepositoryName,
    RepositoryReference, Resolution, Retraction, Scope, Sighting, Standing, canonical_key,
    classify, contribution_id, rank_standings, resolve,
};

/// Everything that was ever recorded, and what follows from it.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    sightings: HashSet<Sighting>,
    account_names: BTreeMap<AccountReference, BTreeMap<String, DateTime<Utc>>>,
    called_bot: HashSet<AccountReference>,
    repository_names: BTreeMap<RepositoryReference, BTreeMap<String, DateTime<Utc>>>,
    authors: Vec<(RepositoryReference, PullRequestKey, AuthorEvidence)>,
    merge_commits: Vec<(RepositoryReference, String, PullRequestKey)>,
    push_commits: Vec<(RepositoryReference, PushKey, String)>,
    push_heads: Vec<(RepositoryReference, PushKey, String)>,
    retractions: BTreeSet<Retraction>,
    groups: BTreeMap<String, Vec<RepositoryName>>,
    /// What people decided.
    pub decisions: Decisions,
}

impl Tally {
    /// Takes one fact; taking it again changes nothing.
    pub fn record(&mut self, fact: Fact) {
        match fact {
            Fact::Sighting(sighting) => {
                self.sightings.insert(*sighting);
            }
            Fact::AccountNamed {
                account,
                login,
                called_bot,
                at,
            } => {
                let seen = self.account_names.entry(account.clone()).or_default();
                let latest = seen.entry(login).or_insert(at);
                *latest = at.max(*latest);
                if called_bot {
                    self.called_bot.insert(account);
                }
            }
            Fact::RepositoryNamed {
                repository,
                name,
                at,
            } => {
                let seen = self.repository_names.entry(repository).or_default();
                let latest = seen.entry(name.as_str().to_owned()).or_insert(at);
                *latest = at.max(*latest);
            }
            Fact::PullRequestAuthor {
                repository,
                pull_request,
                evidence,
            } => {
                self.authors.push((repository, pull_request, evidence));
            }
            Fact::MergeCommit {
                repository,
                sha,
                pull_request,
            } => {
                self.merge_commits.push((repository, sha, pull_request));
            }
            Fact::PushCommit {
                repository,
                push,
                sha,
            } => {
                self.push_commits.push((repository, push, sha));
            }
            Fact::PushHead {
                repository,
                push,
                sha,
            } => {
                self.push_heads.push((repository, push, sha));
            }
            Fact::Retraction(retraction) => {
                self.retractions.insert(*retraction);
            }
        }
    }

    /// Every contribution by id, with what it counts as.
    #[must_use]
    pub fn contributions(&self) -> BTreeMap<Uuid, Resolution> {
        let known = Known::from(self);
        let mut groups: HashMap<String, Vec<Sighting>> = HashMap::new();
        for sighting in &self.sightings {
            groups
                .entry(canonical_key(sighting, &known))
                .or_default()
                .push(sighting.clone());
        }
        // They come in ascending order, so the last about each is the one that holds.
        let decided: HashMap<String, bool> = self
            .retractions
            .iter()
            .map(|decision| (decision.canonical_key(&known), decision.retracted))
            .collect();
        groups
            .into_iter()
            .filter_map(|(key, sightings)| {
                let id = contribution_id(&key);
                let mut resolution = resolve(&sightings, &known)?;
                resolution.superseded |= decided.get(&key).copied().unwrap_or(false);
                Some((id, resolution))
            })
            .collect()
    }

    /// The daily counts of all contributions.
    #[must_use]
    pub fn daily_counts(&self) -> DailyCounts {
        let mut counts = DailyCounts::default();
        for resolution in self.contributions().values() {
            counts.apply(resolution, 1);
        }
        counts
    }

    /// The class of an account.
    #[must_use]
    pub fn class(&self, account: &AccountReference) -> AccountClass {
        let names = self.account_names.get(account);
        let logins = || {
            names
                .into_iter()
                .flat_map(|names| names.keys().map(String::as_str))
        };
        let derived = classify(logins(), self.called_bot.contains(account));
        self.decisions.class(account, logins(), derived)
    }

    /// The present owner of a repository, in lower case.
    #[must_use]
    pub fn owner(&self, repository: &RepositoryReference) -> Option<String> {
        let names = self.repository_names.get(repository)?;
        let (name, _) = names
            .iter()
            .max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))?;
        Some(name.split('/').next()?.to_ascii_lowercase())
    }

    /// Says which repositories belong to a group; the latest word counts.
    pub fn define_group(&mut self, name: &str, repositories: Vec<RepositoryName>) {
        self.groups.insert(name.to_owned(), repositories);
    }

    /// The repository that a name stands for: who bears it goes before who
    /// bore it once, then the one seen last under it.
    #[must_use]
    pub fn repository_called(&self, name: &RepositoryName) -> Option<RepositoryReference> {
        let known = Known::from(self);
        let mut bearers: BTreeMap<RepositoryReference, (bool, DateTime<Utc>)> = BTreeMap::new();
        for (reference, names) in &self.repository_names {
            let current = names
                .iter()
                .max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(a.0)))
                .map(|(name, _)| name);
            let borne = names
                .iter()
                .filter(|(borne, _)| borne.eq_ignore_ascii_case(name.as_str()));
            for (borne, seen) in borne {
                let (bears, last) = bearers
                    .entry(known.repository(reference))
                    .or_insert((false, *seen));
                *bears |= current == Some(borne);
                *last = (*last).max(*seen);
            }
        }
        let best = bearers
            .into_iter()
            .min_by_key(|(reference, (bears, last))| {
                (std::cmp::Reverse((*bears, *last)), reference.clone())
            });
        best.map(|(reference, _)| reference)
    }

    /// The repositories of a group.
    fn members_of(&self, group: &str) -> BTreeSet<RepositoryReference> {
        let names = self.groups.get(group).into_iter().flatten();
        names
            .filter_map(|name| self.repository_called(name))
            .collect()
    }

    /// Tells which repositories a board is about.
    fn repositories_of(&self, scope: &Scope) -> impl Fn(&RepositoryReference) -> bool {
        let group = match scope {
            Scope::Group(name) => self.members_of(name),
            _ => BTreeSet::new(),
        };
        move |repository| match scope {
            Scope::Global => true,
            Scope::Repository(wanted) => repository == wanted,
            Scope::Organization(owner) => self.owner(repository).as_ref() == Some(owner),
            Scope::Group(_) => group.contains(repository),
        }
    }

    /// A whole board, ranked.
    #[must_use]
    pub fn board(
        &self,
        counts: &DailyCounts,
        policy: &Policy,
        scope: &Scope,
        period: Period,
        metric: Metric,
        class: ClassFilter,
    ) -> Vec<(u64, Standing)> {
        let accepts = self.repositories_of(scope);
        let mut by_kind: HashMap<(&AccountReference, ContributionKind), i64> = HashMap::new();
        for (key, count) in counts
            .within(period)
            .filter(|(key, _)| accepts(&key.repository))
        {
            *by_kind.entry((&key.contributor, key.kind)).or_default() += count.quantity;
        }
        let of_kind = |who, kind| by_kind.get(&(who, kind)).copied().unwrap_or(0);
        let scores = counts.scores(policy, period, &accepts);
        let standings = scores
            .iter()
            .filter(|(who, _)| class.classes().contains(&self.class(who)))
            .map(|(who, score)| Standing {
                value: match metric {
                    Metric::Score => *score,
                    Metric::Kind(kind) => of_kind(who, kind),
                },
                merged: of_kind(who, ContributionKind::PullRequestMerged),
                reviews: of_kind(who, ContributionKind::PullRequestReviewed),
                contributor: who.clone(),
            })
            .collect();
        rank_standings(standings)
    }
}
