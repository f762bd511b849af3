//! A naive model of the whole counting: it keeps every fact and computes
//! everything anew each time it is asked. It exists to check the projector's
//! incremental read models against, and shares none of their code.

mod companies;

pub use companies::CompanyBoard;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    AccountClass, AccountLinks, AccountReference, AuthorEvidence, ClassFilter, ContributionKind,
    DailyCounts, Decisions, Fact, Knowledge, Metric, Period, Policy, PullRequestKey, PushKey,
    RepositoryName, RepositoryReference, Resolution, Retraction, Scope, Sighting, Standing,
    canonical_key, classify, contribution_id, rank_standings, resolve,
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

/// The tally's knowledge, with every reference made canonical.
struct Known {
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
