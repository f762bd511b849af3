//! A circuit breaker: after several failures in a row GitHub is left alone for
//! a while, and then asked once.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Failures in a row that open the circuit.
const FAILURES: u32 = 5;

/// How long it stays open.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<DateTime<Utc>>,
}

/// Closed while all is well; open after failures; half open when one request
/// may try again.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

impl Breaker {
    /// Whether a request may be made, or until when none may. The first one
    /// after that keeps the others waiting until it is known how it ended.
    pub(super) fn admit(&self, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match state.open_until {
            Some(until) if now < until => Err(until),
            Some(_) => {
                state.open_until = Some(now + PAUSE);
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn succeeded(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
        metrics::gauge!("circuit_open", "dependency" => "github").set(0.0);
    }

    pub(super) fn failed(&self, now: DateTime<Utc>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures += 1;
        if state.failures >= FAILURES {
            state.open_until = Some(now + PAUSE);
            metrics::gauge!("circuit_open", "dependency" => "github").set(1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_try_after_a_pause() {
        let breaker = Breaker::default();
        let start = DateTime::UNIX_EPOCH;
        for _ in 0..4 {
            breaker.failed(start);
        }
        breaker.succeeded();
        for _ in 0..5 {
            assert_eq!(breaker.admit(start), Ok(()));
            breaker.failed(start);
        }
        let later = start + PAUSE;
        assert_eq!(breaker.admit(start), Err(later));
        assert_eq!(breaker.admit(later), Ok(()));
        assert_eq!(breaker.admit(later), Err(later + PAUSE), "only one tries");
        breaker.failed(later);
        assert_eq!(breaker.admit(later), Err(later + PAUSE));
        let again = later + PAUSE;
        assert_eq!(breaker.admit(again), Ok(()));
        breaker.succeeded();
        assert_eq!(breaker.admit(again), Ok(()));
    }
}
