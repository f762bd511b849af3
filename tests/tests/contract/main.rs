//! The running service keeps the word that its OpenAPI document gives, and the
//! document takes back nothing that it gave before.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod breaking;
mod commands;
mod known;
mod schemathesis;

use std::collections::BTreeSet;

use serde_json::Value;
use tests::{COMMAND_KEY, System, workspace};

use crate::breaking::breaks;
use crate::known::Known;
use crate::schemathesis::Schemathesis;

/// The hour whose events are made up, and how many they are.
const HOUR: (&str, &str) = ("2024-02-29-23", "2024-02-29T23:00:00Z");
const EVENTS: usize = 400;

/// Operations that are answered with no success here, and why.
const NEVER_WELL: [(&str, &str); 0] = [];

fn document(file: &str) -> Value {
    let text = std::fs::read(workspace().join("docs").join(file)).unwrap();
    serde_json::from_slice(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_api_keeps_its_word() {
    let Some(tool) = Schemathesis::find("the_query_api_keeps_its_word") else {
        return;
    };
    let lines = scraper::generator::generate_hour(9, HOUR.1.parse().unwrap(), EVENTS).unwrap();
    let system = System::start(HOUR.0, &lines).unwrap();
    let known = Known::of(&system).await;
    let mut document = document("openapi.json");
    known.tell(&mut document);
    let directory = tempfile::tempdir().unwrap();
    let asked = tool.run(directory.path(), &document, &system.api, &[]);
    assert_answers_of_all(&document, &asked);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_api_keeps_its_word() {
    let Some(tool) = Schemathesis::find("the_command_api_keeps_its_word") else {
        return;
    };
    let lines = scraper::generator::generate_hour(9, HOUR.1.parse().unwrap(), EVENTS).unwrap();
    let system = System::start(HOUR.0, &lines).unwrap();
    let served = reqwest::get(format!("{}/openapi.json", system.commands));
    let served: Value = served.await.unwrap().json().await.unwrap();
    let mut document = document("openapi.commands.json");
    assert_eq!(
        served, document,
        "it serves another document than is published"
    );
    commands::tell(&mut document);
    let directory = tempfile::tempdir().unwrap();
    let key = format!("Authorization: Bearer {COMMAND_KEY}");
    let options = ["--header", key.as_str()];
    let asked = tool.run(directory.path(), &document, &system.commands, &options);
    assert_answers_of_all(&document, &asked);
}

/// Every operation was answered as it should be at least once: else nothing
/// but refusals may have been looked at.
fn assert_answers_of_all(document: &Value, asked: &[schemathesis::Exchange]) {
    let mut unanswered = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let is_of_it = |exchange: &&schemathesis::Exchange| {
                exchange.method.eq_ignore_ascii_case(method) && fits(path, &exchange.path)
            };
            let well = |exchange: &schemathesis::Exchange| (200..300).contains(&exchange.status);
            if !asked.iter().filter(is_of_it).any(well) {
                unanswered.insert(format!("{method} {path}"));
            }
        }
    }
    let expected = NEVER_WELL
        .iter()
        .map(|(operation, _)| (*operation).to_owned());
    assert_eq!(
        unanswered,
        expected.collect(),
        "of {} requests",
        asked.len()
    );
}

/// Whether an address is one of a template such as `/a/{b}`.
fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template
            .zip(path)
            .all(|(expected, given)| expected.starts_with('{') || expected == given)
}

#[test]
fn nothing_is_taken_back_that_was_promised() {
    for api in ["openapi", "openapi.commands"] {
        let before = format!("{api}.baseline.json");
        let found = breaks(&document(&before), &document(&format!("{api}.json")));
        assert!(
            found.is_empty(),
            "clients of docs/{before} would break; see CONTRIBUTING.md: {found:#?}"
        );
    }
}
