//! Cursors: opaque texts that say where the next page begins.
//!
//! They hold the sort key of the last row shown, not an offset, so that no
//! row is skipped or repeated when the data changes between two pages.

use std::fmt::Write;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use domain::coverage::Hole;
use domain::{AccountReference, CompanyKey, CompanyStanding, Standing};
use uuid::Uuid;

use crate::problem::Problem;

/// A sort key that can be a cursor.
pub(crate) trait Cursor: Sized {
    /// Tells cursors of one list from those of another.
    const KIND: &'static str;

    /// The parts of the key.
    fn parts(&self) -> Vec<String>;

    /// Reads what [`Cursor::parts`] wrote.
    fn from_parts(parts: &[&str]) -> Option<Self>;

    /// The cursor as it is sent.
    fn encode(&self) -> String {
        let mut text = vec![Self::KIND.to_owned()];
        text.extend(self.parts());
        to_hexadecimal(text.join("\u{1f}").as_bytes())
    }

    /// Reads the `cursor` parameter; an empty one is the first page.
    fn decode(given: &str) -> Result<Option<Self>, Problem> {
        if given.is_empty() {
            return Ok(None);
        }
        let read = || {
            let text = String::from_utf8(from_hexadecimal(given)?).ok()?;
            let mut parts = text.split('\u{1f}');
            (parts.next()? == Self::KIND).then_some(())?;
            Self::from_parts(&parts.collect::<Vec<_>>())
        };
        read().map(Some).ok_or_else(|| {
            Problem::parameter(
                "cursor",
                given,
                "use the meta.next_cursor of the same list, unchanged, or leave it out for the first page",
            )
        })
    }
}

fn to_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .bytes()
        .map(|digit| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        })
        .collect();
    let digits = digits?;
    digits.len().is_multiple_of(2).then(|| {
        digits
            .chunks_exact(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()
    })
}

/// The last place shown of a board.
impl Cursor for Standing {
    const KIND: &'static str = "board";

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
    const KIND: &'static str = "companies";

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
    const KIND: &'static str = "named-instant";

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
    const KIND: &'static str = "repository";

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
    const KIND: &'static str = "group";

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
    const KIND: &'static str = "instant";

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
    pub(crate) unit: String,
    pub(crate) source: String,
}

impl Cursor for UnitCursor {
    const KIND: &'static str = "unit";

    fn parts(&self) -> Vec<String> {
        vec![self.unit.clone(), self.source.clone()]
    }

    fn from_parts(parts: &[&str]) -> Option<Self> {
        let [unit, source] = parts else { return None };
        Some(Self {
            unit: text(unit)?,
            source: text(source)?,
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
    const KIND: &'static str = "hole";

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back() {
        let standing = Standing {
            contributor: AccountReference::from_login("a:b"),
            value: 12,
            merged: 3,
            reviews: 0,
        };
        assert_eq!(
            Standing::decode(&standing.encode()).unwrap(),
            Some(standing)
        );
        let unit = UnitCursor {
            unit: "2016-01-01-15".into(),
            source: "archive".into(),
        };
        assert_eq!(UnitCursor::decode(&unit.encode()).unwrap(), Some(unit));
        let instant = InstantCursor {
            at: DateTime::from_timestamp_micros(1_451_606_400_000_001).unwrap(),
            id: Uuid::from_u128(7),
        };
        assert_eq!(
            InstantCursor::decode(&instant.encode()).unwrap(),
            Some(instant)
        );
        let company = CompanyStanding {
            company: CompanyKey::of("Öcto \u{65e5}"),
            value: 12,
            merged: 3,
            reviews: 0,
        };
        assert_eq!(
            CompanyStanding::decode(&company.encode()).unwrap(),
            Some(company)
        );
        assert_eq!(Standing::decode("").unwrap(), None);
    }

    /// That what is read is read the same again, and all else is refused by name.
    fn assert_read<C: Cursor + PartialEq + std::fmt::Debug>(given: &str) -> bool {
        match C::decode(given) {
            Ok(None) => assert_eq!(given, ""),
            Ok(Some(cursor)) => {
                let parts = cursor.parts();
                assert!(parts.iter().all(|part| !part.contains('\0')), "{parts:?}");
                assert_eq!(C::decode(&cursor.encode()).unwrap(), Some(cursor));
                return true;
            }
            Err(problem) => assert_eq!(problem.parameter.as_deref(), Some("cursor")),
        }
        false
    }

    #[test]
    fn whatever_is_given_is_read_as_one_place_or_refused() {
        let texts = [
            "board\u{1f}12\u{1f}3\u{1f}0\u{1f}@a:b",
            "companies\u{1f}-12\u{1f}3\u{1f}0\u{1f}octo",
            "named-instant\u{1f}1451606400000001\u{1f}2016-01-01-15",
            "instant\u{1f}1451606400000001\u{1f}00000000-0000-0000-0000-000000000007",
            "unit\u{1f}2016-01-01-15\u{1f}archive",
            "hole\u{1f}1451606400000001\u{1f}archive\u{1f}octo/hello\u{1f}Unknown",
            "repository\u{1f}octo/hello\u{1f}@octo/hello",
            "group\u{1f}web",
        ];
        let seeds = fuzz::Seeds::these(texts);
        bolero::check!()
            .with_type::<(fuzz::Mutation, bool)>()
            .with_iterations(8_000)
            .for_each(|(mutation, as_it_is)| {
                let bytes = mutation.apply(&seeds);
                let given = if *as_it_is {
                    String::from_utf8_lossy(&bytes).into_owned()
                } else {
                    to_hexadecimal(&bytes)
                };
                let read = [
                    assert_read::<Standing>(&given),
                    assert_read::<CompanyStanding>(&given),
                    assert_read::<NamedInstantCursor>(&given),
                    assert_read::<InstantCursor>(&given),
                    assert_read::<UnitCursor>(&given),
                    assert_read::<HoleCursor>(&given),
                    assert_read::<RepositoryCursor>(&given),
                    assert_read::<GroupCursor>(&given),
                ];
                let lists = read.iter().filter(|read| **read).count();
                assert!(lists <= 1, "{given} is a place of {lists} lists");
            });
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        let other = UnitCursor {
            unit: "u".into(),
            source: "s".into(),
        };
        for bad in ["x", "zz", "626f", "é", "0", &other.encode()] {
            let problem = Standing::decode(bad).unwrap_err();
            assert_eq!(problem.parameter.as_deref(), Some("cursor"), "{bad}");
        }
    }

    #[test]
    fn a_nul_hidden_in_a_cursor_does_not_reach_the_database() {
        let hidden = to_hexadecimal("unit\u{1f}a\0b\u{1f}s".as_bytes());
        assert!(UnitCursor::decode(&hidden).is_err());
        let hidden = to_hexadecimal("companies\u{1f}1\u{1f}0\u{1f}0\u{1f}\0octo".as_bytes());
        assert!(CompanyStanding::decode(&hidden).is_err());
    }
}
