//! Keys: names, digests of secrets, what each may be used for, and until when.
//!
//! A secret is 32 random bytes, so its plain SHA-256 says nothing about it:
//! slow digests are for what people make up.

mod line;
mod ring;

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

pub use ring::KeyRing;

use crate::scope::{NoScope, Scope};

/// Fewest bytes of a secret that somebody chose.
const SHORTEST: usize = 16;

/// Most characters of a name.
const LONGEST_NAME: usize = 100;

/// What secrets begin with, so that those who look for leaked ones know them.
const PREFIX: &str = "leaderboard_";

/// What is wrong with a key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// One in the environment is none, or could be guessed.
    #[error(
        "a command key is a name, =, and a secret of at least 16 bytes; make one with: echo ann=$(openssl rand -hex 32)"
    )]
    Weak,
    /// A name that would not be one word of a line.
    #[error("{0:?} cannot be the name of a key; use up to 100 characters without spaces or #")]
    Name(String),
    /// A line that has too few parts, or too many.
    #[error("a line is a name, scopes with commas, an end or never, and sha256: with 64 digits")]
    Form,
    /// A scope that there is not.
    #[error(transparent)]
    Scope(#[from] NoScope),
    /// An end that is none.
    #[error("{0:?} is no end; use never, a day such as 2027-01-01, or an instant of RFC 3339")]
    End(String),
    /// What is wrong is in this line of the file.
    #[error("line {0}: {1}")]
    Line(usize, Box<Self>),
    /// The file cannot be read.
    #[error("{path} cannot be read: {error}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
}

/// A key, without its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    name: String,
    digest: [u8; 32],
    scopes: Vec<Scope>,
    end: Option<DateTime<Utc>>,
}

/// A key as it is made: the only time that its secret is there.
#[derive(Debug)]
pub struct NewKey {
    /// What is sent as `Authorization: Bearer`.
    pub secret: String,
    /// What the file of keys says of it.
    pub key: Key,
}

impl Key {
    /// Makes a key of 32 random bytes; `end` is when it stops being one.
    ///
    /// # Errors
    /// [`KeyError::Name`] when it cannot have that name.
    pub fn from_random(
        bytes: &[u8; 32],
        name: &str,
        scopes: &[Scope],
        end: Option<DateTime<Utc>>,
    ) -> Result<NewKey, KeyError> {
        let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        let key = Self::new(name, digest(&secret), scopes, end)?;
        Ok(NewKey { secret, key })
    }

    fn new(
        name: &str,
        digest: [u8; 32],
        scopes: &[Scope],
        end: Option<DateTime<Utc>>,
    ) -> Result<Self, KeyError> {
        let odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '#';
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.contains(odd) {
            return Err(KeyError::Name(name.to_owned()));
        }
        let mut scopes = scopes.to_vec();
        scopes.sort_unstable();
        scopes.dedup();
        Ok(Self {
            name: name.to_owned(),
            digest,
            scopes,
            end,
        })
    }

    /// Whose it is: the actor of what is decided with it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it may be used for this.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// When it stopped being a key, if it has.
    #[must_use]
    pub fn ended(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.end.filter(|end| *end <= now)
    }
}

/// Digests are nobody's business either.
impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name, scopes, end, ..
        } = self;
        write!(out, "key of {name} for {scopes:?} until {end:?}")
    }
}

/// Several keys. Some may bear one name, while a new one takes the place of an
/// old one.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<Arc<Key>>);

impl Keys {
    /// Reads keys of the environment, each `name=secret`; they may be used for
    /// everything, for good.
    ///
    /// # Errors
    /// [`KeyError::Weak`] when one is none.
    pub fn for_everything<'a>(given: impl IntoIterator<Item = &'a str>) -> Result<Self, KeyError> {
        let read = |given: &str| {
            let (name, secret) = given.split_once('=').ok_or(KeyError::Weak)?;
            if secret.len() < SHORTEST {
                return Err(KeyError::Weak);
            }
            let key = Key::new(name, digest(secret), &Scope::ALL, None);
            key.map(Arc::new).map_err(|_| KeyError::Weak)
        };
        given
            .into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The key whose secret this is. It takes the same time whosever it is, or
    /// nobody's.
    #[must_use]
    pub fn find(&self, secret: &str) -> Option<Arc<Key>> {
        let given = digest(secret);
        let found = self.0.iter().fold(None, |found, key| {
            let is_it: bool = key.digest.ct_eq(&given).into();
            if is_it { Some(key) } else { found }
        });
        found.cloned()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn with(&self, others: Self) -> Self {
        Self(self.0.iter().cloned().chain(others.0).collect())
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} keys", self.0.len())
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_tells_whose_it_is() {
        let given = ["ann=0123456789abcdef", "bob=fedcba98=76543210"];
        let keys = Keys::for_everything(given).unwrap();
        let name = |secret: &str| keys.find(secret).map(|key| key.name().to_owned());
        assert_eq!(name("0123456789abcdef").as_deref(), Some("ann"));
        assert_eq!(name("fedcba98=76543210").as_deref(), Some("bob"));
        assert_eq!(name("0123456789abcdeg"), None);
        assert_eq!(format!("{keys:?}"), "2 keys");
        let ann = keys.find("0123456789abcdef").unwrap();
        assert!(Scope::ALL.into_iter().all(|scope| ann.may(scope)));
    }

    #[test]
    fn a_key_that_could_be_guessed_is_refused() {
        for weak in [
            "ann=short",
            "0123456789abcdef",
            "=0123456789abcdef",
            "a b=0123456789abcdef",
        ] {
            let refused = Keys::for_everything([weak]);
            assert!(matches!(refused, Err(KeyError::Weak)), "{weak}");
        }
        assert!(Keys::for_everything([]).unwrap().is_empty());
    }

    #[test]
    fn a_new_key_may_be_used_for_what_was_said_and_ends_when_it_was_said() {
        let end = DateTime::UNIX_EPOCH;
        let made = Key::from_random(&[7; 32], "ann", &[Scope::Track], Some(end)).unwrap();
        assert!(made.secret.starts_with("leaderboard_") && made.secret.len() > 50);
        assert!(made.key.may(Scope::Track) && !made.key.may(Scope::Operate));
        assert_eq!(made.key.ended(end), Some(end));
        assert_eq!(made.key.ended(end - chrono::TimeDelta::seconds(1)), None);
        assert!(Key::from_random(&[7; 32], "a b", &[], None).is_err());
        let shown = format!("{made:?}");
        assert!(!format!("{:?}", made.key).contains("digest"), "{shown}");
    }
}
