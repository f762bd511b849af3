//! A circuit breaker: after several failures in a row a dependency is left
//! alone for a while, and then asked once.

use std::sync::{Mutex, MutexGuard, PoisonError};

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
#[derive(Debug)]
pub struct CircuitBreaker {
    dependency: &'static str,
    state: Mutex<State>,
}

impl CircuitBreaker {
    /// A closed one, for a dependency by its name in `circuit_open`.
    #[must_use]
    pub fn of(dependency: &'static str) -> Self {
        let breaker = Self {
            dependency,
            state: Mutex::default(),
        };
        breaker.show(0.0);
        breaker
    }

    /// Whether a request may be made, or until when none may. The first one
    /// after that keeps the others waiting until it is known how it ended.
    ///
    /// # Errors
    /// The instant until which no request may be made.
    pub fn admit(&self, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        let mut state = self.state();
        match state.open_until {
            Some(until) if now < until => Err(until),
            Some(_) => {
                state.open_until = Some(now + PAUSE);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Takes note that a request was answered: the circuit is closed.
    pub fn succeeded(&self) {
        let before = std::mem::take(&mut *self.state());
        if before.open_until.is_some() {
            tracing::info!(dependency = self.dependency, "circuit_closed");
        }
        self.show(0.0);
    }

    /// Takes note that a request was not answered; the fifth in a row opens
    /// the circuit.
    pub fn failed(&self, now: DateTime<Utc>) {
        let mut state = self.state();
        state.failures += 1;
        if state.failures >= FAILURES {
            let (dependency, failures, until) = (self.dependency, state.failures, now + PAUSE);
            tracing::warn!(dependency, failures, %until, "circuit_opened");
            state.open_until = Some(until);
            self.show(1.0);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, open: f64) {
        metrics::gauge!("circuit_open", "dependency" => self.dependency).set(open);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_try_after_a_pause() {
        let breaker = CircuitBreaker::of("test");
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
