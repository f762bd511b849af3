//! One hour: what is under way in it, and which event comes next.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Duration, Utc};
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use super::Settings;
use super::event::{ArchivedEvent, actor, org, repo};
use super::kinds::{Kind, WEIGHTS};
use super::objects::{Issue, PullRequest};
use super::pushes::MergePush;
use super::shape::Shape;
use super::vocabulary::{VERBS, WORDS};
use super::world::{Account, World, word};

/// Ids that are set aside for each hour.
const IDS_PER_HOUR: u64 = 10_000_000;

/// Issue and pull request numbers set aside for each repository and hour, at
/// least, one for so many events of the hour, and hours after which they begin
/// again.
const NUMBERS_PER_HOUR: u64 = 200;
const EVENTS_PER_NUMBER: u64 = 100;
const HOURS_OF_NUMBERS: u64 = 5_000;

/// What an event type's generator decides: who, where, and with what.
pub(super) struct Happening {
    pub(super) event_type: &'static str,
    pub(super) actor: Account,
    pub(super) repository: usize,
    pub(super) payload: Value,
}

pub(super) struct Hour {
    pub(super) world: World,
    pub(super) random: ChaCha8Rng,
    pub(super) pulls: Vec<PullRequest>,
    pub(super) issues: Vec<Issue>,
    /// Pushes that merges bring about.
    pub(super) merges: VecDeque<MergePush>,
    /// The instant of the event being made.
    pub(super) now: String,
    begin: DateTime<Utc>,
    events: usize,
    made: usize,
    shape: Shape,
    length: usize,
    next_id: u64,
    numbers: HashMap<usize, u64>,
    kinds: Option<WeightedIndex<u32>>,
}

impl Hour {
    pub(super) fn new(settings: &Settings, begin: DateTime<Utc>, events: usize) -> Self {
        let seed = settings.seed;
        let number = u64::try_from(begin.timestamp() / 3_600).unwrap_or(0);
        let own_seed = seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self {
            world: World::new(seed, settings.size),
            random: ChaCha8Rng::seed_from_u64(own_seed),
            pulls: Vec::new(),
            issues: Vec::new(),
            merges: VecDeque::new(),
            now: String::new(),
            begin,
            events,
            made: 0,
            shape: settings.shape,
            length: settings.length.max(1),
            next_id: number * IDS_PER_HOUR,
            numbers: HashMap::new(),
            kinds: WeightedIndex::new(WEIGHTS.iter().map(|(_, weight)| *weight)).ok(),
        }
    }

    pub(super) fn next_event(&mut self) -> ArchivedEvent {
        self.now = self.instant().format("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.made += 1;
        let happening = match self.merges.pop_front() {
            Some(merge) => self.push_merge(merge),
            None => self.happen(),
        };
        let id = self.id().to_string();
        let repository = self.world.repository(happening.repository);
        ArchivedEvent {
            id,
            event_type: happening.event_type,
            actor: actor(&happening.actor),
            repo: repo(&repository),
            payload: self.shape.apply(happening.event_type, happening.payload),
            public: true,
            created_at: self.now.clone(),
            org: org(&repository),
        }
    }

    fn happen(&mut self) -> Happening {
        let drawn = self
            .kinds
            .as_ref()
            .map_or(0, |kinds| kinds.sample(&mut self.random));
        let kind = WEIGHTS.get(drawn).map_or(Kind::Push, |(kind, _)| *kind);
        self.make(kind)
    }

    /// Events are spread over the hour evenly.
    fn instant(&self) -> DateTime<Utc> {
        let seconds = self.made.saturating_mul(3_600) / self.events.max(1);
        let seconds = i64::try_from(seconds).unwrap_or(0);
        self.begin + Duration::seconds(seconds)
    }

    pub(super) fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub(super) fn number(&mut self, repository: usize) -> u64 {
        let hour = u64::try_from(self.begin.timestamp() / 3_600).unwrap_or(0);
        let set_aside = NUMBERS_PER_HOUR.max(self.events as u64 / EVENTS_PER_NUMBER);
        let first = hour % HOURS_OF_NUMBERS * set_aside;
        let number = self.numbers.entry(repository).or_insert(first);
        *number += 1;
        *number
    }

    /// Whether something happens that does so in this many of 100 cases.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    pub(super) fn sha(&mut self) -> String {
        let bytes: [u8; 20] = self.random.random();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn any_repository(&mut self) -> usize {
        self.world.any_repository(&mut self.random)
    }

    /// Somebody who works on a repository; now and then somebody else.
    pub(super) fn contributor(&mut self, repository: usize) -> Account {
        let outside = self.chance(30);
        let index = if outside {
            self.world.any_person(&mut self.random)
        } else {
            self.member(repository, usize::MAX)
        };
        self.world.person(index)
    }

    /// Somebody who may merge.
    pub(super) fn maintainer(&mut self, repository: usize) -> Account {
        let index = self.member(repository, 3);
        self.world.person(index)
    }

    fn member(&mut self, repository: usize, among: usize) -> usize {
        let team = self.world.repository(repository).team;
        let drawn = self.random.random_range(0..team.len().min(among).max(1));
        team.get(drawn).copied().unwrap_or_default()
    }

    /// A contributor, or in some of 100 cases a bot and in some an agent.
    pub(super) fn actor(&mut self, repository: usize, bots: u32, agents: u32) -> Account {
        let drawn = self.random.random_range(0..100);
        let which = self.random.random_range(0..64_usize);
        let group = match drawn {
            drawn if drawn < bots => &self.world.bots,
            drawn if drawn < bots + agents => &self.world.agents,
            _ => return self.contributor(repository),
        };
        let found = group.get(which % group.len().max(1)).cloned();
        found.unwrap_or_else(|| self.world.person(0))
    }

    pub(super) fn title(&mut self) -> String {
        let verb = word(&VERBS, self.random.random_range(0..VERBS.len()));
        format!("{verb} {}", self.words(2, 7))
    }

    /// What somebody writes: between these numbers of words, or of many more.
    pub(super) fn text(&mut self, fewest: usize, most: usize) -> String {
        self.words(fewest * self.length, most * self.length)
    }

    fn words(&mut self, fewest: usize, most: usize) -> String {
        let count = self.random.random_range(fewest..=most);
        let words = (0..count).map(|_| word(&WORDS, self.random.random_range(0..WORDS.len())));
        words.collect::<Vec<_>>().join(" ")
    }
}
