//! Which dead letters are meant, where not each is named.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, Utc};
use thiserror::Error;

use crate::RepositoryName;

/// Characters of the longest text that is looked for.
const LONGEST: usize = 512;

/// Which dead letters are meant; what is left out is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LetterFilter {
    /// The service that gave up, such as `scraper`.
    pub service: Option<String>,
    /// Of messages of the log the stream, such as `CONTRIBUTIONS`.
    pub stream: Option<String>,
    /// A part of what is wrong, in any case.
    pub reason: Option<String>,
    /// The repository that content or origin name.
    pub repository: Option<RepositoryName>,
    /// Set aside at this instant, or later.
    pub since: Option<DateTime<Utc>>,
    /// Set aside before this instant.
    pub until: Option<DateTime<Utc>>,
}

/// A part of a filter that can mean nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{name} cannot be {given:?}; {allowed}")]
pub struct LetterFilterFault {
    /// The part.
    pub name: &'static str,
    /// What was given.
    pub given: String,
    /// What could be.
    pub allowed: &'static str,
}

/// The names of the parts, as parameters and arguments have them.
pub const LETTER_FILTER_PARTS: [&str; 6] = [
    "service",
    "stream",
    "reason",
    "repository",
    "since",
    "until",
];

impl LetterFilter {
    /// Whether every letter is meant.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Reads a filter of named texts, of which empty ones are left out.
    ///
    /// # Errors
    /// [`LetterFilterFault`] of the first part that can mean nothing.
    pub fn read<'a>(
        text: impl Fn(&'static str) -> Option<&'a str>,
    ) -> Result<Self, LetterFilterFault> {
        let given = |name| text(name).filter(|given| !given.is_empty());
        let word = |name| {
            let letters = |text: &str| {
                let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
                text.len() <= 64 && text.bytes().all(is_legal)
            };
            let allowed = "use up to 64 letters, digits, hyphens and underscores";
            checked(name, given(name), allowed, |text| {
                letters(text).then(|| text.to_owned())
            })
        };
        let instant = |name| {
            let allowed =
                "use a UTC day such as 2026-11-01, or an instant such as 2026-11-01T12:00:00Z";
            checked(name, given(name), allowed, read_instant)
        };
        let short = |text: &str| {
            let is_short = text.chars().count() <= LONGEST && !text.contains('\0');
            is_short.then(|| text.to_owned())
        };
        let repository = |text: &str| RepositoryName::entered(text).ok();
        let (reason, name) = (given("reason"), given("repository"));
        Ok(Self {
            service: word("service")?.map(|service| service.to_ascii_lowercase()),
            stream: word("stream")?.map(|stream| stream.to_ascii_uppercase()),
            reason: checked(
                "reason",
                reason,
                "use up to 512 characters, none of them NUL",
                short,
            )?,
            repository: checked("repository", name, "use owner/name", repository)?,
            since: instant("since")?,
            until: instant("until")?,
        })
    }

    /// The parts by name, as [`LetterFilter::read`] reads them.
    #[must_use]
    pub fn parts(&self) -> BTreeMap<&'static str, String> {
        let instant = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let parts = [
            ("service", self.service.clone()),
            ("stream", self.stream.clone()),
            ("reason", self.reason.clone()),
            (
                "repository",
                self.repository.as_ref().map(ToString::to_string),
            ),
            ("since", self.since.map(instant)),
            ("until", self.until.map(instant)),
        ];
        let given = parts.into_iter();
        given
            .filter_map(|(name, text)| Some((name, text?)))
            .collect()
    }

    /// What the origins of a stream's messages begin with.
    #[must_use]
    pub fn origin(&self) -> Option<String> {
        let stream = self.stream.as_ref();
        stream.map(|stream| format!("stream {stream}, "))
    }

    /// The repository as a regular expression for texts that name it, in any
    /// case, and not one that only begins or ends as it does.
    #[must_use]
    pub fn naming(&self) -> Option<String> {
        let name = self.repository.as_ref()?.as_str().replace('.', "\\.");
        Some(format!("(^|[^a-z0-9_.-]){name}($|[^a-z0-9_.-])"))
    }
}

fn checked<T>(
    name: &'static str,
    given: Option<&str>,
    allowed: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, LetterFilterFault> {
    let read = |text: &str| {
        read(text).ok_or_else(|| LetterFilterFault {
            name,
            given: text.to_owned(),
            allowed,
        })
    };
    given.map(read).transpose()
}

/// An instant, or a UTC day, meaning its beginning; of years that databases
/// know of.
fn read_instant(text: &str) -> Option<DateTime<Utc>> {
    let day = text.parse::<chrono::NaiveDate>().ok();
    let day = day.map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
    let instant = day.or_else(|| text.parse::<DateTime<Utc>>().ok())?;
    let year = chrono::Datelike::year(&instant);
    (-1..=10_000).contains(&year).then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(parts: &[(&str, &str)]) -> Result<LetterFilter, LetterFilterFault> {
        LetterFilter::read(|name| {
            let found = parts.iter().find(|(part, _)| *part == name);
            found.map(|(_, text)| *text)
        })
    }

    #[test]
    fn a_filter_is_read_as_it_is_written() {
        let parts = [
            ("service", "scraper"),
            ("stream", "contributions"),
            ("reason", "not JSON"),
            ("repository", "octo/next.js"),
            ("since", "2026-11-01"),
            ("until", "2026-11-02T12:00:00.5Z"),
        ];
        let filter = read(&parts).unwrap();
        let written = filter.parts();
        assert_eq!(written["since"], "2026-11-01T00:00:00Z");
        assert!(
            LETTER_FILTER_PARTS
                .iter()
                .all(|name| written.contains_key(name))
        );
        let again = LetterFilter::read(|name| written.get(name).map(String::as_str));
        assert_eq!(again, Ok(filter.clone()));
        assert_eq!(filter.origin().unwrap(), "stream CONTRIBUTIONS, ");
        let naming = "(^|[^a-z0-9_.-])octo/next\\.js($|[^a-z0-9_.-])";
        assert_eq!(filter.naming().unwrap(), naming);
    }

    #[test]
    fn empty_parts_mean_everything_and_wrong_ones_nothing() {
        assert!(read(&[("service", "")]).unwrap().is_everything());
        for (name, wrong) in [
            ("service", "a b"),
            ("repository", "alone"),
            ("since", "yesterday"),
            ("until", "+20000-01-01"),
            ("reason", "\0"),
        ] {
            let fault = read(&[(name, wrong)]).unwrap_err();
            assert_eq!(fault.name, name, "{fault}");
        }
    }
}
