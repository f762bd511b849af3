//! How fast batches are projected, and how fast they may be.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How much the latest batch counts beside all before it.
const NEWS: f64 = 0.3;

/// Measures messages per second, the latest batches most.
#[derive(Debug)]
pub(super) struct Meter {
    since: Instant,
    rate: Option<f64>,
}

impl Meter {
    pub(super) fn start() -> Self {
        Self {
            since: Instant::now(),
            rate: None,
        }
    }

    /// The rate with a batch that is about to be committed.
    pub(super) fn with(&self, messages: usize) -> f64 {
        let seconds = self.since.elapsed().as_secs_f64().max(1e-6);
        let latest = messages as f64 / seconds;
        self.rate
            .map_or(latest, |before| before + NEWS * (latest - before))
    }

    /// Counts a batch that was committed.
    pub(super) fn count(&mut self, messages: usize) {
        self.rate = Some(self.with(messages));
        self.since = Instant::now();
    }
}

/// How fast a generation may be built, shared by all of its projections; it
/// can be changed while they run.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// Messages per second; 0 for no limit.
    limit: AtomicU32,
    /// When the next message is due.
    due: Mutex<Option<Instant>>,
}

impl Pace {
    /// Sets how many messages a second there may be; none for no limit.
    pub fn set(&self, limit: Option<u32>) {
        self.0.limit.store(limit.unwrap_or(0), Ordering::Relaxed);
    }

    fn limit(&self) -> Option<u32> {
        Some(self.0.limit.load(Ordering::Relaxed)).filter(|limit| *limit > 0)
    }

    /// The most messages in a batch: what may be done in a second, so that the
    /// work is spread over time.
    pub(super) fn largest_batch(&self, largest: usize) -> usize {
        self.limit()
            .map_or(largest, |limit| largest.min(limit as usize))
    }

    /// Waits until so many messages may be projected.
    pub(super) async fn wait_for(&self, messages: usize) {
        if let Some(limit) = self.limit() {
            let begin = self.take_turn(messages, limit, Instant::now());
            tokio::time::sleep_until(begin.into()).await;
        }
    }

    /// When a batch may begin; the one after it must wait for it.
    fn take_turn(&self, messages: usize, limit: u32, now: Instant) -> Instant {
        let mut due = self.0.due.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = due.unwrap_or(now).max(now);
        let takes = Duration::from_secs_f64(messages as f64 / f64::from(limit));
        *due = Some(begin + takes);
        begin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_begin_as_far_apart_as_the_limit_says() {
        let pace = Pace::default();
        let now = Instant::now();
        let begins = [(500, 0), (1_000, 0), (10, 0), (10, 60)]
            .map(|(messages, later)| {
                pace.take_turn(messages, 1_000, now + Duration::from_secs(later))
            })
            .map(|begin| (begin - now).as_millis());
        // A pause is no credit for going faster afterwards.
        assert_eq!(begins, [0, 500, 1_500, 60_000]);
    }

    #[test]
    fn a_limit_bounds_batches_and_none_does_not() {
        let pace = Pace::default();
        assert_eq!(pace.largest_batch(40_000), 40_000);
        pace.set(Some(250));
        assert_eq!(pace.largest_batch(40_000), 250);
        pace.set(None);
        assert_eq!(pace.largest_batch(40_000), 40_000);
    }
}
