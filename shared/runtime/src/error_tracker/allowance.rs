//! How many errors are told: a system that breaks says the same thousands of
//! times, and nobody reads it as often.

use std::time::{Duration, Instant};

/// As many at once.
const AT_ONCE: u32 = 30;

/// And then one in each such time.
const ONE_IN: Duration = Duration::from_secs(2);

/// What may still be told.
#[derive(Debug)]
pub(super) struct Allowance {
    left: u32,
    counted_at: Instant,
    /// The tracker wants to be left alone until then.
    silent_until: Option<Instant>,
}

impl Allowance {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            left: AT_ONCE,
            counted_at: now,
            silent_until: None,
        }
    }

    /// Whether one more may be told now; then it is counted.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        if self.silent_until.is_some_and(|until| now < until) {
            return false;
        }
        let since = now.saturating_duration_since(self.counted_at);
        let more = since.as_secs() / ONE_IN.as_secs();
        if more > 0 {
            let more = u32::try_from(more).unwrap_or(u32::MAX);
            self.left = self.left.saturating_add(more).min(AT_ONCE);
            self.counted_at = now;
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }

    /// Nothing is told for a while.
    pub(super) fn pause(&mut self, now: Instant, time: Duration) {
        self.silent_until = now.checked_add(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_told_at_once_and_then_few() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        let told = (0..1_000).filter(|_| allowance.take(start)).count();
        assert_eq!(told, 30);
        assert!(!allowance.take(start + Duration::from_secs(1)));
        assert!(allowance.take(start + Duration::from_secs(2)));
        assert!(!allowance.take(start + Duration::from_secs(2)));
        let later = start + Duration::from_secs(3_600);
        let told = (0..1_000).filter(|_| allowance.take(later)).count();
        assert_eq!(told, 30, "an hour of silence saves up no more");
    }

    #[test]
    fn a_tracker_that_wants_to_be_left_alone_is() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        allowance.pause(start, Duration::from_secs(60));
        assert!(!allowance.take(start + Duration::from_secs(59)));
        assert!(allowance.take(start + Duration::from_secs(60)));
    }
}
