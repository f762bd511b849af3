//! What the stand-in knows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use runtime::{Clock, FixedClock};
use serde_json::Value;

/// How the stand-in fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 502, as GitHub answers when it is overloaded.
    BadGateway,
    /// 403 and `Retry-After`: asked too much at once.
    SecondaryLimit {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// 429 without a word about when.
    TooMany,
    /// 429 and `Retry-After`.
    TooManyFor {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// No answer, ever.
    Silence,
    /// Half of the answer; then the connection is closed.
    Half,
}

#[derive(Default)]
pub(super) struct Repository {
    pub(super) name: String,
    /// Newest first.
    pub(super) feed: Vec<Value>,
    pub(super) issues: Vec<Value>,
    pub(super) objects: HashMap<String, Value>,
}

pub(super) struct World {
    pub(super) repositories: HashMap<u64, Repository>,
    pub(super) former_names: HashMap<String, u64>,
    pub(super) budget: u64,
    /// Requests each token made in its hour, and when that ends.
    pub(super) used: HashMap<String, (u64, DateTime<Utc>)>,
    /// Requests before the faults, how many fail, and how.
    pub(super) faults: Option<(u64, u64, Fault)>,
    /// Pull requests in a query of GraphQL at most.
    pub(super) most_queried: usize,
    pub(super) queries: u64,
    pub(super) pulls: u64,
    pub(super) charged: u64,
    pub(super) requests: u64,
}

impl World {
    pub(super) fn find(&self, name: &str) -> Option<u64> {
        let bears = |repository: &Repository| repository.name.eq_ignore_ascii_case(name);
        let mut all = self.repositories.iter();
        all.find(|(_, repository)| bears(repository))
            .map(|(id, _)| *id)
    }

    /// What is left of a token's budget, and until when.
    pub(super) fn left(&mut self, token: &str, now: DateTime<Utc>) -> (u64, DateTime<Utc>) {
        let fresh = (0, now + TimeDelta::hours(1));
        let used = self.used.entry(token.to_owned()).or_insert(fresh);
        if used.1 <= now {
            *used = fresh;
        }
        (self.budget.saturating_sub(used.0), used.1)
    }

    pub(super) fn charge(&mut self, token: &str) {
        self.charged += 1;
        if let Some(used) = self.used.get_mut(token) {
            used.0 += 1;
        }
    }

    /// The fault that is due, if any.
    pub(super) fn fault(&mut self) -> Option<Fault> {
        match &mut self.faults {
            Some((0, 0, _)) | None => None,
            Some((0, times, fault)) => {
                *times -= 1;
                Some(*fault)
            }
            Some((after, ..)) => {
                *after -= 1;
                None
            }
        }
    }
}

pub(super) struct State {
    world: Mutex<World>,
    clock: Arc<FixedClock>,
}

impl State {
    pub(super) fn new(clock: Arc<FixedClock>) -> Self {
        let world = World {
            repositories: HashMap::new(),
            former_names: HashMap::new(),
            budget: 5_000,
            used: HashMap::new(),
            faults: None,
            most_queried: 99,
            queries: 0,
            pulls: 0,
            charged: 0,
            requests: 0,
        };
        Self {
            world: Mutex::new(world),
            clock,
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
