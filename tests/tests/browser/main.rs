//! The pages in a real browser: accessible, quiet, within their width, usable
//! by keyboard and without scripts, and light.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chromium;
mod keyboard;
mod looks;
mod pages;
mod weight;

use serde_json::Value;
use tests::{System, real_data};

use crate::chromium::{Chromium, is_there};
use crate::looks::{AXE, LOOKS, Look};
use crate::pages::{PAGES, Places};

/// Lines of the hour that pages show.
const LINES: usize = 1_500;

/// A hour of real events where there is one, so that boards bear the names
/// that people and repositories have; otherwise made-up ones.
fn hour() -> (&'static str, Vec<u8>) {
    let file = "benchmark/2016-01-01-10.json.gz";
    if let Some(path) = real_data("pages_in_a_browser", file) {
        let lines = tests::documents_of(&path).unwrap();
        let lines = lines.into_iter().take(LINES);
        let lines = lines.flat_map(|(_, line)| [line, vec![b'\n']].concat());
        return ("2016-01-01-10", lines.collect());
    }
    let hour = "2024-02-29T23:00:00Z".parse().unwrap();
    let lines = scraper::generator::generate_hour(9, hour, LINES).unwrap();
    ("2024-02-29-23", lines)
}

/// One test, because starting everything takes longer than looking at a page.
#[tokio::test(flavor = "multi_thread")]
async fn pages_are_well_in_a_browser() {
    if !is_there("pages_are_well_in_a_browser") {
        return;
    }
    let (name, lines) = hour();
    let system = System::start(name, &lines).unwrap();
    let places = Places::of(&system).await;
    let chromium = Chromium::start().await;
    let axe = std::fs::read_to_string(tests::workspace().join(AXE)).ok();
    if axe.is_none() {
        println!(
            "skipped: the rules of axe-core, which is not there; fetch it with: make test-tools"
        );
    }
    let mut faults: Vec<String> = Vec::new();
    for (name, template) in PAGES {
        let url = format!("{}{}", system.api, places.fill(template));
        for look in LOOKS {
            let mut tab = chromium.open(&look, &url).await;
            let found = looks::faults(&tab, &look, axe.as_deref()).await;
            tab.save(&format!("{name}-{look}")).await;
            faults.extend(
                found
                    .into_iter()
                    .map(|fault| format!("{name} ({look}): {fault}")),
            );
            if look.theme == "light" {
                let found = keyboard::faults(&tab).await;
                faults.extend(
                    found
                        .into_iter()
                        .map(|fault| format!("{name} ({look}): {fault}")),
                );
            }
            let said = tab.complaints().await;
            faults.extend(
                said.into_iter()
                    .map(|said| format!("{name} ({look}): {said}")),
            );
            tab.close().await;
        }
        let found = without_scripts(&chromium, &url).await;
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
        let found = weight::faults(&chromium, &system.api, &url).await;
        faults.extend(found.into_iter().map(|fault| format!("{name}: {fault}")));
    }
    chromium.stop().await;
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// What is missing of a page for who runs no scripts: what it says, and what
/// can be done on it.
async fn without_scripts(chromium: &Chromium, url: &str) -> Option<String> {
    // What scripts add besides is marked so; forms and links stay.
    let shown = "JSON.stringify([...document.querySelectorAll('main *')]\
        .filter(one => !one.closest('[data-script]'))\
        .filter(one => one.matches('tr, li, h1, h2, form, a, section') && one.checkVisibility()).length)";
    let with = chromium.open(&Look::PLAIN, url).await;
    let expected = with.ask(shown).await;
    with.close().await;
    let without = chromium.open_without_scripts(&Look::PLAIN, url).await;
    let found = without.ask(shown).await;
    let forms = without
        .ask("[...document.forms].every(form => form.querySelector('button, input[type=submit]'))")
        .await;
    without.close().await;
    if forms != Value::Bool(true) {
        return Some("a form cannot be sent without scripts".to_owned());
    }
    (found != expected).then(|| format!("without scripts it shows {found} parts, not {expected}"))
}
