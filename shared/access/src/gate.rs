//! The gate: which host, who, and how often.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, Uri, header};
use runtime::{Clock, SystemClock};

use crate::client::{Proxies, is_local, network_of};
use crate::hosts::AllowedHosts;
use crate::keys::{Key, KeyRing};
use crate::limits::{Allowance, Limits, Policy, Rate};
use crate::refusal::Refusal;
use crate::scope::Scope;

/// The usual rate of an address: a person who opens a board a second all
/// minute long uses a twentieth of it, and a program that pages through a
/// hundred thousand members 200 at a time less than half.
const USUAL_RATE: &str = "1200/1m";

/// What a deployment may set.
#[derive(Clone, Debug, Default)]
pub struct GateSettings {
    /// Names that are answered to; any, if there are none.
    pub hosts: AllowedHosts,
    /// Whose word is taken for where requests come from.
    pub proxies: Proxies,
    /// How often an address may ask.
    pub by_address: Option<Rate>,
    /// How often the readers of a key may ask.
    pub by_key: Option<Rate>,
    /// Whether addresses that are not of the Internet may ask as often as they
    /// like: they are machines nearby, or a proxy that nobody told us of,
    /// behind which all readers would share one allowance.
    pub spare_local: bool,
}

impl GateSettings {
    /// The rate of an address where none is set.
    #[must_use]
    pub fn usual_rate() -> Option<Rate> {
        USUAL_RATE.parse().ok()
    }
}

/// Who asks.
#[derive(Clone, Debug)]
pub enum Reader {
    /// Whoever has this key.
    Key(Arc<Key>),
    /// Anybody.
    Anybody,
}

/// What every request passes.
pub struct Gate {
    settings: GateSettings,
    limits: Limits,
    keys: Arc<KeyRing>,
    clock: Arc<dyn Clock>,
    was_warned: AtomicBool,
}

impl fmt::Debug for Gate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "gate with {:?} and {:?}", self.settings, self.keys)
    }
}

impl Default for Gate {
    /// A gate that stands open: every host, no keys, no limits.
    fn default() -> Self {
        Self::new(
            GateSettings::default(),
            Arc::default(),
            Arc::new(SystemClock),
        )
    }
}

impl Gate {
    /// A gate.
    #[must_use]
    pub fn new(settings: GateSettings, keys: Arc<KeyRing>, clock: Arc<dyn Clock>) -> Self {
        for policy in Policy::ALL {
            limited(policy).increment(0);
        }
        Self {
            limits: Limits::new(settings.by_address, settings.by_key),
            settings,
            keys,
            clock,
            was_warned: AtomicBool::new(false),
        }
    }

    /// Whether a request is for a host that is answered to.
    ///
    /// # Errors
    /// The [`Refusal`] of one that is not.
    pub fn check_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        self.settings.hosts.check(uri, headers)
    }

    /// Lets in whoever asks, and counts that they did; `image` says that it is
    /// for an image, of which others ask for many readers. A key that does not
    /// hold is counted as a request of the address, so that nobody tries many.
    ///
    /// # Errors
    /// The [`Refusal`] of who asked too often, or with a key that does not hold.
    pub fn enter(
        &self,
        headers: &HeaderMap,
        peer: Option<SocketAddr>,
        image: bool,
    ) -> Result<(Reader, Option<Allowance>), Refusal> {
        let secret = bearer(headers).filter(|_| self.keys.is_used());
        let found = secret.map(|secret| self.holder(secret));
        let (reader, allowance) = match found {
            Some(Ok(key)) => {
                let allowance = self.limits.count_key(key.name());
                (Ok(Reader::Key(key)), allowance)
            }
            Some(Err(refusal)) => (Err(refusal), self.count_address(headers, peer, image)),
            None => (
                Ok(Reader::Anybody),
                self.count_address(headers, peer, image),
            ),
        };
        if let Some(allowance) = allowance.filter(|allowance| allowance.wait_seconds().is_some()) {
            limited(allowance.policy()).increment(1);
            return Err(Refusal::TooMany(allowance));
        }
        Ok((reader?, allowance))
    }

    fn holder(&self, secret: &str) -> Result<Arc<Key>, Refusal> {
        let key = self.keys.find(secret).ok_or(Refusal::KeyUnknown)?;
        match key.ended(self.clock.now()) {
            Some(end) => Err(Refusal::KeyEnded {
                name: key.name().to_owned(),
                end,
            }),
            None => Ok(key),
        }
    }

    fn count_address(
        &self,
        headers: &HeaderMap,
        peer: Option<SocketAddr>,
        image: bool,
    ) -> Option<Allowance> {
        let client = self.settings.proxies.client(peer?.ip(), headers);
        if self.settings.spare_local && is_local(client) {
            self.warn_of_proxy(client, headers);
            return None;
        }
        self.limits.count_address(network_of(client), image)
    }

    /// Says once that readers are behind a proxy that is not trusted: they are
    /// not told apart.
    fn warn_of_proxy(&self, client: IpAddr, headers: &HeaderMap) {
        let is_proxy = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
        if is_proxy && !self.was_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(%client, "proxy_not_trusted: its readers are not limited; name it with --trusted-proxy");
        }
    }
}

