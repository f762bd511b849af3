//! Names that no contribution carries, each told once per unit.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::{DateTime, Utc};
use domain::{RepositoryName, SourceReference};
use events::{
    AccountSeen, AccountSighting, ContributionEnriched, Event, RepositorySeen, RepositorySighting,
};

use translation::Translation;

/// Names told by one event at most.
const PER_EVENT: usize = 500;

/// Names kept at most before they are told, so that memory stays bounded
/// however many a unit holds.
const MOST: usize = 200_000;

/// When something bore a name, first and last.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    called_bot: bool,
}

/// Names borne by ids, with the first and last instant of each.
#[derive(Clone, Debug, Default)]
pub struct Names {
    accounts: HashMap<(u64, String), Span>,
    repositories: HashMap<(u64, RepositoryName), Span>,
}

impl Names {
    /// Takes the names that the translation's events do not carry.
    pub(crate) fn add(&mut self, translation: &Translation) {
        for AccountSeen { account, at } in &translation.accounts {
            if let Some(id) = account.id {
                let span = Span::at(*at, account.called_bot);
                merge(&mut self.accounts, (id, account.login.clone()), span);
            }
        }
        for RepositorySeen { repository, at } in &translation.repositories {
            if let (Some(id), Some(name)) = (repository.id, &repository.name) {
                let span = Span::at(*at, false);
                merge(&mut self.repositories, (id, name.clone()), span);
            }
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        for (key, span) in other.accounts {
            merge(&mut self.accounts, key, span);
        }
        for (key, span) in other.repositories {
            merge(&mut self.repositories, key, span);
        }
    }

    /// Whether so many are kept that they should be told now.
    pub(super) fn is_full(&self) -> bool {
        self.accounts.len() + self.repositories.len() >= MOST
    }

    /// The events that tell the names, the same whatever the order in which
    /// they were seen; none is kept.
    pub(crate) fn take_events(&mut self, source: &SourceReference) -> Vec<Event> {
        let accounts = sorted(std::mem::take(&mut self.accounts));
        let accounts = accounts.into_iter().map(|((id, login), at, called_bot)| {
            let id = Some(id);
            let account = AccountSighting {
                id,
                login,
                called_bot,
            };
            AccountSeen { account, at }
        });
        let repositories = sorted(std::mem::take(&mut self.repositories));
        let repositories = repositories.into_iter().map(|((id, name), at, _)| {
            let (id, name) = (Some(id), Some(name));
            let repository = RepositorySighting { id, name };
            RepositorySeen { repository, at }
        });
        let accounts: Vec<_> = accounts.collect();
        let repositories: Vec<_> = repositories.collect();
        let of_accounts = accounts
            .chunks(PER_EVENT)
            .filter_map(|seen| enriched(source, seen.to_vec(), Vec::new()));
        let of_repositories = repositories
            .chunks(PER_EVENT)
            .filter_map(|seen| enriched(source, Vec::new(), seen.to_vec()));
        of_accounts.chain(of_repositories).collect()
    }
}

impl Span {
    fn at(instant: DateTime<Utc>, called_bot: bool) -> Self {
        let (first, last) = (instant, instant);
        Self {
            first,
            last,
            called_bot,
        }
    }
}

fn merge<K: Hash + Eq>(names: &mut HashMap<K, Span>, key: K, span: Span) {
    let known = names.entry(key).or_insert(span);
    known.first = known.first.min(span.first);
    known.last = known.last.max(span.last);
    known.called_bot |= span.called_bot;
}

/// Each name at its first and, where that is another, its last instant.
fn sorted<K: Ord + Clone>(names: HashMap<K, Span>) -> Vec<(K, DateTime<Utc>, bool)> {
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    let instants = names.into_iter().flat_map(|(key, span)| {
        let last = (span.last > span.first).then(|| (key.clone(), span.last, span.called_bot));
        std::iter::once((key, span.first, span.called_bot)).chain(last)
    });
    instants.collect()
}

fn enriched(
    source: &SourceReference,
    accounts: Vec<AccountSeen>,
    repositories: Vec<RepositorySeen>,
) -> Option<Event> {
    let instants = accounts.iter().map(|seen| seen.at);
    let occurred_at = instants
        .chain(repositories.iter().map(|seen| seen.at))
        .min()?;
    Some(Event::ContributionEnriched(ContributionEnriched {
        occurred_at,
        repository: None,
        pull_request: None,
        accounts,
        repositories,
        source: source.clone(),
    }))
}
