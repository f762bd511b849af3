//! Mentions of people outside of contributions: decisions about them, what was
//! read of their repositories, and what could not be read.

use events::{Erased, Event};
use serde_json::Value;

/// Whether an event tells of somebody who was erased, so that it goes.
pub(super) fn tells_of(erased: &Erased, event: &Event) -> bool {
    let is_theirs = |name: &domain::RepositoryName| erased.covers_reference(&at(name.owner()));
    let account = |account: &domain::AccountReference| erased.covers_reference(account.as_str());
    match event {
        Event::AccountClassified(event) => account(&event.account),
        Event::AccountsLinked(event) => account(&event.account) || account(&event.into),
        Event::AccountsUnlinked(event) => account(&event.account),
        Event::AffiliationsSet(event) => account(&event.account),
        Event::ClassListDefined(event) => event
            .logins
            .iter()
            .any(|login| erased.covers_reference(&at(login))),
        Event::RepositoryTracked(event) => is_theirs(&event.name),
        Event::RepositoryUntracked(event) => is_theirs(&event.name),
        Event::GroupDefined(event) => event.repositories.iter().any(is_theirs),
        Event::CoverageObserved(event) => {
            let owner = event.unit.split_once('/').map(|(owner, _)| owner);
            owner.is_some_and(|owner| erased.covers_reference(&at(owner)))
        }
        Event::DeadLetterRecorded(event) => mentions(erased, event.content.as_bytes()),
        _ => false,
    }
}

fn at(login: &str) -> String {
    format!("@{}", login.to_ascii_lowercase())
}

/// Whether something that may be JSON has a text in it that is a login, or
/// begins with one and a slash, as names of repositories do.
pub(super) fn mentions(erased: &Erased, content: &[u8]) -> bool {
    match serde_json::from_slice::<Value>(content) {
        Ok(value) => mentions_in(erased, &value),
        // What is no JSON is taken apart at everything that no login has.
        Err(_) => {
            let text = String::from_utf8_lossy(content);
            let is_of_login =
                |letter: char| letter.is_ascii_alphanumeric() || "-_[]".contains(letter);
            text.split(|letter: char| !is_of_login(letter))
                .filter(|word| !word.is_empty())
                .any(|word| erased.covers_reference(&at(word)))
        }
    }
}

fn mentions_in(erased: &Erased, value: &Value) -> bool {
    match value {
        Value::String(text) => {
            let parts = text.split(['/', ' ', ':', '@']);
            parts
                .filter(|part| !part.is_empty())
                .any(|part| erased.covers_reference(&at(part)))
        }
        Value::Array(values) => values.iter().any(|value| mentions_in(erased, value)),
        Value::Object(fields) => fields.values().any(|value| mentions_in(erased, value)),
        _ => false,
    }
}
