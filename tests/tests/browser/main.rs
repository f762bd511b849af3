//! The pages in a real browser: accessible, quiet, within their width, usable
//! by keyboard and without scripts, light, and leading to where they say.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod budget;
mod chromium;
mod keyboard;
mod links;
mod looks;
mod pages;
mod paths;
mod reference;
mod weight;

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tests::{System, real_data};

use crate::chromium::{Chromium, is_there};
use crate::links::Links;
use crate::looks::{AXE, LOOKS, Look};
use crate::pages::{PAGES, Places};

/// Lines of the hour that pages show.
const LINES: usize = 1_500;

const REAL_HOUR: &str = "benchmark/2016-01-01-10.json.gz";

/// The pages that are boards.
const BOARDS: [&str; 6] = [
    "board",
    "board-of-a-kind",
    "repository",
    "organization",
    "group",
    "company",
];

/// An hour of real events where there is one, so that boards bear the names
/// that people and repositories have; otherwise made-up ones.
fn hour() -> (&'static str, Vec<u8>) {
    if let Some(path) = real_data("pages_in_a_browser", REAL_HOUR) {
        let lines = tests::documents_of(&path).unwrap();
        let lines = lines.into_iter().take(LINES);
        let lines = lines.flat_map(|(_, line)| [line, vec![b'\n']].concat());
        return ("2016-01-01-10", lines.collect());
    }
    let hour = "2024-02-29T23:00:00Z".parse().unwrap();
    let lines = scraper::generator::generate_hour(9, hour, LINES).unwrap();
    ("2024-02-29-23", lines)
}

/// The lines after those: what happens while somebody reads.
fn later(directory: &Path) -> PathBuf {
    let (name, lines) = match real_data("pages_in_a_browser", REAL_HOUR) {
        Some(path) => {
            let lines = tests::documents_of(&path).unwrap();
            let lines = lines.into_iter().skip(LINES);
            let lines = lines.flat_map(|(_, line)| [line, vec![b'\n']].concat());
            ("2016-01-01-11", lines.collect())
        }
        None => {
            let hour = "2024-03-01T00:00:00Z".parse().unwrap();
            let lines = scraper::generator::generate_hour(9, hour, 4 * LINES);
            ("2024-03-01-0", lines.unwrap())
        }
    };
    let file = directory.join(format!("{name}.json.gz"));
    let archive = std::fs::File::create(&file).unwrap();
    let mut archive = GzEncoder::new(archive, Compression::fast());
    archive.write_all(&lines).unwrap();
    archive.finish().unwrap();
    file
}

/// Starting everything takes longer than doing all of this.
#[tokio::test(flavor = "multi_thread")]
async fn readers_get_to_what_they_want() {
    if !is_there("readers_get_to_what_they_want") {
        return;
    }
    let (name, lines) = hour();
    let system = System::start(name, &lines).unwrap();
    let places = Places::of(&system).await;
    let chromium = Chromium::start().await;
    paths::choose_a_board(&chromium, &system.api).await;
    paths::find_somebody(&chromium, &system.api, &places.fill("{login}")).await;
    paths::try_a_policy(&chromium, &system.api).await;
    reference::leads_to_what_is_linked(&chromium, &system.api).await;

    let mut faults = Vec::new();
    for (_, template) in PAGES.iter().filter(|(name, _)| BOARDS.contains(name)) {
        let url = format!("{}{}", system.api, places.fill(template));
        faults.extend(budget::faults(&chromium, &url).await);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));

    let directory = tempfile::tempdir().unwrap();
    let more = later(directory.path());
    budget::stays_under_the_finger(&chromium, &system, more.to_str().unwrap()).await;

    let mut links = Links::default();
    for (name, template) in PAGES {
        let url = format!("{}{}", system.api, places.fill(template));
        let tab = chromium.open(&Look::PLAIN, &url).await;
        links.collect(name, &tab).await;
        tab.close().await;
    }
    chromium.stop().await;
    let faults = links.faults().await;
    assert!(faults.is_empty(), "{}", faults.join("\n"));
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
