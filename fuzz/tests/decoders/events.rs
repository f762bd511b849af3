//! Messages of the log, of every type and version, and the subjects they are on.

use std::collections::HashMap;

use bolero::check;
use chrono::NaiveDate;
use domain::{RepositoryName, Source};
use events::{Envelope, Subject};
use fuzz::{Mutation, Seeds};

use crate::support::assert_legal;

fn messages() -> Seeds {
    Seeds::beside("shared/events/tests/golden")
}

#[test]
fn a_message_that_is_read_is_written_as_it_was_understood() {
    let seeds = messages();
    for message in seeds.iter() {
        Envelope::decode(message).unwrap();
    }
    check!()
        .with_type::<Mutation>()
        .with_iterations(8_000)
        .for_each(|mutation| {
            let message = mutation.apply(&seeds);
            match Envelope::decode(&message) {
                Ok(envelope) => {
                    let written = envelope.encode().unwrap();
                    let again = Envelope::decode(&written).unwrap();
                    assert_eq!(again, envelope);
                    assert_eq!(again.encode().unwrap(), written);
                    assert_eq!(events::time_of(&message), Some(envelope.time));
                    assert_eq!(Subject::of(&again.event), Subject::of(&envelope.event));
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        });
}

#[test]
fn a_message_is_on_a_subject_that_nothing_breaks_out_of() {
    let seeds = messages();
    check!()
        .with_type::<Mutation>()
        .with_iterations(8_000)
        .for_each(|mutation| {
            if let Ok(envelope) = Envelope::decode(&mutation.apply(&seeds)) {
                let tokens = |subject: &Subject| subject.as_str().split('.').count();
                let subject = Subject::of(&envelope.event);
                assert_legal(&subject);
                // What is in an event changes tokens, and not how many there are.
                let intact = Envelope::decode(seeds.pick(mutation.seed)).unwrap();
                if intact.event.event_type() == envelope.event.event_type()
                    && !subject.as_str().starts_with("coverage.")
                {
                    assert_eq!(tokens(&subject), tokens(&Subject::of(&intact.event)));
                }
            }
        });
}

/// What a token stands for: the other way round of how it is written.
fn unescaped(token: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = token.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'=' {
            let digits = std::str::from_utf8(&rest[..2]).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
            rest = &rest[2..];
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_token_says_which_text_it_is_of() {
    let seeds = Seeds::these([
        "Octo",
        "next.js",
        "a*b>c d=e",
        "ΣΟΦΌΣ",
        "İ\u{3000}",
        "$JS",
        "_",
    ]);
    let mut before: HashMap<String, String> = HashMap::new();
    check!()
        .with_type::<Mutation>()
        .with_iterations(8_000)
        .for_each(|mutation| {
            let text = mutation.text(&seeds);
            let subject = Subject::of_schedule(&text);
            assert_legal(&subject);
            let token = subject.as_str().strip_prefix("schedule.v1.").unwrap();
            let lower: String = text
                .chars()
                .flat_map(char::to_lowercase)
                .take(200)
                .collect();
            if text.is_empty() {
                assert_eq!(token, "_");
            } else {
                assert_eq!(unescaped(token), lower);
            }
        });
    for name in ["a.b", "a=2eb", "a=2Eb", "A.B", "a b", "a_b"] {
        let lower = name.to_lowercase();
        let subject = Subject::of_schedule(name).as_str().to_owned();
        let same = before.entry(subject).or_insert_with(|| lower.clone());
        assert_eq!(*same, lower);
    }
}

#[test]
fn filters_are_of_the_repository_that_was_named_and_of_no_other() {
    let seeds = Seeds::these(["octo/hello", "Octo/next.js", "o/.", "a/b/c", "x y/*", ">/>"]);
    check!()
        .with_type::<Mutation>()
        .with_iterations(8_000)
        .for_each(|mutation| {
            let text = mutation.text(&seeds);
            let Some(name) = RepositoryName::parse(&text) else {
                return;
            };
            let kinds = ["commit", "push"];
            let filters = Subject::of_contributions_in(&[(name.clone(), false)], &kinds);
            assert_eq!(filters.len(), kinds.len());
            for filter in filters {
                let tokens: Vec<&str> = filter.as_str().split('.').collect();
                assert_eq!((tokens.len(), tokens[2]), (6, "*"), "{filter}");
                assert!(!tokens[3].contains(['*', '>']) && !tokens[4].contains(['*', '>']));
            }
            if RepositoryName::entered(&text).is_ok() {
                let unit = format!("{text} events 2024-09-11T15..2024-09-11T16");
                let subject = Subject::of_coverage(Source::Api, &unit);
                assert_legal(&subject);
                assert_eq!(subject.as_str().split('.').count(), 7, "{subject}");
                let filter = Subject::of_repository_coverage(Source::Api, &name, "events");
                let all = filter.as_str().strip_suffix('*').unwrap();
                assert!(
                    subject.as_str().starts_with(all),
                    "{subject} is not in {filter}"
                );
            }
            let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
            assert_legal(&Subject::of_report(&text, day));
        });
}
