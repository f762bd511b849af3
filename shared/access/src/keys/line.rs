//! Keys as lines of a file: a name, scopes, an end, and a digest.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};

use super::{Key, KeyError, Keys};
use crate::scope::Scope;

const DIGEST: &str = "sha256:";
const NEVER: &str = "never";

impl FromStr for Keys {
    type Err = KeyError;

    /// Reads a file's text; what follows a # on a line is for people.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for (place, line) in text.lines().enumerate() {
            let said = line.split('#').next().unwrap_or_default().trim();
            if !said.is_empty() {
                let key = said.parse::<Key>();
                let key = key.map_err(|error| KeyError::Line(place + 1, Box::new(error)))?;
                keys.push(Arc::new(key));
            }
        }
        Ok(Self(keys))
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(line: &str) -> Result<Self, KeyError> {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let [name, scopes, end, digest] = parts[..] else {
            return Err(KeyError::Form);
        };
        let scopes = scopes.split(',').map(str::parse);
        let scopes: Vec<Scope> = scopes.collect::<Result<_, _>>()?;
        let digest = digest.strip_prefix(DIGEST).and_then(read_digest);
        let digest = digest.ok_or(KeyError::Form)?;
        Self::new(name, digest, &scopes, read_end(end)?)
    }
}

/// An end as it is written: `never`, an instant, or the first day on which it
/// is no key any more.
fn read_end(text: &str) -> Result<Option<DateTime<Utc>>, KeyError> {
    if text == NEVER {
        return Ok(None);
    }
    let day = text
        .parse::<NaiveDate>()
        .map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let end = day.or_else(|_| text.parse());
    end.map(Some).map_err(|_| KeyError::End(text.to_owned()))
}

fn read_digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    // Numbers may begin with a sign; digits of a digest may not.
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(digest)
}

impl fmt::Display for Key {
    /// Its line in a file.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scopes: Vec<&str> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        let end = self.end.map_or_else(
            || NEVER.to_owned(),
            |end| end.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        );
        write!(out, "{} {} {end} {DIGEST}", self.name, scopes.join(","))?;
        self.digest
            .iter()
            .try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_the_line_that_was_printed_of_it() {
        let end = "2027-01-01T00:00:00Z".parse().ok();
        for end in [None, end] {
            let made = Key::from_random(&[7; 32], "ann", &[Scope::Operate, Scope::Read], end);
            let made = made.unwrap();
            let line = made.key.to_string();
            assert!(line.starts_with("ann read,operate "), "{line}");
            assert!(!line.contains(&made.secret));
            let file = format!("# keys\n\n{line} # of Ann's laptop\n");
            let keys: Keys = file.parse().unwrap();
            assert_eq!(keys.find(&made.secret).as_deref(), Some(&made.key));
        }
    }

    #[test]
    fn a_day_is_the_first_on_which_it_is_no_key() {
        let line = Key::from_random(&[7; 32], "ann", &[Scope::Read], None).unwrap();
        let line = line.key.to_string().replace(NEVER, "2027-01-01");
        let key: Key = line.parse().unwrap();
        let end = "2027-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(key.ended(end), Some(end));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        for (line, told) in [
            ("ann read never", "a line is a name"),
            ("ann read never sha256:abc", "a line is a name"),
            (
                &format!("ann read never sha256:{}", "+b".repeat(32)),
                "a line is a name",
            ),
            (&format!("ann reed never {digest}"), "no scope \"reed\""),
            (&format!("ann read soon {digest}"), "\"soon\" is no end"),
            (
                &format!("ann read never {}", "é".repeat(35)),
                "a line is a name",
            ),
        ] {
            let error = format!("# first\n{line}").parse::<Keys>().unwrap_err();
            let error = error.to_string();
            assert!(
                error.starts_with("line 2: ") && error.contains(told),
                "{error}"
            );
        }
    }
}
