//! The places of lists: sort keys of the last rows shown.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::coverage::Hole;
use domain::{AccountReference, CompanyKey, CompanyStanding, Standing};
use uuid::Uuid;

use super::Cursor;

/// The last place shown of a board.
impl Cursor for Standing {
    fn parts(&self) -> Vec<String> {
        vec![
            self.value.to_string(),
            self.merged.to_string(),
            self.reviews.to_string(),
            self.contributor.to_string(),
        ]
    }

    fn from_parts(parts: &[&str]) -> Option<Self> {
        let [value, merged, reviews, contributor] = parts else {
            return None;
        };
        Some(Self {
            value: number(value)?,
            merged: number(merged)?,
            reviews: number(reviews)?,
            contributor: AccountReference::from_stored(text(contributor)?),
        })
    }
}

/// The last place shown of a board of companies.
impl Cursor for CompanyStanding {
    fn parts(&self) -> Vec<String> {
        vec![
            self.value.to_string(),
            self.merged.to_string(),
            self.reviews.to_string(),
            self.company.as_str().to_owned(),
        ]
    }

    fn from_parts(parts: &[&str]) -> Option<Self> {
        let [value, merged, reviews, company] = parts else {
            return None;
        };
        Some(Self {
            value: number(value)?,
            merged: number(merged)?,
            reviews: number(reviews)?,
            company: CompanyKey::of(&text(company)?),
        })
    }
}

/// The last row shown of a list ordered by instant and id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InstantCursor {
    pub(crate) at: DateTime<Utc>,
    pub(crate) id: Uuid,
}

/// The place of something that has an instant and a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedInstantCursor {
    pub(crate) at: DateTime<Utc>,
    pub(crate) id: String,
}

impl Cursor for NamedInstantCursor {
    fn parts(&self) -> Vec<String> {
        vec![self.at.timestamp_micros().to_string(), self.id.clone()]
    }

    fn from_parts(parts: &[&str]) -> Option<Self> {
        let [at, id] = parts else { return None };
        Some(Self {
            at: DateTime::from_timestamp_micros(number(at)?)?,
            id: text(id)?,
        })
    }
}

/// The last repository shown of a list by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RepositoryCursor {
    /// The name, in lower case.
    pub(crate) name: String,
    /// The reference; empty for one that nothing was seen of.
    pub(crate) repository: String,
}

impl Cursor for RepositoryCursor {
    fn parts(&self) -> Vec<String> {
        vec![self.name.clone(), self.repository.clone()]
    }

    fn from_parts(parts: &[&str]) -> Option<Self> {
        let [name, repository] = parts else {
            return None;
        };
        Some(Self {
            name: text(name)?,
            repository: text(repository)?,
        })
    }
}

/// The last group shown of a list by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupCursor {
    pub(crate) group: String,
}

impl Cursor for GroupCursor {
    fn parts(&self) -> Vec<String> {
        vec![self.group.clone()]
    }

    fn from_parts(parts: &[&str]) -> Option<Self> {
        let [group] = parts else { return None };
        Some(Self {
            group: text(group)?,
        })
    }
}

impl Cursor for InstantCursor {
    fn parts(&self) -> Vec<String> {
        vec![self.at.timestamp_micros().to_string(), self.id.to_string()]
    }

    fn from_parts(parts: &[&str]) -> Option<Self> {
        let [at, id] = parts else { return None };
        Some(Self {
            at: DateTime::from_timestamp_micros(number(at)?)?,
            id: Uuid::parse_str(id).ok()?,
        })
    }
}

/// The last unit shown of a coverage list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnitCursor {
    /// The hour, day or instant that its name tells, as it is sorted by; empty of a unit
    /// that is of none.
    pub(crate) hour: String,
    pub(crate) source: String,
    pub(crate) unit: String,
}

impl Cursor for UnitCursor {
    fn parts(&self) -> Vec<String> {
        vec![self.hour.clone(), self.source.clone(), self.unit.clone()]
    }

    fn from_parts(parts: &[&str]) -> Option<Self> {
        let [hour, source, unit] = parts else {
            return None;
        };
        Some(Self {
            hour: text(hour)?,
            source: text(source)?,
            unit: text(unit)?,
        })
    }
}

/// The last hole shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct HoleCursor {
    from: DateTime<Utc>,
    source: String,
    repository: String,
    gap: String,
}

impl HoleCursor {
    pub(crate) fn of(hole: &Hole) -> Self {
        Self {
            from: hole.from,
            source: hole.source.as_str().to_owned(),
            repository: hole.repository.clone().unwrap_or_default(),
            gap: format!("{:?}", hole.gap),
        }
    }
}

impl Cursor for HoleCursor {
    fn parts(&self) -> Vec<String> {
        let (source, repository) = (self.source.clone(), self.repository.clone());
        let from = self.from.timestamp_micros().to_string();
        vec![from, source, repository, self.gap.clone()]
    }

    fn from_parts(parts: &[&str]) -> Option<Self> {
        let [from, source, repository, gap] = parts else {
            return None;
        };
        Some(Self {
            from: DateTime::from_timestamp_micros(number(from)?)?,
            source: text(source)?,
            repository: text(repository)?,
            gap: text(gap)?,
        })
    }
}

fn number<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// A text that Postgres takes: it refuses NUL.
fn text(text: &str) -> Option<String> {
    (!text.contains('\0')).then(|| text.to_owned())
}
