//! Signatures as the Standard Webhooks specification has them (version 1.0.0,
//! standardwebhooks.com): whoever receives can verify them with its libraries.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;
use uuid::Uuid;

/// What secrets begin with.
const PREFIX: &str = "whsec_";

/// Fewest and most bytes of a secret, by the specification.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A secret that both sides know. It is never shown.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// A text is no secret.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error(
    "a secret is whsec_ and 24 to 64 random bytes in base64; make one with: echo whsec_$(openssl rand -base64 32)"
)]
pub struct InvalidSecret;

impl FromStr for Secret {
    type Err = InvalidSecret;

    fn from_str(text: &str) -> Result<Self, InvalidSecret> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(InvalidSecret)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| InvalidSecret)?;
        if LENGTHS.contains(&bytes.len()) {
            Ok(Self(bytes))
        } else {
            Err(InvalidSecret)
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a secret")
    }
}

/// The header `webhook-signature` of a message that is sent at a time (seconds of
/// the Unix epoch): one signature for each secret.
pub(crate) fn signatures(secrets: &[Secret], id: Uuid, sent_at: i64, body: &[u8]) -> String {
    let head = format!("{id}.{sent_at}.");
    let signed = secrets.iter().filter_map(|Secret(key)| {
        let mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        let mac = mac.chain_update(&head).chain_update(body);
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        Some(format!("v1,{signature}"))
    });
    signed.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;

    const FIRST: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    const SECOND: &str = "whsec_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";

    #[test]
    fn a_library_of_the_specification_takes_them_and_no_others() {
        let secrets = [FIRST.parse().unwrap(), SECOND.parse().unwrap()];
        // The library takes what was sent in the last minutes only.
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH).unwrap();
        let sent_at = i64::try_from(now.as_secs()).unwrap();
        let id = Uuid::from_u128(7);
        let body = br#"{"id":"7"}"#;
        let headers = |signature: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("webhook-id", id.to_string().parse().unwrap());
            headers.insert("webhook-timestamp", sent_at.to_string().parse().unwrap());
            headers.insert("webhook-signature", signature.parse().unwrap());
            headers
        };
        let signed = signatures(&secrets, id, sent_at, body);
        for secret in [FIRST, SECOND] {
            let receiver = standardwebhooks::Webhook::new(secret).unwrap();
            receiver.verify(body, &headers(&signed)).unwrap();
            assert!(receiver.verify(b"{}", &headers(&signed)).is_err());
            let another = signatures(&secrets, id, sent_at - 1, body);
            assert!(receiver.verify(body, &headers(&another)).is_err());
        }
    }

    #[test]
    fn what_could_be_guessed_is_no_secret_and_none_is_shown() {
        for text in ["", "hunter2", "whsec_", "whsec_aHVudGVyMg==", "whsec_???"] {
            assert_eq!(text.parse::<Secret>().unwrap_err(), InvalidSecret);
        }
        let secret: Secret = FIRST.parse().unwrap();
        assert!(!format!("{secret:?}").contains("0123"));
    }
}
