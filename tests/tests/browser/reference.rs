//! The reference: short until one opens something, and every link leads to what
//! it names, opened.

use serde_json::Value;

use crate::chromium::Chromium;
use crate::looks::Look;

/// Longer than this and a reader on a phone finds nothing by looking.
const LONGEST: u64 = 13_000;

const PHONE: Look = Look {
    theme: "light",
    width: 390,
};

/// Whether what the address leads to is seen, and near the top.
const ARRIVED: &str = "(() => {
    const target = document.getElementById(location.hash.slice(1));
    const box = target.getBoundingClientRect();
    return target.checkVisibility() && box.height > 0 && box.top >= 0 && box.top < innerHeight;
})()";

/// Looks at both pages on a phone, and at places others link to.
pub(crate) async fn leads_to_what_is_linked(chromium: &Chromium, api: &str) {
    for path in ["/docs", "/docs/events"] {
        let tab = chromium.open(&PHONE, &format!("{api}{path}")).await;
        let height = tab.ask("document.documentElement.scrollHeight").await;
        assert!(
            height.as_u64().unwrap() < LONGEST,
            "{path} is {height} pixels long"
        );
        // What is closed is still there to be searched for, and opens at once.
        tab.ask("document.querySelector('.unfold [value=open]').click()")
            .await;
        let closed = "document.querySelectorAll('.reference details:not([open])').length";
        assert_eq!(tab.ask(closed).await, 0);
        tab.close().await;
    }
    for place in [
        "/docs#invalid-parameter",
        "/docs#getGlobalLeaderboard",
        "/docs#about-embeds",
        "/docs#shape-Entry",
        "/docs/events#ContributionRecorded",
    ] {
        let url = format!("{api}{place}");
        let tab = chromium.open(&PHONE, &url).await;
        assert_eq!(tab.ask(ARRIVED).await, Value::Bool(true), "{place}");
        tab.close().await;
        let plain = chromium.open_without_scripts(&PHONE, &url).await;
        assert_eq!(
            plain.ask(ARRIVED).await,
            Value::Bool(true),
            "{place}, without scripts"
        );
        plain.close().await;
    }
}
