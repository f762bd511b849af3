//! Ranks on boards over all repositories, from memory where they are asked for
//! often.
//!
//! A board whose ranks are asked for again and again is read into memory once,
//! and then follows the data by re-reading those contributors whose places each
//! batch of the projector changed. It answers only while it is of the version
//! that was last heard of; at any other time the database answers.

mod board;
mod keeper;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use domain::{AccountReference, ClassFilter, Metric, Period};
use moka::future::Cache;
use tokio::sync::Notify;

pub(crate) use board::Rank;
use board::RankBoard;
pub(crate) use keeper::keep_boards;

use crate::queries::changes::Position;
use crate::version::DataVersion;

/// How often the ranks of a board are asked for before it is worth reading.
const WORTH_READING: u32 = 100;

/// How long a board whose ranks nobody asks for is kept.
const IDLE: Duration = Duration::from_secs(600);

/// A board over all repositories.
type BoardName = (Period, Metric);

/// The boards whose ranks were asked for of late.
pub(crate) struct RankBoards {
    boards: Cache<BoardName, Arc<Asked>>,
    max_bytes: u64,
    /// Told when a board has become worth reading.
    wanted: Notify,
}

/// A board that is asked for, and what is kept of it.
#[derive(Default)]
struct Asked {
    times: AtomicU32,
    kept: RwLock<Option<Kept>>,
}

/// A board in memory, and the moment of the data it is of.
struct Kept {
    version: DataVersion,
    position: Option<Position>,
    board: RankBoard,
}

impl RankBoards {
    /// Keeps boards as long as they take no more than this, roughly.
    pub(crate) fn new(max_bytes: u64) -> Self {
        let weigh = |_: &BoardName, asked: &Arc<Asked>| {
            // In kibibytes: boards are larger than what counts as a weight.
            u32::try_from(asked.bytes() / 1024 + 1).unwrap_or(u32::MAX)
        };
        Self {
            boards: Cache::builder()
                .max_capacity(max_bytes / 1024)
                .weigher(weigh)
                .time_to_idle(IDLE)
                .build(),
            max_bytes,
            wanted: Notify::new(),
        }
    }

    /// The rank of a contributor in this version of the data; `None` when
    /// memory cannot tell.
    pub(crate) async fn find(
        &self,
        version: DataVersion,
        (period, metric, class): (Period, Metric, ClassFilter),
        contributor: &AccountReference,
    ) -> Option<Rank> {
        let asked = self
            .boards
            .get_with((period, metric), async { Arc::default() });
        let asked = asked.await;
        if let Some(kept) = &*asked.read() {
            let is_current = kept.version == version;
            return is_current.then(|| kept.board.rank(contributor, class))?;
        }
        if asked.times.fetch_add(1, Ordering::Relaxed) + 1 == WORTH_READING {
            self.wanted.notify_one();
        }
        None
    }

    /// The memory that boards take, roughly.
    fn bytes(&self) -> u64 {
        self.boards.iter().map(|(_, asked)| asked.bytes()).sum()
    }
}

impl Asked {
    fn read(&self) -> RwLockReadGuard<'_, Option<Kept>> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept_version(&self) -> Option<DataVersion> {
        self.read().as_ref().map(|kept| kept.version)
    }

    /// How far the board has followed; `None` where nothing is kept.
    fn position(&self) -> Option<Option<Position>> {
        self.read().as_ref().map(|kept| kept.position)
    }

    fn bytes(&self) -> u64 {
        self.read().as_ref().map_or(0, |kept| kept.board.bytes())
    }

    fn keep(&self, kept: Option<Kept>) {
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    fn update(&self, change: impl FnOnce(&mut Kept)) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        kept.as_mut().map(change);
    }
}
