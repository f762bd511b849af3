//! An error as it is told.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sentry_types::protocol::v7::{Event, Exception, Level, TraceContext};
use serde_json::Value;

use super::fields::Fields;
use super::scrub::Scrubber;

/// The longest text that errors are grouped and looked for by.
const LONGEST_TAG: usize = 200;

/// The longest text beside them.
const LONGEST: usize = 2_000;

/// Fields that errors are looked for by, with the names they have there.
const TAGS: [(&str, &str); 12] = [
    ("name", "job"),
    ("job_name", "job"),
    ("job", "job_id"),
    ("attempt", "attempt"),
    ("queue", "queue"),
    ("projection", "projection"),
    ("source", "source"),
    ("unit", "unit"),
    ("repository", "repository"),
    ("endpoint", "endpoint"),
    ("method", "method"),
    ("severity", "severity"),
];

/// The trace that an error happened in.
pub(super) struct Trace {
    pub(super) trace: [u8; 16],
    pub(super) span: [u8; 8],
}

/// Makes reports.
pub(super) struct Reporter {
    pub(super) service: String,
    pub(super) release: String,
    pub(super) scrubber: Scrubber,
}

impl Reporter {
    /// What is told of an error, by the fields that were logged of it.
    pub(super) fn report(
        &self,
        target: &str,
        fields: &Fields,
        trace: Option<Trace>,
    ) -> Event<'static> {
        let clean = |text: &str| cut(self.scrubber.clean(text), LONGEST);
        let what = clean(fields.get("message").unwrap_or("error"));
        let why = fields.get("error").or_else(|| fields.get("failure"));
        let mut event = Event {
            level: match fields.get("severity") {
                Some("critical") => Level::Fatal,
                _ => Level::Error,
            },
            logger: Some(target.to_owned()),
            release: Some(Cow::Owned(self.release.clone())),
            ..Event::default()
        };
        event.tags = self.tags(fields);
        event.extra = self.others(fields);
        let by = event.tags.get("job").or(event.tags.get("projection"));
        let group = [what.clone(), target.to_owned()].into_iter();
        let group = group.chain(by.cloned()).map(Cow::Owned);
        event.fingerprint = Cow::Owned(group.collect());
        if let Some(trace) = trace {
            let context = TraceContext {
                trace_id: trace.trace.into(),
                span_id: trace.span.into(),
                ..TraceContext::default()
            };
            let id = context.trace_id.to_string();
            event.tags.insert("trace_id".to_owned(), id);
            event.contexts.insert("trace".to_owned(), context.into());
        }
        let exception = Exception {
            ty: what,
            value: why.map(clean),
            ..Exception::default()
        };
        event.exception.values.push(exception);
        event
    }

    fn tags(&self, fields: &Fields) -> BTreeMap<String, String> {
        let mut tags = BTreeMap::from([("service".to_owned(), self.service.clone())]);
        let context = context_of(fields);
        for (field, tag) in TAGS {
            let inner = context.get(field).map(String::as_str);
            let Some(value) = fields.get(field).or(inner) else {
                continue;
            };
            let value = cut(self.scrubber.named(field, value), LONGEST_TAG);
            tags.entry(tag.to_owned()).or_insert(value);
        }
        // What does not say how bad it is, is as bad as an error.
        tags.entry("severity".to_owned())
            .or_insert_with(|| "high".to_owned());
        tags
    }

    /// What is no tag, and where it went wrong.
    fn others(&self, fields: &Fields) -> BTreeMap<String, Value> {
        let shown = |name: &str| {
            ["message", "error", "failure", "context"].contains(&name)
                || TAGS.iter().any(|(field, _)| *field == name)
        };
        let named = |(name, value): (&str, &str)| {
            let value = cut(self.scrubber.named(name, value), LONGEST);
            (name.to_owned(), Value::String(value))
        };
        let fields_of_their_own = fields.0.iter().filter(|(name, _)| !shown(name));
        let mut others: BTreeMap<String, Value> = fields_of_their_own
            .map(|(name, value)| named((name, value)))
            .collect();
        for (name, value) in &context_of(fields) {
            let (name, value) = named((name, value));
            others.insert(format!("context.{name}"), value);
        }
        others
    }
}

/// Where it went wrong: a map that is logged as JSON.
fn context_of(fields: &Fields) -> BTreeMap<String, String> {
    let Some(text) = fields.get("context") else {
        return BTreeMap::new();
    };
    serde_json::from_str(text)
        .unwrap_or_else(|_| BTreeMap::from([("text".to_owned(), text.to_owned())]))
}

/// Cuts a text at so many characters.
fn cut(text: String, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text,
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reporter() -> Reporter {
        Reporter {
            service: "leaderboard-worker".to_owned(),
            release: "leaderboard@1.2.3".to_owned(),
            scrubber: Scrubber::new(vec!["correct horse".to_owned()]),
        }
    }

    #[test]
    fn what_is_known_of_a_failed_job_is_told_and_its_secrets_are_not() {
        let context =
            r#"{"source":"bigquery","token":"abcdefgh","note":"a correct horse, at 2024-01-01"}"#;
        let fields = Fields(BTreeMap::from([
            ("message", "job_failed".to_owned()),
            ("name", "read-bigquery".to_owned()),
            ("error", "refused: Bearer 123456789".to_owned()),
            ("severity", "critical".to_owned()),
            ("context", context.to_owned()),
        ]));
        let trace = Trace {
            trace: [7; 16],
            span: [9; 8],
        };
        let event = reporter().report("jobs::worker", &fields, Some(trace));
        assert_eq!(event.level, Level::Fatal);
        for (tag, value) in [
            ("service", "leaderboard-worker"),
            ("job", "read-bigquery"),
            ("source", "bigquery"),
            ("severity", "critical"),
            ("trace_id", "07070707070707070707070707070707"),
        ] {
            assert_eq!(event.tags.get(tag).map(String::as_str), Some(value));
        }
        assert_eq!(event.fingerprint.len(), 3);
        let told = serde_json::to_string(&event).unwrap();
        assert!(told.contains("leaderboard@1.2.3") && told.contains("2024-01-01"));
        for secret in ["abcdefgh", "correct horse", "123456789"] {
            assert!(!told.contains(secret), "{told}");
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut("äöü".to_owned(), 2), "äö…");
        assert_eq!(cut("äö".to_owned(), 2), "äö");
    }
}
