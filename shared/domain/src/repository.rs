//! Repositories: how they are referred to and named.

use std::fmt;

use compact_str::{CompactString, ToCompactString, format_compact};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A reference to a repository: its numeric id in decimal, or `@owner/name`
/// in lower case where the source knows no id. Short ones take no memory besides.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct RepositoryReference(#[schemars(with = "String")] CompactString);

impl RepositoryReference {
    /// The reference of a repository whose numeric id is known.
    #[must_use]
    pub fn from_id(id: u64) -> Self {
        Self(id.to_compact_string())
    }

    /// The reference of a repository of which only the name is known.
    #[must_use]
    pub fn from_name(name: &RepositoryName) -> Self {
        Self(format_compact!("@{}", name.as_str().to_ascii_lowercase()))
    }

    /// Takes a reference that was written by [`RepositoryReference::as_str`].
    #[must_use]
    pub fn from_stored(reference: impl Into<CompactString>) -> Self {
        Self(reference.into())
    }

    /// The reference as it is stored and sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether only a name is known.
    #[must_use]
    pub fn is_by_name(&self) -> bool {
        self.0.starts_with('@')
    }
}

impl fmt::Display for RepositoryReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A repository's name as GitHub shows it: `owner/name`. Names are
/// case-insensitive, change, and are reused by others: they identify nothing.
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct RepositoryName(String);

impl RepositoryName {
    /// A name from `owner/name`; `None` when either part is empty, as in the
    /// name `/` of many events of 2011.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        (!owner.is_empty() && !name.is_empty()).then(|| Self(text.to_owned()))
    }

    /// A name as a person enters it.
    ///
    /// # Errors
    /// [`InvalidRepositoryName`] when GitHub could have no repository of it. What
    /// a path would take for a step of its own, `.` and `..`, is none either.
    pub fn entered(text: &str) -> Result<Self, InvalidRepositoryName> {
        let is_legal = |part: &str| {
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            let is_step = part == "." || part == "..";
            !part.is_empty() && !is_step && part.len() <= 100 && part.bytes().all(legal)
        };
        match text.split_once('/') {
            Some((owner, name)) if is_legal(owner) && is_legal(name) => Ok(Self(text.to_owned())),
            _ => Err(InvalidRepositoryName(text.to_owned())),
        }
    }

    /// A name from its two parts; `None` when either is empty.
    #[must_use]
    pub fn from_parts(owner: &str, name: &str) -> Option<Self> {
        (!owner.is_empty() && !name.is_empty()).then(|| Self(format!("{owner}/{name}")))
    }

    /// `owner/name`, in the case it was seen in.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the slash.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.0.split_once('/').map_or("", |(owner, _)| owner)
    }

    /// The part after the slash.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }
}

/// A text that names no repository.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0:?} names no repository; write owner/name, such as rust-lang/rust")]
pub struct InvalidRepositoryName(pub String);

impl fmt::Display for RepositoryName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_needs_both_parts() {
        assert!(RepositoryName::parse("/").is_none());
        assert!(RepositoryName::parse("rails").is_none());
        for wrong in [
            "rails", "a/b/c", "a/", "a b/c", "a/b?x", "../user", "a/..", "./a", "a/.",
        ] {
            assert!(RepositoryName::entered(wrong).is_err(), "{wrong}");
        }
        assert!(RepositoryName::entered("next.js/next_js-1").is_ok());
        assert!(RepositoryName::entered("octo/.github").is_ok());
        let name = RepositoryName::parse("Rails/rails").unwrap();
        assert_eq!((name.owner(), name.name()), ("Rails", "rails"));
        assert_eq!(
            RepositoryReference::from_name(&name).as_str(),
            "@rails/rails"
        );
    }
}
