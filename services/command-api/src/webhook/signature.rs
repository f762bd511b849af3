//! Signatures of webhook deliveries.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;

/// The secrets that deliveries may be signed with: more than one while a new
/// one takes the place of an old one. They are never shown.
#[derive(Clone)]
pub struct Secrets(Vec<Vec<u8>>);

/// No secret was given, or one that is not long enough to be one.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a webhook secret must have at least 16 bytes; make one with: openssl rand -hex 32")]
pub struct WeakSecret;

/// Fewest bytes of a secret.
const SHORTEST: usize = 16;

impl Secrets {
    /// Takes the secrets; which of them a delivery is signed with is no matter.
    ///
    /// # Errors
    /// [`WeakSecret`] when there is none, or one that could be guessed.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Self, WeakSecret> {
        let secrets: Vec<Vec<u8>> = secrets
            .into_iter()
            .map(|secret| secret.as_bytes().to_vec())
            .collect();
        if secrets.is_empty() || secrets.iter().any(|secret| secret.len() < SHORTEST) {
            return Err(WeakSecret);
        }
        Ok(Self(secrets))
    }

    /// Whether a body has the signature that `X-Hub-Signature-256` gives:
    /// `sha256=` and the HMAC in hexadecimal. The comparison takes the same
    /// time wherever they differ.
    #[must_use]
    pub fn signed(&self, signature: &str, body: &[u8]) -> bool {
        let Some(claimed) = signature.strip_prefix("sha256=").and_then(from_hexadecimal) else {
            return false;
        };
        let signed_with = |secret: &Vec<u8>| {
            Hmac::<Sha256>::new_from_slice(secret)
                .is_ok_and(|mac| mac.chain_update(body).verify_slice(&claimed).is_ok())
        };
        // All are tried, so that the time does not tell which one matched.
        self.0
            .iter()
            .fold(false, |found, secret| signed_with(secret) | found)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} webhook secrets", self.0.len())
    }
}

fn from_hexadecimal(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).ok()?;
        if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation, "Validating webhook deliveries".
    const SECRET: &str = "It's a Secret to Everybody";
    const SIGNATURE: &str =
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    #[test]
    fn the_documented_example_is_signed_and_nothing_else() {
        let secrets = Secrets::new([SECRET]).unwrap();
        assert!(secrets.signed(SIGNATURE, b"Hello, World!"));
        assert!(!secrets.signed(SIGNATURE, b"Hello, World?"));
        for wrong in ["", "sha256=", "sha1=00", &SIGNATURE[7..], &SIGNATURE[..70]] {
            assert!(!secrets.signed(wrong, b"Hello, World!"), "{wrong}");
        }
    }

    #[test]
    fn while_secrets_change_both_are_taken() {
        let both = Secrets::new(["the one that is coming", SECRET]).unwrap();
        assert!(both.signed(SIGNATURE, b"Hello, World!"));
        let new = Secrets::new(["the one that is coming"]).unwrap();
        assert!(!new.signed(SIGNATURE, b"Hello, World!"));
    }

    #[test]
    fn secrets_are_long_enough_and_never_shown() {
        assert_eq!(Secrets::new([]).unwrap_err(), WeakSecret);
        assert_eq!(Secrets::new(["short"]).unwrap_err(), WeakSecret);
        let shown = format!("{:?}", Secrets::new([SECRET]).unwrap());
        assert!(!shown.contains("Everybody"), "{shown}");
    }
}
