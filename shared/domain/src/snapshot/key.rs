//! Keys that snapshots are signed with and verified by: Ed25519 (RFC 8032).

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Digest;
use super::digest::{from_hexadecimal, to_hexadecimal};

/// What snapshots are signed with. It is shown as the id of its public key.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

/// What snapshots are verified by: 32 bytes, as text 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The name of a key: the first 16 hexadecimal digits of the SHA-256 digest of
/// the public key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct KeyId(String);

/// A text that is no key. It is not repeated: it may be part of a secret.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidKey {
    /// It has another form.
    #[error("a key is 64 hexadecimal digits in lower case")]
    Form,
    /// It has the form, and no key is like that.
    #[error("no Ed25519 key is like that")]
    NoKey,
}

impl SecretKey {
    /// The key that 32 random bytes are.
    #[must_use]
    pub fn from_random(bytes: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(bytes))
    }

    /// The key as it is kept: a secret.
    #[must_use]
    pub fn reveal(&self) -> String {
        to_hexadecimal(self.0.as_bytes())
    }

    /// What its signatures are verified by.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> String {
        to_hexadecimal(&self.0.sign(message).to_bytes())
    }
}

impl FromStr for SecretKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let bytes = from_hexadecimal(text.trim()).ok_or(InvalidKey::Form)?;
        Ok(Self::from_random(&bytes))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SecretKey({})", self.public().id())
    }
}

impl PublicKey {
    /// The name it goes by.
    #[must_use]
    pub fn id(&self) -> KeyId {
        let digest = Digest::of(self.0.as_bytes());
        KeyId(to_hexadecimal(&digest.0[..8]))
    }

    /// Whether a signature is of this key and of exactly these bytes. A text
    /// that is no signature is none.
    pub(super) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let Some(bytes) = from_hexadecimal::<64>(signature) else {
            return false;
        };
        let signature = Signature::from_bytes(&bytes);
        // Strict: there is one signature that holds, not one like it.
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl FromStr for PublicKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let bytes = from_hexadecimal(text.trim()).ok_or(InvalidKey::Form)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| InvalidKey::NoKey)?;
        // Under such a key, a signature of anything could be made.
        if key.is_weak() {
            return Err(InvalidKey::NoKey);
        }
        Ok(Self(key))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&to_hexadecimal(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PublicKey({self})")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8032, section 7.1, test 2.
    const SECRET: &str = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    const PUBLIC: &str = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    const SIGNATURE: &str = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

    #[test]
    fn signatures_are_those_of_the_standard() {
        let secret: SecretKey = SECRET.parse().unwrap();
        assert_eq!(secret.public().to_string(), PUBLIC);
        assert_eq!(secret.sign(&[0x72]), SIGNATURE);
        let public: PublicKey = format!("{PUBLIC}\n").parse().unwrap();
        assert!(public.verifies(&[0x72], SIGNATURE));
        assert!(!public.verifies(&[0x73], SIGNATURE));
        assert!(!public.verifies(&[0x72], &SIGNATURE.to_uppercase()));
        assert!(!public.verifies(&[0x72], "nothing"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let secret: SecretKey = SECRET.parse().unwrap();
        let shown = format!("{secret:?}");
        assert!(!shown.contains(&SECRET[..8]), "{shown}");
        assert_eq!(shown, format!("SecretKey({})", secret.public().id()));
        let refused = SECRET[1..].parse::<SecretKey>().unwrap_err().to_string();
        assert!(!refused.contains(&SECRET[1..9]), "{refused}");
        assert_eq!(secret.reveal(), SECRET);
    }

    #[test]
    fn what_anybody_could_sign_for_is_no_key() {
        // The neutral element.
        let weak = format!("01{}", "00".repeat(31));
        assert_eq!(weak.parse::<PublicKey>(), Err(InvalidKey::NoKey));
    }
}
