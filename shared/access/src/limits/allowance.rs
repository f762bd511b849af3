//! What a reader has left, and how that is told: by the headers of
//! draft-ietf-httpapi-ratelimit-headers-10, and `Retry-After` (RFC 9110).

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::rate::Rate;

/// What a reader has left.
pub const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
/// What a reader may use, and in how long.
pub const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Whose allowance it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Of an address, for everything but images.
    Address,
    /// Of an address, for images.
    Images,
    /// Of a key.
    Key,
}

impl Policy {
    pub(crate) const ALL: [Self; 3] = [Self::Address, Self::Images, Self::Key];

    /// Its name in headers and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Images => "images",
            Self::Key => "key",
        }
    }
}

/// What a reader has left after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    policy: Policy,
    rate: Rate,
    left: u32,
    wait: Option<Duration>,
}

impl Allowance {
    pub(super) fn new(policy: Policy, rate: Rate, left: u32, wait: Option<Duration>) -> Self {
        Self {
            policy,
            rate,
            left,
            wait,
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Its rate.
    #[must_use]
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// Requests that may follow at once.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.left
    }

    /// Seconds until the next request may follow, if this one was too much.
    #[must_use]
    pub fn wait_seconds(&self) -> Option<u64> {
        self.wait.map(|wait| whole_seconds(wait).max(1))
    }

    /// Tells the reader.
    pub fn write(&self, headers: &mut HeaderMap) {
        let name = self.policy.as_str();
        let (count, left) = (self.rate.count().get(), self.left);
        let period = self.rate.period().as_secs();
        let used = count.saturating_sub(left);
        let full_in = whole_seconds(self.rate.interval() * used);
        let policy = format!("\"{name}\";q={count};w={period}");
        let state = format!("\"{name}\";r={left};t={full_in}");
        for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, state)] {
            // Both hold letters, digits and signs only.
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        }
        if let Some(seconds) = self.wait_seconds() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
    }
}

/// Takes an allowance out of headers that others will be sent.
pub fn forget_allowance(headers: &mut HeaderMap) {
    headers.remove(RATE_LIMIT);
    headers.remove(RATE_LIMIT_POLICY);
}

/// Rounded up: whoever waits as long as was said need not wait again.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_in_standard_headers() {
        let rate = "60/1m".parse().unwrap();
        let mut headers = HeaderMap::new();
        Allowance::new(Policy::Address, rate, 50, None).write(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"address\";q=60;w=60");
        assert_eq!(headers["ratelimit"], "\"address\";r=50;t=10");
        assert!(!headers.contains_key("retry-after"));
        let wait = Some(Duration::from_millis(300));
        Allowance::new(Policy::Key, rate, 0, wait).write(&mut headers);
        assert_eq!(headers["ratelimit"], "\"key\";r=0;t=60");
        assert_eq!(headers["retry-after"], "1");
        forget_allowance(&mut headers);
        assert!(!headers.contains_key("ratelimit") && !headers.contains_key("ratelimit-policy"));
    }
}
