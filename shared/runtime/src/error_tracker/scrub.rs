//! Taking secrets out of what is told: those that this process was given, and
//! what looks like one.

use regex::{Regex, RegexBuilder};

/// What stands where a secret was.
const REMOVED: &str = "[removed]";

/// Secrets that are shorter are words that may be anywhere.
const SHORTEST: usize = 6;

/// Names of what is never told.
const NAMES: &str = "token|secret|passw|authorization|api[-_]?key|private[-_]?key|access[-_]?key|credential|cookie|dsn";

/// What looks like a secret: in groups what stays, before and after it.
const LOOKS: [&str; 4] = [
    // Users and passwords of addresses.
    r"(://)[^/\s@]+(@)",
    // Tokens of GitHub and Google by what they begin with; keys as files have them.
    r"()\b(?:gh[opsur]_|github_pat_|ya29\.)[A-Za-z0-9_.\-]+",
    r"()-----BEGIN[^-]+PRIVATE KEY-----[\s\S]*?(?:-----END[^-]+-----|\z)",
    // What is shown to be let in.
    r"\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=\-]+",
];

/// Takes secrets out of texts.
pub(super) struct Scrubber {
    secrets: Vec<String>,
    looks: Vec<Regex>,
    named: Option<Regex>,
}

impl Scrubber {
    pub(super) fn new(mut secrets: Vec<String>) -> Self {
        secrets.retain(|secret| secret.len() >= SHORTEST);
        // Of two secrets, one within the other, the longer goes first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        // What is assigned to a name: token=…, "token": "…".
        let assigned =
            format!(r#"((?:{NAMES})[A-Za-z0-9_\-]*["']?\s*[=:]\s*["']?)[^\s"'&,;\])}}]+"#);
        let looks = LOOKS.into_iter().chain([assigned.as_str()]);
        Self {
            secrets,
            // Each can be read, as a test shows.
            looks: looks.filter_map(expression).collect(),
            named: expression(NAMES),
        }
    }

    /// A text without secrets.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret.as_str(), REMOVED);
        }
        for look in &self.looks {
            let kept = format!("${{1}}{REMOVED}${{2}}");
            text = look.replace_all(&text, kept.as_str()).into_owned();
        }
        text
    }

    /// What is said by a name: nothing, if that is the name of a secret.
    pub(super) fn named(&self, name: &str, text: &str) -> String {
        let is_secret = self.named.as_ref().is_none_or(|named| named.is_match(name));
        match is_secret {
            true => REMOVED.to_owned(),
            false => self.clean(text),
        }
    }
}

fn expression(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).case_insensitive(true).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_can_be_read() {
        let scrubber = Scrubber::new(Vec::new());
        assert_eq!(scrubber.looks.len(), LOOKS.len() + 1);
        assert!(scrubber.named.is_some());
    }

    #[test]
    fn what_looks_like_a_secret_goes_and_the_rest_stays() {
        let scrubber = Scrubber::new(vec!["hunter2!".to_owned(), "on".to_owned()]);
        for (text, expected) in [
            ("it said hunter2! twice", "it said [removed] twice"),
            (
                "postgres://ann:pass@db/x is gone",
                "postgres://[removed]@db/x is gone",
            ),
            ("with ghp_abcDEF123.", "with [removed]"),
            (
                "Authorization: Bearer abc.def",
                "Authorization: [removed] [removed]",
            ),
            ("?access_token=abc&page=2", "?access_token=[removed]&page=2"),
            (r#"{"api_key": "abc"}"#, r#"{"api_key": "[removed]"}"#),
            (
                "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----, read",
                "[removed], read",
            ),
            (
                "unit 2024-01-01T15 of octo/cat: 404 on page 3",
                "unit 2024-01-01T15 of octo/cat: 404 on page 3",
            ),
        ] {
            assert_eq!(scrubber.clean(text), expected);
        }
    }

    #[test]
    fn what_is_named_a_secret_is_not_told_whatever_it_is() {
        let scrubber = Scrubber::new(Vec::new());
        assert_eq!(scrubber.named("GitHub-Token", "plain"), REMOVED);
        assert_eq!(scrubber.named("repository", "octo/cat"), "octo/cat");
    }
}
