//! Erasure of people: who was erased is known by keyed hashes only, and what
//! events say of them is left out.

mod key;
mod mentions;
mod records;
mod without;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AccountSighting, Event, Fold};

pub use key::{ErasureKey, InvalidErasureKey};
pub use records::history_of;

/// `contributor.erased`, version 1: somebody is forgotten. It says that, and not
/// whom: references are kept as keyed hashes, by which later sightings are known
/// and dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ContributorErased {
    /// HMAC-SHA-256 of each reference: the id, and `@` with each login in lower
    /// case, in hexadecimal.
    pub references: Vec<String>,
    /// Who decided.
    pub actor: String,
    /// Why, in words that name nobody.
    pub reason: String,
    /// When, in UTC.
    pub decided_at: DateTime<Utc>,
}

/// Everybody who was erased, by hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErasedReferences(BTreeSet<String>);

impl ErasedReferences {
    /// Whether nobody was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The hashes.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl Fold for ErasedReferences {
    fn fold(&mut self, event: &Event) {
        if let Event::ContributorErased(erased) = event {
            self.0.extend(erased.references.iter().cloned());
        }
    }
}

/// Everybody who was erased, and the key by which they are known again.
#[derive(Clone, Debug)]
pub struct Erased {
    key: ErasureKey,
    references: ErasedReferences,
}

impl Erased {
    /// Those whose references have these hashes under the key.
    #[must_use]
    pub fn new(key: ErasureKey, references: ErasedReferences) -> Self {
        Self { key, references }
    }

    /// Whether an account is one of them. A login tells only where the source
    /// knows no id: another may bear it now.
    #[must_use]
    pub fn covers(&self, account: &AccountSighting) -> bool {
        self.has(account.reference().as_str())
    }

    /// Whether a reference is one of theirs: an id, or `@` and a login in lower
    /// case.
    #[must_use]
    pub fn covers_reference(&self, reference: &str) -> bool {
        self.has(reference)
    }

    /// Whether a hash is one of those they are known by.
    #[must_use]
    pub fn knows(&self, hash: &str) -> bool {
        self.references.0.contains(hash)
    }

    /// Whether a login is one that they bore.
    fn covers_login(&self, login: &str) -> bool {
        self.has(&format!("@{}", login.to_ascii_lowercase()))
    }

    fn has(&self, reference: &str) -> bool {
        self.references.0.contains(&self.key.hash(reference))
    }

    /// What takes the place of a login in the names of repositories.
    fn pseudonym(&self, login: &str) -> String {
        let hash = self.key.hash(&format!("@{}", login.to_ascii_lowercase()));
        format!("erased-{}", hash.get(..12).unwrap_or_default())
    }
}
