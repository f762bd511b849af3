//! What the stand-in knows.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// How the stand-in fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 503 with a page of HTML, as load balancers answer.
    Html,
    /// 429 without the list of errors that is documented.
    TooMany,
    /// 403 for asking too often.
    RateLimit,
    /// 403 for good.
    Denied,
    /// No answer, ever.
    Silence,
    /// What was asked for is done, but only half of the answer comes back.
    Half,
}

/// A day's table.
pub(super) struct Table {
    pub(super) events: Vec<Value>,
    /// Bytes of all columns but the payload.
    pub(super) light: u64,
    /// Bytes of all columns.
    pub(super) whole: u64,
}

/// A job that was started.
#[derive(Clone, Default)]
pub(super) struct StoredJob {
    pub(super) billed: u64,
    /// Looks until it is done.
    pub(super) looks: u32,
    pub(super) error: Option<(String, String)>,
    /// `None` once they are kept no more.
    pub(super) rows: Option<Vec<Vec<Option<String>>>>,
}

pub(super) struct World {
    pub(super) tables: HashMap<String, Table>,
    pub(super) jobs: HashMap<String, StoredJob>,
    pub(super) page: usize,
    pub(super) looks: u32,
    /// Requests before the faults, how many fail, and how.
    pub(super) faults: Option<(u64, u64, Fault)>,
    pub(super) job_fault: Option<String>,
}

impl World {
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

pub(super) struct State(Mutex<World>);

impl Default for State {
    fn default() -> Self {
        Self(Mutex::new(World {
            tables: HashMap::new(),
            jobs: HashMap::new(),
            page: 1_000,
            looks: 0,
            faults: None,
            job_fault: None,
        }))
    }
}

impl State {
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
