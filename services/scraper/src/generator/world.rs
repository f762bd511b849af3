//! The people and repositories that a seed makes up: the same in every hour.

use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::vocabulary::{ANIMALS, COLOURS, ROLES, THINGS, TRADES};

/// Accounts and repositories have ids from here on; those of bots and agents
/// and organisations lie below the people's, however many these are.
const FIRST_ORGANISATION: u64 = 800_001;
const FIRST_BOT: u64 = 900_001;
const FIRST_AGENT: u64 = 910_001;
const FIRST_PERSON: u64 = 1_000_001;
const FIRST_REPOSITORY: u64 = 50_000_001;

/// How many there are of each: as many as an hour's demonstration needs, or
/// as many as GitHub has.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// People, of whom few do much.
    pub people: usize,
    /// Repositories, in few of which much happens.
    pub repositories: usize,
    /// Organisations, which two in three repositories belong to.
    pub organisations: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            people: 4_000,
            repositories: 3_000,
            organisations: 120,
        }
    }
}

/// Automation, by names that nobody bears.
const BOTS: [&str; 4] = [
    "invented-updates[bot]",
    "invented-coverage[bot]",
    "invented-merge-queue[bot]",
    "invented-labels[bot]",
];

/// Agents are told from other accounts by their logins alone, so these are
/// the real logins of such programs; what they do here is invented.
const AGENTS: [&str; 2] = ["copilot-swe-agent[bot]", "openhands-agent"];

/// An account as the events show it.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: u64,
    pub(super) login: String,
    pub(super) account_type: &'static str,
}

/// A repository and who works on it.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    pub(super) id: u64,
    pub(super) owner: Account,
    pub(super) name: String,
    /// People by index, the first ones its maintainers.
    pub(super) team: Vec<usize>,
}

impl Repository {
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.owner.login, self.name)
    }
}

/// Nobody is kept: who has an index is made up again whenever it is asked
/// for, so that a world of ten million people takes no room.
pub(super) struct World {
    seed: u64,
    size: Size,
    pub(super) bots: Vec<Account>,
    pub(super) agents: Vec<Account>,
    activity_of_people: Option<WeightedIndex<u64>>,
    activity_of_repositories: Option<WeightedIndex<u64>>,
}

impl World {
    pub(super) fn new(seed: u64, size: Size) -> Self {
        let named = |names: &[&str], first: u64| {
            let names = names.iter().zip(first..);
            names.map(|(login, id)| account(id, login, "Bot")).collect()
        };
        Self {
            seed,
            size,
            bots: named(&BOTS, FIRST_BOT),
            agents: named(&AGENTS, FIRST_AGENT),
            activity_of_people: zipf(size.people),
            activity_of_repositories: zipf(size.repositories),
        }
    }

    pub(super) fn person(&self, index: usize) -> Account {
        let colour = word(&COLOURS, index);
        let animal = word(&ANIMALS, index / COLOURS.len());
        let number = 1 + index / (COLOURS.len() * ANIMALS.len());
        let login = format!("invented-{colour}-{animal}-{number}");
        account(FIRST_PERSON + index as u64, &login, "User")
    }

    /// Two in three repositories belong to an organisation, the busy ones too.
    pub(super) fn repository(&self, index: usize) -> Repository {
        let mixed = (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut random = ChaCha8Rng::seed_from_u64(self.seed ^ mixed);
        let size = random.random_range(3..=14);
        let people = self.size.people.max(1);
        let team: Vec<usize> = (0..size).map(|_| random.random_range(0..people)).collect();
        let owner = match (index % 3, team.first()) {
            (2, Some(first)) => self.person(*first),
            _ => organisation(index % self.size.organisations.max(1)),
        };
        Repository {
            id: FIRST_REPOSITORY + index as u64,
            owner,
            name: repository_name(index),
            team,
        }
    }

    pub(super) fn any_person(&self, random: &mut ChaCha8Rng) -> usize {
        sample(self.activity_of_people.as_ref(), random)
    }

    pub(super) fn any_repository(&self, random: &mut ChaCha8Rng) -> usize {
        sample(self.activity_of_repositories.as_ref(), random)
    }
}

fn sample(distribution: Option<&WeightedIndex<u64>>, random: &mut ChaCha8Rng) -> usize {
    distribution.map_or(0, |distribution| distribution.sample(random))
}

/// Few are very active and most hardly at all. In integers, so that every
/// machine draws the same; the first ranks are flattened a little.
fn zipf(count: usize) -> Option<WeightedIndex<u64>> {
    WeightedIndex::new((0..count as u64).map(|rank| 1_000_000_000_000 / (rank + 10))).ok()
}

fn account(id: u64, login: &str, account_type: &'static str) -> Account {
    let login = login.to_owned();
    Account {
        id,
        login,
        account_type,
    }
}

/// The `index`-th of some words, from the start again after the last.
pub(super) fn word<'a>(words: &[&'a str], index: usize) -> &'a str {
    words
        .get(index % words.len().max(1))
        .copied()
        .unwrap_or_default()
}

fn organisation(index: usize) -> Account {
    let trade = word(&TRADES, index);
    let colour = word(&COLOURS, index / TRADES.len());
    let round = index / (TRADES.len() * COLOURS.len());
    let login = match round {
        0 => format!("invented-{colour}-{trade}"),
        round => format!("invented-{colour}-{trade}-{}", round + 1),
    };
    account(FIRST_ORGANISATION + index as u64, &login, "Organization")
}

/// Numbered from where the words begin to repeat, so that no two are equal.
fn repository_name(index: usize) -> String {
    let thing = word(&THINGS, index);
    let role = word(&ROLES, index / THINGS.len());
    match index / (THINGS.len() * ROLES.len()) {
        0 => format!("{thing}-{role}"),
        round => format!("{thing}-{role}-{}", round + 1),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_ids_are_borne_once() {
        let size = Size {
            people: 40_000,
            repositories: 30_000,
            organisations: 3_000,
        };
        let world = World::new(1, size);
        let people = (0..size.people).map(|index| world.person(index));
        let organisations = (0..size.organisations).map(organisation);
        let others = world.bots.iter().chain(&world.agents).cloned();
        let accounts: Vec<Account> = people.chain(organisations).chain(others).collect();
        let logins: HashSet<&str> = accounts.iter().map(|found| found.login.as_str()).collect();
        let ids: HashSet<u64> = accounts.iter().map(|found| found.id).collect();
        assert_eq!((logins.len(), ids.len()), (accounts.len(), accounts.len()));
        let names: HashSet<String> = (0..size.repositories)
            .map(|index| world.repository(index).full_name())
            .collect();
        assert_eq!(names.len(), size.repositories);
    }
}
