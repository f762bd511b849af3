//! What a page loads: from its own server only, and little.

use reqwest::header::ACCEPT_ENCODING;

use crate::chromium::Chromium;
use crate::looks::{Look, texts};

/// Most bytes of scripts and styles, compressed as they are sent.
const MOST: usize = 60 * 1_024;

/// Everything that was loaded beside the page, and what it is made for.
const LOADED: &str = "performance.getEntriesByType('resource').map(one => one.name)";

const SCRIPTS_AND_STYLES: &str =
    "[...document.querySelectorAll('link[rel=stylesheet], script[src]')]
    .map(one => one.href ?? one.src)";

/// What a page loads that it should not.
pub(crate) async fn faults(chromium: &Chromium, api: &str, url: &str) -> Vec<String> {
    let tab = chromium.open(&Look::PLAIN, url).await;
    let loaded = texts(&tab.ask(LOADED).await);
    let weighed = texts(&tab.ask(SCRIPTS_AND_STYLES).await);
    tab.close().await;
    assert!(!weighed.is_empty(), "{url} has no style");
    let strangers = loaded.iter().filter(|one| !one.starts_with(api));
    let mut found: Vec<String> = strangers.map(|one| format!("loads {one}")).collect();
    let client = reqwest::Client::new();
    let mut bytes = 0;
    for one in &weighed {
        let asked = client.get(one).header(ACCEPT_ENCODING, "gzip");
        bytes += asked.send().await.unwrap().bytes().await.unwrap().len();
    }
    if bytes > MOST {
        found.push(format!(
            "its scripts and styles are {bytes} bytes, compressed"
        ));
    }
    found
}