impl Reader {
    /// The key, if it may be used for this.
    ///
    /// # Errors
    /// The [`Refusal`] of who has no key, or one for something else.
    pub fn may(&self, scope: Scope) -> Result<&Key, Refusal> {
        match self {
            Self::Anybody => Err(Refusal::KeyNeeded),
            Self::Key(key) if key.may(scope) => Ok(key),
            Self::Key(key) => Err(Refusal::ScopeMissing {
                name: key.name().to_owned(),
                scope,
            }),
        }
    }
}

/// The secret that is sent along (RFC 6750); its scheme is told in any case.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

fn limited(policy: Policy) -> metrics::Counter {
    metrics::counter!("api_requests_limited_total", "policy" => policy.as_str())
}

#[cfg(test)]
mod tests {
    use runtime::FixedClock;

    use super::*;
    use crate::keys::Keys;

    const SECRET: &str = "0123456789abcdef";

    fn gate(spare_local: bool) -> Gate {
        let settings = GateSettings {
            by_address: "1/1h".parse().ok(),
            by_key: "2/1h".parse().ok(),
            spare_local,
            ..GateSettings::default()
        };
        let keys = Keys::for_everything([format!("ann={SECRET}").as_str()]).unwrap();
        let keys = Arc::new(KeyRing::open(keys, None).unwrap());
        Gate::new(settings, keys, Arc::new(SystemClock))
    }

    fn with_key(secret: &str) -> HeaderMap {
        let value = format!("bearer {secret}").parse().unwrap();
        HeaderMap::from_iter([(header::AUTHORIZATION, value)])
    }

    fn from(address: &str) -> Option<SocketAddr> {
        Some(SocketAddr::new(address.parse().unwrap(), 4711))
    }

    #[test]
    fn everybody_has_an_allowance_and_a_key_another() {
        let gate = gate(true);
        let none = HeaderMap::new();
        let enter = |headers: &HeaderMap, address| gate.enter(headers, from(address), false);
        assert!(enter(&none, "203.0.113.9").is_ok());
        assert!(matches!(
            enter(&none, "203.0.113.9"),
            Err(Refusal::TooMany(_))
        ));
        assert!(enter(&none, "203.0.113.10").is_ok());
        assert!(enter(&none, "2001:db8:0:1::1").is_ok());
        assert!(enter(&none, "2001:db8:0:1::2").is_err(), "of one network");
        for _ in 0..2 {
            let (reader, _) = enter(&with_key(SECRET), "203.0.113.9").unwrap();
            assert_eq!(reader.may(Scope::Operate).unwrap().name(), "ann");
        }
        assert!(enter(&with_key(SECRET), "203.0.113.9").is_err());
        assert!(
            gate.enter(&none, None, false).is_ok(),
            "from within the process"
        );
    }

    #[test]
    fn keys_cannot_be_tried_out() {
        let gate = gate(true);
        let guess = || gate.enter(&with_key("guess"), from("203.0.113.9"), false);
        assert_eq!(guess().unwrap_err(), Refusal::KeyUnknown);
        assert!(matches!(guess().unwrap_err(), Refusal::TooMany(_)));
    }

    #[test]
    fn who_is_nearby_is_spared_unless_it_is_said_otherwise() {
        for (spare_local, second) in [(true, true), (false, false)] {
            let gate = gate(spare_local);
            let enter = || gate.enter(&HeaderMap::new(), from("127.0.0.1"), false);
            assert!(enter().is_ok());
            assert_eq!(enter().is_ok(), second);
        }
    }

    #[test]
    fn a_key_that_ended_says_so() {
        let end = "2027-01-01T00:00:00Z".parse().unwrap();
        let made = Key::from_random(&[7; 32], "ann", &[Scope::Read], Some(end)).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("keys");
        std::fs::write(&file, made.key.to_string()).unwrap();
        let keys = Arc::new(KeyRing::open(Keys::default(), Some(file)).unwrap());
        let clock = Arc::new(FixedClock::at(end - chrono::TimeDelta::seconds(1)));
        let gate = Gate::new(GateSettings::default(), keys, clock.clone());
        let enter = || gate.enter(&with_key(&made.secret), None, false);
        let (reader, _) = enter().unwrap();
        let refused = reader.may(Scope::Operate).unwrap_err();
        assert!(refused.detail().contains("scope operate"), "{refused:?}");
        clock.set(end);
        let refused = enter().unwrap_err();
        assert!(
            refused.detail().contains("2027-01-01T00:00:00Z"),
            "{refused:?}"
        );
    }
}
