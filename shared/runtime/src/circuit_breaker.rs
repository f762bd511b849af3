//! A circuit breaker: after several failures in a row a dependency is left
//! alone for a while, and then asked once.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Failures in a row that open the circuit.
const FAILURES: u32 = 5;

/// How long it stays open.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug, Default)]
struct State {
    /// In a row.
    failures: u32,
    /// Until when nobody may ask, or nobody else while one tries.
    open_until: Option<DateTime<Utc>>,
    /// Counts up when the circuit opens, when one tries, and when it closes.
    turn: u64,
    /// Who wants to be told of changes.
    followers: Vec<UnboundedSender<CircuitChange>>,
}

/// That a request may be made, by whom it is known when that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Admission {
    turn: u64,
}

/// A circuit opened, stays open for another pause, or closed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CircuitChange {
    /// What is asked no more, or again.
    pub dependency: &'static str,
    /// Failures in a row; none when it closed.
    pub failures: u32,
    /// Until when nobody asks; `None` when it closed.
    pub open_until: Option<DateTime<Utc>>,
    /// When it changed.
    pub changed_at: DateTime<Utc>,
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

    /// Every change from now on.
    #[must_use]
    pub fn follow(&self) -> UnboundedReceiver<CircuitChange> {
        let (tell, told) = unbounded_channel();
        self.state().followers.push(tell);
        told
    }

    /// Whether a request may be made, or until when none may. The first one
    /// after that keeps the others waiting until it is known how it ended.
    ///
    /// # Errors
    /// The instant until which no request may be made.
    pub fn admit(&self, now: DateTime<Utc>) -> Result<Admission, DateTime<Utc>> {
        let mut state = self.state();
        match state.open_until {
            Some(until) if now < until => return Err(until),
            Some(_) => {
                state.open_until = Some(now + PAUSE);
                state.turn += 1;
            }
            None => {}
        }
        Ok(Admission { turn: state.turn })
    }

    /// Takes note that a request was answered, whenever it was made: the circuit
    /// is closed.
    pub fn succeeded(&self, now: DateTime<Utc>) {
        let mut state = self.state();
        state.failures = 0;
        if state.open_until.take().is_some() {
            state.turn += 1;
            tracing::info!(dependency = self.dependency, "circuit_closed");
            self.tell(&mut state, now);
        }
        self.show(0.0);
    }

    /// Takes note that a request was not answered; the fifth in a row opens
    /// the circuit. One that was made before the circuit last opened or closed,
    /// or before the one that tries now, says nothing new.
    pub fn failed(&self, admission: Admission, now: DateTime<Utc>) {
        let mut state = self.state();
        if admission.turn != state.turn {
            return;
        }
        state.failures += 1;
        if state.failures >= FAILURES {
            let (dependency, failures, until) = (self.dependency, state.failures, now + PAUSE);
            tracing::warn!(dependency, failures, %until, "circuit_opened");
            state.open_until = Some(until);
            state.turn += 1;
            self.show(1.0);
            self.tell(&mut state, now);
        }
    }

    /// Tells of how it is now while nobody can change it, so that changes come in
    /// their order.
    fn tell(&self, state: &mut State, now: DateTime<Utc>) {
        let change = CircuitChange {
            dependency: self.dependency,
            failures: state.failures,
            open_until: state.open_until,
            changed_at: now,
        };
        // Whoever is gone needs no telling.
        state
            .followers
            .retain(|follower| follower.send(change.clone()).is_ok());
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

    const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

    /// Asks, and is not answered.
    fn fail(breaker: &CircuitBreaker, now: DateTime<Utc>) {
        let admission = breaker.admit(now).unwrap();
        breaker.failed(admission, now);
    }

    /// One that opened at the start, and what it tells from then on.
    fn opened() -> (CircuitBreaker, UnboundedReceiver<CircuitChange>) {
        let breaker = CircuitBreaker::of("test");
        let mut told = breaker.follow();
        for _ in 0..FAILURES {
            fail(&breaker, START);
        }
        let failures = FAILURES;
        assert_eq!(changes(&mut told), [(failures, Some(START + PAUSE), START)]);
        (breaker, told)
    }

    /// What was told: failures, until when it is open, and when it changed.
    fn changes(
        told: &mut UnboundedReceiver<CircuitChange>,
    ) -> Vec<(u32, Option<DateTime<Utc>>, DateTime<Utc>)> {
        let mut changes = Vec::new();
        while let Ok(change) = told.try_recv() {
            assert_eq!(change.dependency, "test");
            changes.push((change.failures, change.open_until, change.changed_at));
        }
        changes
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_try_after_a_pause() {
        let breaker = CircuitBreaker::of("test");
        for _ in 0..4 {
            fail(&breaker, START);
        }
        breaker.succeeded(START);
        for _ in 0..5 {
            fail(&breaker, START);
        }
        let later = START + PAUSE;
        assert_eq!(breaker.admit(START), Err(later));
        let tried = breaker.admit(later).unwrap();
        assert_eq!(breaker.admit(later), Err(later + PAUSE), "only one tries");
        breaker.failed(tried, later);
        assert_eq!(breaker.admit(later), Err(later + PAUSE));
        let again = later + PAUSE;
        assert!(breaker.admit(again).is_ok());
        breaker.succeeded(again);
        assert!(breaker.admit(again).is_ok());
        assert!(breaker.admit(again).is_ok(), "as many as there are");
    }

    #[test]
    fn it_tells_of_changes_and_not_of_requests() {
        let breaker = CircuitBreaker::of("test");
        let mut told = breaker.follow();
        for _ in 0..4 {
            fail(&breaker, START);
        }
        breaker.succeeded(START);
        breaker.succeeded(START);
        assert_eq!(changes(&mut told), []);

        let (breaker, mut told) = opened();
        assert!(breaker.admit(START).is_err());
        let later = START + PAUSE;
        let tried = breaker.admit(later).unwrap();
        assert_eq!(changes(&mut told), [], "a try is no change");
        breaker.failed(tried, later);
        assert_eq!(changes(&mut told), [(6, Some(later + PAUSE), later)]);
        let again = later + PAUSE;
        let _ = breaker.admit(again).unwrap();
        breaker.succeeded(again);
        breaker.succeeded(again);
        assert_eq!(changes(&mut told), [(0, None, again)]);
        for _ in 0..4 {
            fail(&breaker, again);
        }
        assert_eq!(changes(&mut told), [], "it counts from the beginning");
    }

    #[test]
    fn what_was_asked_before_it_opened_changes_nothing_when_it_fails() {
        let breaker = CircuitBreaker::of("test");
        let mut told = breaker.follow();
        let pending: Vec<Admission> = (0..8).map(|_| breaker.admit(START).unwrap()).collect();
        for admission in &pending[..6] {
            breaker.failed(*admission, START);
        }
        let later = START + PAUSE;
        assert_eq!(changes(&mut told), [(5, Some(later), START)]);

        let tried = breaker.admit(later).unwrap();
        let meanwhile = later + TimeDelta::seconds(1);
        breaker.failed(pending[6], meanwhile);
        assert_eq!(changes(&mut told), [], "the one that tries is not back");
        assert_eq!(breaker.admit(meanwhile), Err(later + PAUSE));
        breaker.succeeded(meanwhile);
        assert_eq!(changes(&mut told), [(0, None, meanwhile)]);
        breaker.failed(pending[7], meanwhile);
        breaker.failed(tried, meanwhile);
        for _ in 0..4 {
            fail(&breaker, meanwhile);
        }
        assert_eq!(changes(&mut told), [], "four in a row since it closed");
    }

    #[test]
    fn one_that_tries_for_longer_than_a_pause_is_not_waited_for() {
        let (breaker, mut told) = opened();
        let later = START + PAUSE;
        let slow = breaker.admit(later).unwrap();
        let again = later + PAUSE;
        let next = breaker.admit(again).unwrap();
        breaker.failed(slow, again);
        assert_eq!(changes(&mut told), []);
        breaker.failed(next, again);
        assert_eq!(changes(&mut told), [(6, Some(again + PAUSE), again)]);
    }

    #[test]
    fn an_answer_to_what_was_asked_before_it_opened_closes_it() {
        let (breaker, mut told) = opened();
        let meanwhile = START + TimeDelta::seconds(1);
        breaker.succeeded(meanwhile);
        assert_eq!(changes(&mut told), [(0, None, meanwhile)]);
        assert!(breaker.admit(meanwhile).is_ok());
    }

    #[test]
    fn whoever_hears_of_it_no_more_is_forgotten() {
        let breaker = CircuitBreaker::of("test");
        drop(breaker.follow());
        let mut told = breaker.follow();
        for _ in 0..FAILURES {
            fail(&breaker, START);
        }
        assert_eq!(changes(&mut told).len(), 1);
        assert_eq!(breaker.state().followers.len(), 1);
    }
}
