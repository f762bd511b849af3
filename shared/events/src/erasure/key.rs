//! The key by which erased people are known again.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;

/// Bytes of a key.
const LENGTH: usize = 32;

/// A secret of this deployment. Whoever has it and the hashes can tell whether
/// somebody was erased, and nobody else can.
#[derive(Clone)]
pub struct ErasureKey([u8; LENGTH]);

/// A text that is no key.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("an erasure key is 64 hexadecimal digits; make one with: openssl rand -hex 32")]
pub struct InvalidErasureKey;

impl ErasureKey {
    /// A key of random bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; LENGTH]) -> Self {
        Self(bytes)
    }

    /// The key as it is kept in a file.
    #[must_use]
    pub fn to_hexadecimal(&self) -> String {
        hexadecimal(&self.0)
    }

    /// What a reference is known by.
    #[must_use]
    pub fn hash(&self, reference: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            // A key of any length is taken.
            return String::new();
        };
        mac.update(reference.as_bytes());
        hexadecimal(&mac.finalize().into_bytes())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl FromStr for ErasureKey {
    type Err = InvalidErasureKey;

    fn from_str(text: &str) -> Result<Self, InvalidErasureKey> {
        let text = text.trim();
        if text.len() != 2 * LENGTH || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidErasureKey);
        }
        let mut bytes = [0; LENGTH];
        for (place, byte) in bytes.iter_mut().enumerate() {
            let digits = text
                .get(2 * place..2 * place + 2)
                .ok_or(InvalidErasureKey)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| InvalidErasureKey)?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for ErasureKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an erasure key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_kept_and_never_shown() {
        let text = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
        let key: ErasureKey = text.parse().unwrap();
        assert_eq!(key.to_hexadecimal(), text);
        assert_eq!(format!("{key:?}"), "an erasure key");
        assert_eq!(key.hash("583231").len(), 64);
        assert_ne!(key.hash("583231"), key.hash("583232"));
        assert_eq!(
            "short".parse::<ErasureKey>().unwrap_err(),
            InvalidErasureKey
        );
    }
}
