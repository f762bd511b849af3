//! Snapshots: a board as it was at one place of the log, with everything that
//! it was computed from, signed, so that whoever is given it later can tell
//! that nothing was changed and that it is right in itself, without asking
//! anybody.
//!
//! A snapshot is a JSON document in its canonical form (RFC 8785): there is one
//! text for each content, so a digest names the content and every byte matters.
//! The signature is Ed25519 (RFC 8032) over that text.

mod bounds;
mod canonical;
mod comparison;
mod consistency;
mod digest;
mod document;
mod input_chain;
mod key;
mod signed;

pub use canonical::{CanonicalError, canonical_json};
pub use comparison::{Cause, Comparison, compare};
pub use consistency::{Inconsistency, inconsistencies};
pub use digest::{Digest, InvalidDigest};
pub use document::{
    FORMAT, Inputs, Program, Snapshot, SnapshotBoard, SnapshotPeriod, SnapshotRow, SnapshotScope,
};
pub use input_chain::InputChain;
pub use key::{InvalidKey, KeyId, PublicKey, SecretKey};
pub use signed::{Fault, SignError, SignedSnapshot, SnapshotSignature, sign, verify};
