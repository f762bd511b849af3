//! A batch of messages as facts, merged so that each is written once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use domain::snapshot::Digest;
use domain::{
    AccountClass, AccountReference, AuthorEvidence, Fact, PullRequestKey, RepositoryReference,
    Retraction, Sighting, classify, references_in_key,
};
use event_log::Delivered;
use events::{Envelope, Event, LogPosition};
use postgres::Month;

use super::instants;
use super::pushes::Push;
use crate::projections::Unreadable;

/// When a name was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) first: DateTime<Utc>,
    pub(super) last: DateTime<Utc>,
}

impl Seen {
    fn extend(&mut self, at: DateTime<Utc>) {
        self.first = self.first.min(at);
        self.last = self.last.max(at);
    }
}

/// What the API and the lists say of an account.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Character {
    pub(super) called_bot: bool,
    pub(super) class: AccountClass,
}

/// The facts of a batch.
#[derive(Debug, Default)]
pub struct BatchFacts {
    pub(super) sightings: Vec<Sighting>,
    pub(super) account_names: BTreeMap<(AccountReference, String), Seen>,
    pub(super) characters: BTreeMap<AccountReference, Character>,
    pub(super) repository_names: BTreeMap<(RepositoryReference, String), Seen>,
    pub(super) authors: BTreeMap<String, AuthorEvidence>,
    pub(super) merge_commits: BTreeSet<(RepositoryReference, String, PullRequestKey)>,
    /// Commits by push.
    pub(super) pushes: BTreeMap<Push, BTreeSet<String>>,
    /// Commits of pushes that are no contributions of their own.
    pub(super) other_commits: BTreeSet<(Push, String)>,
    /// Pushes of unknown commits, with the commits they ended at.
    pub(super) push_heads: BTreeSet<(Push, String)>,
    pub(super) retractions: BTreeSet<Retraction>,
    /// Accounts by name of which anything but a sighting tells something: those
    /// that are said to be authors of pull requests, and whose stars were
    /// decided about.
    pub(super) accounts_by_name: BTreeSet<String>,
    /// Repositories by name of which anything but a sighting tells something.
    pub(super) repositories_by_name: BTreeSet<String>,
    /// The months that contributions may have happened in.
    pub(super) months: BTreeSet<Month>,
    /// The sequence of every message, readable or not, and the digest of what
    /// it says.
    pub(super) payloads: Vec<(u64, Digest)>,
}

/// The keys a pull request is known by: its id, and its number within a
/// repository as the source refers to that.
pub(super) fn pull_request_keys(
    repository: &RepositoryReference,
    pull_request: &PullRequestKey,
) -> impl Iterator<Item = String> {
    let by_id = pull_request.id.map(|id| format!("id:{id}"));
    let by_number = pull_request
        .number
        .map(|number| format!("{repository}#{number}"));
    by_id.into_iter().chain(by_number)
}

impl BatchFacts {
    /// Reads a batch; what is no contribution event is returned with the
    /// reason.
    pub(super) fn read(batch: &[Delivered]) -> (Self, Unreadable) {
        let mut facts = Self::default();
        facts.sightings.reserve(batch.len());
        let mut unreadable = Unreadable::new();
        for (place, message) in batch.iter().enumerate() {
            let position = LogPosition {
                sequence: message.sequence,
                recorded_at: message.recorded_at,
            };
            let found = match Envelope::decode(&message.payload).map(|envelope| envelope.event) {
                Ok(Event::ContributionRecorded(event)) => event.facts(position),
                Ok(Event::ContributionEnriched(event)) => event.facts(),
                Ok(Event::ContributionRetracted(event)) => event.facts(),
                Ok(Event::ContributionReinstated(event)) => event.facts(),
                Ok(_) => {
                    unreadable.push((place, "not a contribution event".to_owned()));
                    continue;
                }
                Err(error) => {
                    unreadable.push((place, error.to_string()));
                    continue;
                }
            };
            if let Some(objection) = instants::objection(&found, message.recorded_at) {
                unreadable.push((place, objection));
                continue;
            }
            for fact in found {
                facts.add(fact);
            }
        }
        (facts, unreadable)
    }

    /// Logins seen, by account.
    pub(super) fn logins(&self) -> impl Iterator<Item = (&str, &str, Seen)> {
        let names = self.account_names.iter();
        names.map(|((account, login), seen)| (account.as_str(), login.as_str(), *seen))
    }

    /// Names seen, by repository.
    pub(super) fn repository_names(&self) -> impl Iterator<Item = (&str, &str, Seen)> {
        let names = self.repository_names.iter();
        names.map(|((repository, name), seen)| (repository.as_str(), name.as_str(), *seen))
    }

    /// Whether the sighting read last, whose event is being read, is of this
    /// commit.
    fn ends_at(&self, sha: &str) -> bool {
        let key = self.sightings.last().map(|sighting| sighting.key.as_str());
        key.and_then(|key| key.strip_prefix("commit:"))
            .and_then(|key| key.rsplit(':').next())
            == Some(sha)
    }

    fn mention(&mut self, repository: &RepositoryReference) {
        if repository.is_by_name() {
            self.repositories_by_name.insert(repository.to_string());
        }
    }

    fn add(&mut self, fact: Fact) {
        match fact {
            Fact::Sighting(sighting) => {
                self.months.insert(Month::of(sighting.occurred_at));
                self.sightings.push(*sighting);
            }
            Fact::AccountNamed {
                account,
                login,
                called_bot,
                at,
            } => {
                let character = self.characters.entry(account.clone()).or_default();
                character.called_bot |= called_bot;
                character.class = character.class.max(classify([login.as_str()], called_bot));
                seen(&mut self.account_names, (account, login), at);
            }
            Fact::RepositoryNamed {
                repository,
                name,
                at,
            } => {
                seen(
                    &mut self.repository_names,
                    (repository, name.as_str().to_owned()),
                    at,
                );
            }
            Fact::PullRequestAuthor {
                repository,
                pull_request,
                evidence,
            } => {
                if evidence.account.is_by_name() {
                    self.accounts_by_name.insert(evidence.account.to_string());
                }
                self.mention(&repository);
                for key in pull_request_keys(&repository, &pull_request) {
                    let known = self.authors.entry(key).or_insert_with(|| evidence.clone());
                    if evidence < *known {
                        known.clone_from(&evidence);
                    }
                }
            }
            Fact::MergeCommit {
                repository,
                sha,
                pull_request,
            } => {
                self.mention(&repository);
                self.merge_commits.insert((repository, sha, pull_request));
            }
            Fact::PushCommit {
                repository,
                push,
                sha,
            } => {
                let push = (repository.to_string(), push.0);
                if !self.ends_at(&sha) {
                    self.other_commits.insert((push.clone(), sha.clone()));
                }
                self.pushes.entry(push).or_default().insert(sha);
            }
            Fact::PushHead {
                repository,
                push,
                sha,
            } => {
                self.push_heads
                    .insert(((repository.to_string(), push.0), sha));
            }
            Fact::Retraction(retraction) => {
                if let Some(named) = references_in_key(&retraction.key) {
                    self.mention(&named.repository);
                    let account = named.account.filter(AccountReference::is_by_name);
                    let account = account.map(|account| account.to_string());
                    self.accounts_by_name.extend(account);
                }
                self.retractions.insert(*retraction);
            }
        }
    }
}

fn seen<K: Ord>(names: &mut BTreeMap<K, Seen>, key: K, at: DateTime<Utc>) {
    names
        .entry(key)
        .or_insert(Seen {
            first: at,
            last: at,
        })
        .extend(at);
}
