//! Signing snapshots, and telling whether one holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

use super::canonical::canonical_value;
use super::{
    CanonicalError, Digest, FORMAT, Inconsistency, KeyId, PublicKey, SecretKey, Snapshot,
    canonical_json, inconsistencies,
};

/// The algorithm of all signatures.
const ALGORITHM: &str = "Ed25519";

/// A snapshot, and who says so. As a file it is canonical JSON (RFC 8785).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignedSnapshot {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// The signature of its canonical JSON.
    pub signature: SnapshotSignature,
}

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotSignature {
    /// `Ed25519`.
    pub algorithm: String,
    /// Which key it is verified by: the first 16 hexadecimal digits of the
    /// SHA-256 digest of the public key.
    pub key: KeyId,
    /// The SHA-256 digest of the canonical JSON of `snapshot`: the snapshot's
    /// name.
    pub sha256: Digest,
    /// The signature of the canonical JSON of `snapshot`: 128 hexadecimal
    /// digits.
    pub value: String,
}

/// Why a snapshot is not signed.
#[derive(Debug, Error)]
pub enum SignError {
    /// It has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// It is not right in itself, and is not vouched for.
    #[error("the snapshot is not right in itself: {}", told(.0))]
    Inconsistent(Vec<Inconsistency>),
}

/// Why a snapshot does not hold.
#[derive(Debug, Error)]
pub enum Fault {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    NoJson(serde_json::Error),
    /// It is JSON, but not the canonical text of its content.
    #[error("it is not in canonical form (RFC 8785): something was changed after it was signed")]
    NotCanonical,
    /// It is no signed snapshot.
    #[error("it is no signed snapshot: {0}")]
    NoSnapshot(serde_json::Error),
    /// It is in a form that this version does not know.
    #[error("it is in the form {0:?}, and this version knows {FORMAT:?}")]
    OtherFormat(String),
    /// It is signed by an algorithm that this version does not know.
    #[error("it is signed by {0:?}, and this version knows {ALGORITHM:?}")]
    OtherAlgorithm(String),
    /// It is signed with another key.
    #[error("it is signed with the key {signed_with}, and the key given is {given}")]
    OtherKey {
        /// The key it names.
        signed_with: KeyId,
        /// The key it was to be verified by.
        given: KeyId,
    },
    /// Its digest is another.
    #[error("its SHA-256 is {found}, and it says {stated}")]
    OtherDigest {
        /// What the snapshot comes to.
        found: Digest,
        /// What it says.
        stated: Digest,
    },
    /// The signature is not of this key and this snapshot.
    #[error("the signature does not hold: the snapshot or the signature was changed")]
    Forged,
    /// It is signed, and not right in itself.
    #[error("the signature holds, and the snapshot is not right in itself: {}", told(.0))]
    Inconsistent(Vec<Inconsistency>),
}

fn told(found: &[Inconsistency]) -> String {
    let told: Vec<String> = found.iter().map(ToString::to_string).collect();
    told.join("; ")
}

/// Signs a snapshot; returns the file. One that is not right in itself is not
/// signed.
///
/// # Errors
/// [`SignError`].
pub fn sign(snapshot: &Snapshot, key: &SecretKey) -> Result<Vec<u8>, SignError> {
    let found = inconsistencies(snapshot);
    if !found.is_empty() {
        return Err(SignError::Inconsistent(found));
    }
    let snapshot = serde_json::to_value(snapshot).map_err(CanonicalError::from)?;
    let text = canonical_value(&snapshot)?;
    let signature = SnapshotSignature {
        algorithm: ALGORITHM.to_owned(),
        key: key.public().id(),
        sha256: Digest::of(&text),
        value: key.sign(&text),
    };
    let file = json!({ "snapshot": snapshot, "signature": signature });
    Ok(canonical_json(&file)?)
}

/// Tells whether a file is a snapshot that was signed with the key that belongs
/// to this one, is byte for byte what was signed, and is right in itself.
///
/// # Errors
/// The first [`Fault`], in the order of what has to hold before the next can
/// be looked at.
pub fn verify(file: &[u8], key: &PublicKey) -> Result<SignedSnapshot, Fault> {
    let value: Value = serde_json::from_slice(file).map_err(Fault::NoJson)?;
    if !canonical_value(&value).is_ok_and(|canonical| canonical == file) {
        return Err(Fault::NotCanonical);
    }
    // Its text is found in the value and not in what this version reads of it,
    // which may know less.
    let text = value.get("snapshot").map(canonical_value).transpose();
    let text = text.map_err(|_| Fault::NotCanonical)?.unwrap_or_default();
    let format = value["snapshot"]["format"].as_str().map(str::to_owned);
    if let Some(other) = format.filter(|format| format != FORMAT) {
        return Err(Fault::OtherFormat(other));
    }
    let signed: SignedSnapshot = serde_json::from_value(value).map_err(Fault::NoSnapshot)?;
    check_signature(&signed.signature, &text, key)?;
    let found = inconsistencies(&signed.snapshot);
    if found.is_empty() {
        Ok(signed)
    } else {
        Err(Fault::Inconsistent(found))
    }
}

fn check_signature(
    signature: &SnapshotSignature,
    text: &[u8],
    key: &PublicKey,
) -> Result<(), Fault> {
    if signature.algorithm != ALGORITHM {
        return Err(Fault::OtherAlgorithm(signature.algorithm.clone()));
    }
    if signature.key != key.id() {
        return Err(Fault::OtherKey {
            signed_with: signature.key.clone(),
            given: key.id(),
        });
    }
    let found = Digest::of(text);
    if signature.sha256 != found {
        return Err(Fault::OtherDigest {
            found,
            stated: signature.sha256,
        });
    }
    if key.verifies(text, &signature.value) {
        Ok(())
    } else {
        Err(Fault::Forged)
    }
}
