//! What a board's page may cost its reader. Times are measured by `make bench`,
//! where nothing else runs.

use serde::Deserialize;
use tests::System;

use crate::chromium::{Chromium, Key, Tab};
use crate::looks::LOOKS;

/// The page, its style, its script.
const REQUESTS: u32 = 3;

/// All of it, compressed as it is sent.
const BYTES: u32 = 60 * 1_024;

/// Elements of a page with fifty rows.
const ELEMENTS: u32 = 2_500;

/// What counts as a page that stays where it is.
const SHIFT: f64 = 0.1;

const MEASURE: &str = include_str!("measure.js");

/// What a page has cost, as far as it is the same on every machine.
#[derive(Debug, Deserialize)]
pub(crate) struct Cost {
    requests: u32,
    bytes: u32,
    elements: u32,
    shift: f64,
}

impl Cost {
    async fn of(tab: &Tab) -> Self {
        serde_json::from_value(tab.ask(MEASURE).await).unwrap()
    }

    fn faults(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut at_most = |what: &str, is: f64, most: f64| {
            if is > most {
                found.push(format!("{is} {what}, where {most} is the most"));
            }
        };
        at_most("requests", self.requests.into(), REQUESTS.into());
        at_most("bytes", self.bytes.into(), BYTES.into());
        at_most("elements", self.elements.into(), ELEMENTS.into());
        at_most("shift", self.shift, SHIFT);
        found
    }
}

/// What is beyond the budget of a board's page, in every look.
pub(crate) async fn faults(chromium: &Chromium, url: &str) -> Vec<String> {
    let mut found = Vec::new();
    for look in LOOKS.iter().filter(|look| look.theme == "light") {
        let tab = chromium.open(look, url).await;
        let cost = Cost::of(&tab).await;
        tab.close().await;
        println!("{url} ({look}): {cost:?}");
        let faults = cost.faults().into_iter();
        found.extend(faults.map(|fault| format!("{url} ({look}): {fault}")));
    }
    found
}

/// The first rows as they are read, and where the reader has them.
const READ: &str = "(() => {
    const row = document.querySelectorAll('tr[data-account]')[9];
    return [scrollY, row.getBoundingClientRect().top, document.querySelector('.board tbody').textContent];
})()";

/// A board that changes while it is read: nothing moves and nothing is other
/// than it was until the reader asks for it, and then the place is kept.
pub(crate) async fn stays_under_the_finger(chromium: &Chromium, system: &System, more: &str) {
    let url = format!("{}/?class=everyone", system.api);
    let mut tabs = Vec::new();
    for look in LOOKS.iter().filter(|look| look.theme == "light") {
        let tab = chromium.open(look, &url).await;
        tab.ask("scrollTo(0, 240)").await;
        let read = tab.ask(READ).await;
        tabs.push((look, tab, read));
    }
    system.run(&["ingest", more]).unwrap();
    for (look, tab, read) in tabs {
        tab.until("!document.querySelector('.since').hidden").await;
        assert_eq!(tab.ask(READ).await, read, "{look}");
        let cost = Cost::of(&tab).await;
        assert!(cost.shift < SHIFT, "{look}: {cost:?}");
        tab.tab_to(".since button").await;
        tab.ask("scrollTo(0, 240)").await;
        tab.press(Key::ENTER).await;
        tab.until("document.querySelector('.since').hidden && document.querySelector('tr.fresh')")
            .await;
        assert_eq!(tab.ask("scrollY").await, read[0], "{look}");
        assert_ne!(tab.ask(READ).await[2], read[2], "{look}");
        let cost = Cost::of(&tab).await;
        assert!(cost.shift < SHIFT, "{look}, after it was shown: {cost:?}");
        tab.close().await;
    }
}
