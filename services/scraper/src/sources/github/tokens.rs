//! A pool of tokens: each has a budget of its own, and the one with most left
//! is used.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// A token is left alone for this long when GitHub says that it is asked too
/// much and not for how long ("Rate limits for the REST API", read in
/// November 2026: wait at least one minute).
const SECONDARY_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// A token that is refused is tried again after this long: it may have been
/// approved meanwhile.
const REFUSED_PAUSE: TimeDelta = TimeDelta::hours(1);

/// A token for GitHub's API. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Takes a token; white space around it is no part of it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    pub(super) fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a token")
    }
}

/// What an answer says of the budget of the token it was asked with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Limits {
    /// `X-RateLimit-Remaining`.
    pub(super) remaining: Option<u64>,
    /// `X-RateLimit-Reset`.
    pub(super) resets_at: Option<DateTime<Utc>>,
    /// `Retry-After`.
    pub(super) retry_after: Option<TimeDelta>,
}

/// Why a token cannot be used for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// 403 or 429: its budget is spent, or it is asked too much.
    Limited,
    /// 401: it is not, or no more, a token.
    Invalid,
}

#[derive(Clone, Debug)]
struct Budget {
    token: Option<Token>,
    remaining: Option<u64>,
    resets_at: Option<DateTime<Utc>>,
    paused_until: Option<DateTime<Utc>>,
}

impl Budget {
    fn new(token: Option<Token>) -> Self {
        Self {
            token,
            remaining: None,
            resets_at: None,
            paused_until: None,
        }
    }

    /// When the token can be used; `None`: now.
    fn free_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let spent_until = self.resets_at.filter(|_| self.remaining == Some(0));
        let free_at = self.paused_until.max(spent_until);
        free_at.filter(|free_at| *free_at > now)
    }

    fn left(&self, now: DateTime<Utc>) -> u64 {
        let is_reset = self.resets_at.is_none_or(|resets_at| resets_at <= now);
        let known = self.remaining.filter(|_| !is_reset);
        known.unwrap_or(u64::MAX)
    }
}

/// The tokens and what is left of their budgets.
#[derive(Debug)]
pub(super) struct Pool {
    budgets: Mutex<Vec<Budget>>,
    /// The metric of what is left.
    gauge: &'static str,
}

impl Pool {
    /// A pool of these tokens; without any, GitHub is asked anonymously.
    pub(super) fn new(tokens: Vec<Token>, gauge: &'static str) -> Self {
        let mut budgets: Vec<Budget> = tokens.into_iter().map(Some).map(Budget::new).collect();
        if budgets.is_empty() {
            budgets.push(Budget::new(None));
        }
        Self {
            budgets: Mutex::new(budgets),
            gauge,
        }
    }

    /// The token with most left, and its place; or when there will be one.
    pub(super) fn choose(
        &self,
        now: DateTime<Utc>,
    ) -> Result<(usize, Option<Token>), DateTime<Utc>> {
        let budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let free = budgets.iter().enumerate();
        let free = free.filter(|(_, budget)| budget.free_at(now).is_none());
        // Of equals the first: max_by_key takes the last.
        let chosen = free.rev().max_by_key(|(_, budget)| budget.left(now));
        if let Some((place, budget)) = chosen {
            return Ok((place, budget.token.clone()));
        }
        let free_at = budgets
            .iter()
            .filter_map(|budget| budget.free_at(now))
            .min();
        Err(free_at.unwrap_or(now))
    }

    /// Takes note of what an answer said of a token's budget.
    pub(super) fn note(
        &self,
        place: usize,
        limits: Limits,
        refusal: Option<Refusal>,
        now: DateTime<Utc>,
    ) {
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(budget) = budgets.get_mut(place) else {
            return;
        };
        budget.remaining = limits.remaining.or(budget.remaining);
        budget.resets_at = limits.resets_at.or(budget.resets_at);
        // By a clock that is ahead of GitHub's a budget may be back already.
        let is_spent = limits.remaining == Some(0) && limits.resets_at > Some(now);
        let pause = match refusal {
            Some(Refusal::Limited) => limits
                .retry_after
                .or_else(|| (!is_spent).then_some(SECONDARY_PAUSE)),
            Some(Refusal::Invalid) => Some(REFUSED_PAUSE),
            None => None,
        };
        if let Some(pause) = pause {
            let until = now.checked_add_signed(pause);
            budget.paused_until = Some(until.unwrap_or(DateTime::<Utc>::MAX_UTC));
        }
        let left: u64 = budgets
            .iter()
            .map(|budget| budget.left(now))
            .filter(|left| *left != u64::MAX)
            .sum();
        metrics::gauge!(self.gauge).set(f64::from(u32::try_from(left).unwrap_or(u32::MAX)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn limits(remaining: u64, resets_at: DateTime<Utc>) -> Limits {
        Limits {
            remaining: Some(remaining),
            resets_at: Some(resets_at),
            retry_after: None,
        }
    }

    fn pool() -> Pool {
        Pool::new(vec![Token::new("one"), Token::new("two")], "left")
    }

    #[test]
    fn the_token_with_most_left_is_used() {
        let pool = pool();
        assert_eq!(pool.choose(at(0)).unwrap().0, 0);
        pool.note(0, limits(10, at(60)), None, at(0));
        assert_eq!(pool.choose(at(0)).unwrap().0, 1);
        pool.note(1, limits(9, at(60)), None, at(0));
        assert_eq!(pool.choose(at(0)).unwrap().0, 0);
    }

    #[test]
    fn a_spent_token_rests_until_its_reset() {
        let pool = pool();
        pool.note(0, limits(0, at(40)), None, at(0));
        pool.note(1, limits(0, at(30)), Some(Refusal::Limited), at(0));
        assert_eq!(pool.choose(at(10)).unwrap_err(), at(30));
        assert_eq!(pool.choose(at(30)).unwrap().0, 1);
        assert_eq!(pool.choose(at(41)).unwrap().0, 0);
    }

    #[test]
    fn who_asks_too_much_waits_as_long_as_is_said_and_else_a_minute() {
        let pool = Pool::new(Vec::new(), "left");
        let told = Limits {
            retry_after: Some(TimeDelta::seconds(90)),
            ..limits(50, at(60))
        };
        pool.note(0, told, Some(Refusal::Limited), at(0));
        assert_eq!(
            pool.choose(at(1)).unwrap_err(),
            at(0) + TimeDelta::seconds(90)
        );
        pool.note(0, limits(50, at(60)), Some(Refusal::Limited), at(2));
        assert_eq!(pool.choose(at(2)).unwrap_err(), at(3));
        assert!(pool.choose(at(3)).is_ok());
        // Spent, and by our clock back already: asked again at once it would be
        // refused at once.
        pool.note(0, limits(0, at(3)), Some(Refusal::Limited), at(3));
        assert_eq!(pool.choose(at(3)).unwrap_err(), at(4));
        let for_ever = Limits {
            retry_after: Some(TimeDelta::MAX),
            ..limits(50, at(60))
        };
        pool.note(0, for_ever, Some(Refusal::Limited), at(4));
        assert_eq!(pool.choose(at(5)).unwrap_err(), DateTime::<Utc>::MAX_UTC);
    }

    #[test]
    fn tokens_are_never_shown() {
        assert!(!format!("{:?}", pool()).contains("two"));
    }
}
