//! The people and repositories that a seed makes up: the same in every hour.

use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::vocabulary::{ANIMALS, COLOURS, ROLES, THINGS, TRADES};

const PEOPLE: usize = 4_000;
const ORGANISATIONS: usize = 120;
const REPOSITORIES: usize = 3_000;

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

pub(super) struct World {
    pub(super) people: Vec<Account>,
    pub(super) bots: Vec<Account>,
    pub(super) agents: Vec<Account>,
    pub(super) repositories: Vec<Repository>,
    activity_of_people: Option<WeightedIndex<u32>>,
    activity_of_repositories: Option<WeightedIndex<u32>>,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let people: Vec<Account> = (0..PEOPLE).map(person).collect();
        let organisations: Vec<Account> = (0..ORGANISATIONS).map(organisation).collect();
        let repositories = (0..REPOSITORIES)
            .map(|index| repository(index, &people, &organisations, &mut random))
            .collect();
        let named = |names: &[&str], first: u64| {
            let names = names.iter().zip(first..);
            names.map(|(login, id)| account(id, login, "Bot")).collect()
        };
        Self {
            people,
            bots: named(&BOTS, 900_001),
            agents: named(&AGENTS, 910_001),
            repositories,
            activity_of_people: zipf(PEOPLE),
            activity_of_repositories: zipf(REPOSITORIES),
        }
    }

    pub(super) fn any_person(&self, random: &mut ChaCha8Rng) -> usize {
        sample(self.activity_of_people.as_ref(), random)
    }

    pub(super) fn any_repository(&self, random: &mut ChaCha8Rng) -> usize {
        sample(self.activity_of_repositories.as_ref(), random)
    }
}

fn sample(distribution: Option<&WeightedIndex<u32>>, random: &mut ChaCha8Rng) -> usize {
    distribution.map_or(0, |distribution| distribution.sample(random))
}

/// Few are very active and most hardly at all. In integers, so that every
/// machine draws the same; the first ranks are flattened a little.
fn zipf(count: usize) -> Option<WeightedIndex<u32>> {
    let ranks = 0..u32::try_from(count).unwrap_or(u32::MAX);
    WeightedIndex::new(ranks.map(|rank| 1_000_000 / (rank + 10))).ok()
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

fn person(index: usize) -> Account {
    let colour = word(&COLOURS, index);
    let animal = word(&ANIMALS, index / COLOURS.len());
    let number = 1 + index / (COLOURS.len() * ANIMALS.len());
    let login = format!("invented-{colour}-{animal}-{number}");
    account(100_001 + index as u64, &login, "User")
}

fn organisation(index: usize) -> Account {
    let trade = word(&TRADES, index);
    let colour = word(&COLOURS, index / TRADES.len());
    let login = format!("invented-{colour}-{trade}");
    account(800_001 + index as u64, &login, "Organization")
}

/// Two in three repositories belong to an organisation, the busy ones too.
fn repository(
    index: usize,
    people: &[Account],
    organisations: &[Account],
    random: &mut ChaCha8Rng,
) -> Repository {
    let size = random.random_range(3..=14);
    let team: Vec<usize> = (0..size)
        .map(|_| random.random_range(0..people.len()))
        .collect();
    let number = index % organisations.len().max(1);
    let owner = match (index % 3, team.first()) {
        (2, Some(first)) => people.get(*first),
        _ => organisations.get(number),
    };
    let nobody = || account(0, "invented", "User");
    Repository {
        id: 50_000_001 + index as u64,
        owner: owner.cloned().unwrap_or_else(nobody),
        name: repository_name(index),
        team,
    }
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
        let world = World::new(1);
        let accounts = world.people.iter().chain(&world.bots).chain(&world.agents);
        let logins: HashSet<&str> = accounts.map(|account| account.login.as_str()).collect();
        let bots = world.bots.len() + world.agents.len();
        assert_eq!(logins.len(), PEOPLE + bots);
        let names: HashSet<String> = world
            .repositories
            .iter()
            .map(Repository::full_name)
            .collect();
        assert_eq!(names.len(), REPOSITORIES);
    }
}
