//! How often a reader may ask.
//!
//! Limits are kept by the generic cell rate algorithm: a full allowance may be
//! used at once, and comes back evenly over the period. There is no edge of a
//! window to wait for, and what a reader has left is one number.

mod allowance;
mod rate;
mod store;

use std::hash::Hash;
use std::net::IpAddr;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter};

pub use allowance::{Allowance, Policy, RATE_LIMIT, RATE_LIMIT_POLICY, forget_allowance};
pub use rate::{Rate, RateError};

use self::store::Bounded;

/// Most readers whose use is remembered, of each kind; of more, those who
/// asked last. Each takes some 200 bytes.
const MOST_READERS: u64 = 65_536;

/// How many times as often images may be asked for: one proxy of images asks
/// for all the readers of all the pages that they are in.
const IMAGES: u32 = 10;

/// The limits of all readers.
#[derive(Debug)]
pub struct Limits<C: Clock = DefaultClock> {
    answers: Option<Limit<IpAddr, C>>,
    images: Option<Limit<IpAddr, C>>,
    keys: Option<Limit<String, C>>,
}

impl Limits {
    /// Limits by address and by key; without a rate there is none.
    #[must_use]
    pub fn new(by_address: Option<Rate>, by_key: Option<Rate>) -> Self {
        Self::by_clock(by_address, by_key, &DefaultClock::default())
    }
}

impl<C: Clock + Clone> Limits<C> {
    fn by_clock(by_address: Option<Rate>, by_key: Option<Rate>, clock: &C) -> Self {
        let images = by_address.map(|rate| rate.times(IMAGES));
        Self {
            answers: by_address.map(|rate| Limit::new(Policy::Address, rate, clock)),
            images: images.map(|rate| Limit::new(Policy::Images, rate, clock)),
            keys: by_key.map(|rate| Limit::new(Policy::Key, rate, clock)),
        }
    }

    /// Counts a request from a network, for an image or for something else.
    pub(crate) fn count_address(&self, network: IpAddr, image: bool) -> Option<Allowance> {
        let limit = if image { &self.images } else { &self.answers };
        limit.as_ref().map(|limit| limit.count(&network))
    }

    /// Counts a request with a key; keys of one name are one reader.
    pub(crate) fn count_key(&self, name: &str) -> Option<Allowance> {
        self.keys
            .as_ref()
            .map(|limit| limit.count(&name.to_owned()))
    }
}

/// One limit, of each of several readers.
#[derive(Debug)]
struct Limit<K, C>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    C: Clock,
{
    policy: Policy,
    rate: Rate,
    clock: C,
    limiter: RateLimiter<K, Bounded<K>, C, StateInformationMiddleware>,
}

impl<K, C> Limit<K, C>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    C: Clock + Clone,
{
    fn new(policy: Policy, rate: Rate, clock: &C) -> Self {
        let quota = Quota::with_period(rate.interval());
        let quota = quota.unwrap_or(Quota::per_second(rate.count()));
        let quota = quota.allow_burst(rate.count());
        // Whoever did not ask for a whole period has everything left.
        let store = Bounded::new(MOST_READERS, rate.period());
        Self {
            policy,
            rate,
            clock: clock.clone(),
            limiter: RateLimiter::new(quota, store, clock.clone()),
        }
    }

    fn count(&self, reader: &K) -> Allowance {
        let (left, wait) = match self.limiter.check_key(reader) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(denied) => (0, Some(denied.wait_time_from(self.clock.now()))),
        };
        Allowance::new(self.policy, self.rate, left, wait)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_allowance_is_used_up_and_comes_back_evenly() {
        let clock = FakeRelativeClock::default();
        let limits = Limits::by_clock("3/1m".parse().ok(), None, &clock);
        let count = || limits.count_address(address("203.0.113.9"), false).unwrap();
        for left in [2, 1, 0] {
            let allowance = count();
            assert_eq!((allowance.left(), allowance.wait_seconds()), (left, None));
        }
        assert_eq!(count().wait_seconds(), Some(20));
        clock.advance(Duration::from_secs(19));
        assert_eq!(count().wait_seconds(), Some(1), "asking costs nothing");
        clock.advance(Duration::from_secs(1));
        assert_eq!(count().wait_seconds(), None);
        assert!(count().wait_seconds().is_some());
        let other = limits
            .count_address(address("203.0.113.10"), false)
            .unwrap();
        assert_eq!(other.left(), 2, "others have their own");
        let image = limits.count_address(address("203.0.113.9"), true).unwrap();
        assert_eq!(image.left(), 29, "images have their own");
        assert!(limits.count_key("ann").is_none());
    }

    #[test]
    fn memory_is_bounded_however_many_ask() {
        let clock = FakeRelativeClock::default();
        let limit: Limit<u64, _> = Limit::new(Policy::Address, "2/1h".parse().unwrap(), &clock);
        for reader in 0..3 * MOST_READERS {
            limit.count(&reader);
        }
        assert!(limit.limiter.into_state_store().len() <= MOST_READERS);
    }
}
