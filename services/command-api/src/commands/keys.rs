//! Keys of those who may send commands.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

/// Fewest bytes of a key's secret.
const SHORTEST: usize = 16;

/// A key that is none, or one that could be guessed.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "a command key is a name, =, and a secret of at least 16 bytes; make one with: echo ann=$(openssl rand -hex 32)"
)]
pub struct WeakKey;

/// Keys by name. Of their secrets only digests are kept, and never shown.
#[derive(Clone)]
pub struct Keys(Vec<(String, [u8; 32])>);

impl Keys {
    /// Reads keys, each `name=secret`. Several may bear one name, while a new
    /// one takes the place of an old one.
    ///
    /// # Errors
    /// [`WeakKey`] when one is none.
    pub fn new<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Self, WeakKey> {
        let read = |key: &str| {
            let (name, secret) = key.split_once('=')?;
            let is_name = !name.is_empty() && name.len() <= 100 && !name.contains(char::is_control);
            (is_name && secret.len() >= SHORTEST).then(|| (name.to_owned(), digest(secret)))
        };
        let keys: Option<Vec<_>> = keys.into_iter().map(read).collect();
        let keys = keys.filter(|keys| !keys.is_empty());
        keys.map(Self).ok_or(WeakKey)
    }

    /// Whose secret this is. It takes the same time whosever it is, or nobody's.
    #[must_use]
    pub fn name_of(&self, secret: &str) -> Option<&str> {
        let given = digest(secret);
        self.0.iter().fold(None, |found, (name, known)| {
            let is_it: bool = known.ct_eq(&given).into();
            if is_it { Some(name.as_str()) } else { found }
        })
    }
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} command keys", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_tells_whose_it_is() {
        let keys = Keys::new(["ann=0123456789abcdef", "bob=fedcba98=76543210"]).unwrap();
        assert_eq!(keys.name_of("0123456789abcdef"), Some("ann"));
        assert_eq!(keys.name_of("fedcba98=76543210"), Some("bob"));
        assert_eq!(keys.name_of("0123456789abcdeg"), None);
        assert_eq!(format!("{keys:?}"), "2 command keys");
    }

    #[test]
    fn a_key_that_could_be_guessed_is_refused() {
        for weak in ["ann=short", "0123456789abcdef", "=0123456789abcdef"] {
            assert_eq!(Keys::new([weak]).unwrap_err(), WeakKey, "{weak}");
        }
        assert!(Keys::new([]).is_err());
    }
}
