//! How many streams there are, and may be.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::problem::{Problem, ProblemKind};

/// What streams tell of, as metrics call it.
pub(super) const BOARD: &str = "board";
pub(super) const CONTRIBUTIONS: &str = "contributions";
pub(super) const JOBS: &str = "jobs";

/// Room for so many streams.
pub(super) struct Seats {
    free: Arc<Semaphore>,
    most: usize,
    taken: AtomicU64,
}

/// Room for one stream, until it ends.
pub(super) struct Seat {
    stream: &'static str,
    /// Differs from seat to seat.
    pub(super) number: u64,
    _permit: OwnedSemaphorePermit,
}

impl Seats {
    pub(super) fn new(most: usize) -> Self {
        for stream in [BOARD, CONTRIBUTIONS, JOBS] {
            metrics::gauge!("live_streams_open", "about" => stream).set(0.0);
        }
        for stream in [CONTRIBUTIONS, JOBS] {
            metrics::counter!("live_readers_dropped_total", "about" => stream).absolute(0);
        }
        Self {
            free: Arc::new(Semaphore::new(most)),
            most,
            taken: AtomicU64::new(0),
        }
    }

    /// A seat, if one is free.
    pub(super) fn take(&self, stream: &'static str) -> Result<Seat, Problem> {
        let permit = Arc::clone(&self.free).try_acquire_owned();
        let permit = permit.map_err(|_| no_room(self.most, "streams are open"))?;
        metrics::gauge!("live_streams_open", "about" => stream).increment(1.0);
        Ok(Seat {
            stream,
            number: self.taken.fetch_add(1, Ordering::Relaxed),
            _permit: permit,
        })
    }
}

impl Seat {
    /// Counts that its reader was too slow.
    pub(super) fn count_drop(&self) {
        metrics::counter!("live_readers_dropped_total", "about" => self.stream).increment(1);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::gauge!("live_streams_open", "about" => self.stream).decrement(1.0);
    }
}

/// The problem that there is no room for one more.
pub(super) fn no_room(most: usize, what: &str) -> Problem {
    Problem::new(
        ProblemKind::TooManyStreams,
        format!("{most} {what}, and no more are taken; come back after the time in Retry-After"),
    )
}
