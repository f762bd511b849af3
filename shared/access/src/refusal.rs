//! Why somebody is not let in, as both APIs tell it.

use chrono::{DateTime, SecondsFormat, Utc};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::limits::Allowance;
use crate::scope::Scope;

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It names no host, or several.
    HostUnreadable,
    /// It is for another host.
    WrongHost(String),
    /// It needs a key and has none.
    KeyNeeded,
    /// Its key is none.
    KeyUnknown,
    /// Its key is none any more.
    KeyEnded {
        /// Whose it was.
        name: String,
        /// Until when.
        end: DateTime<Utc>,
    },
    /// Its key may not be used for this.
    ScopeMissing {
        /// Whose it is.
        name: String,
        /// What it would have to be for.
        scope: Scope,
    },
    /// There were too many.
    TooMany(Allowance),
}

/// A kind of refusal, as it is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request names no host that can be read.
    HostUnreadable,
    /// The request is for another host.
    WrongHost,
    /// A key is needed.
    KeyNeeded,
    /// The key is none, or none any more.
    KeyNotValid,
    /// The key may not be used for this.
    ScopeMissing,
    /// There were too many requests.
    TooMany,
}

impl RefusalKind {
    /// Every kind, for the page that documents them.
    pub const ALL: [Self; 6] = [
        Self::HostUnreadable,
        Self::WrongHost,
        Self::KeyNeeded,
        Self::KeyNotValid,
        Self::ScopeMissing,
        Self::TooMany,
    ];

    /// The kind as the fragment of its documentation's address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HostUnreadable => "host-unreadable",
            Self::WrongHost => "wrong-host",
            Self::KeyNeeded => "key-needed",
            Self::KeyNotValid => "key-not-valid",
            Self::ScopeMissing => "scope-missing",
            Self::TooMany => "too-many-requests",
        }
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::HostUnreadable => StatusCode::BAD_REQUEST,
            Self::WrongHost => StatusCode::MISDIRECTED_REQUEST,
            Self::KeyNeeded | Self::KeyNotValid => StatusCode::UNAUTHORIZED,
            Self::ScopeMissing => StatusCode::FORBIDDEN,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// The kind in words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::HostUnreadable => "The request names no host",
            Self::WrongHost => "This server is not that host",
            Self::KeyNeeded => "A key is needed",
            Self::KeyNotValid => "The key is not valid",
            Self::ScopeMissing => "The key may not be used for this",
            Self::TooMany => "Too many requests",
        }
    }

    /// What to do about it, for the documentation.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::HostUnreadable => "Send one Host header with the name of this server.",
            Self::WrongHost => {
                "Use a name that this server answers to; its operator sets them with --allowed-host."
            }
            Self::KeyNeeded => "Send Authorization: Bearer and a key.",
            Self::KeyNotValid => {
                "Send a key that holds, or none: reading needs none. Operators make keys with leaderboard key new."
            }
            Self::ScopeMissing => {
                "Use a key with the scope that “detail” names; docs/commands.md lists what each command needs."
            }
            Self::TooMany => {
                "Wait for the time in Retry-After. RateLimit tells how many requests are left; a reader with a key has more."
            }
        }
    }
}

impl Refusal {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> RefusalKind {
        match self {
            Self::HostUnreadable => RefusalKind::HostUnreadable,
            Self::WrongHost(_) => RefusalKind::WrongHost,
            Self::KeyNeeded => RefusalKind::KeyNeeded,
            Self::KeyUnknown | Self::KeyEnded { .. } => RefusalKind::KeyNotValid,
            Self::ScopeMissing { .. } => RefusalKind::ScopeMissing,
            Self::TooMany(_) => RefusalKind::TooMany,
        }
    }

    /// What is wrong here, and what to do about it.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::HostUnreadable => {
                "The request has no Host header that can be read, or several; send one".to_owned()
            }
            Self::WrongHost(host) => {
                let host: String = host.chars().take(100).collect();
                format!("This server does not answer to {host:?}")
            }
            Self::KeyNeeded => "Send Authorization: Bearer and a key".to_owned(),
            Self::KeyUnknown => "The key that was sent is not known here".to_owned(),
            Self::KeyEnded { name, end } => {
                let end = end.to_rfc3339_opts(SecondsFormat::AutoSi, true);
                format!("The key of {name} ended at {end}; ask for a new one")
            }
            Self::ScopeMissing { name, scope } => {
                format!("The key of {name} has not the scope {scope}, which this needs")
            }
            Self::TooMany(allowance) => {
                let whose = match allowance.policy().as_str() {
                    "key" => "This key",
                    _ => "This address",
                };
                let (rate, seconds) = (allowance.rate(), allowance.wait_seconds().unwrap_or(1));
                format!("{whose} has asked more often than {rate}; ask again in {seconds} s")
            }
        }
    }

    /// Adds what the status calls for: how long to wait, or how to show who
    /// one is (RFC 6750).
    pub fn write(&self, headers: &mut HeaderMap) {
        let challenge = match self {
            Self::TooMany(allowance) => return allowance.write(headers),
            Self::HostUnreadable | Self::WrongHost(_) => return,
            Self::KeyNeeded => "Bearer realm=\"leaderboard\"".to_owned(),
            Self::KeyUnknown | Self::KeyEnded { .. } => {
                "Bearer realm=\"leaderboard\", error=\"invalid_token\"".to_owned()
            }
            Self::ScopeMissing { scope, .. } => format!(
                "Bearer realm=\"leaderboard\", error=\"insufficient_scope\", scope=\"{scope}\""
            ),
        };
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
    }
}
