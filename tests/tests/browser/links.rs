//! Where the pages lead: every link of theirs to one of their own answers, and
//! every place in a page that one leads to is there.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, stream};
use reqwest::Client;

use crate::chromium::Tab;
use crate::looks::texts;

/// Links that are followed at the same time: less than the files that are written at
/// the same time.
const AT_ONCE: usize = 2;

/// Every link to another page of the same server.
const LINKS: &str = "[...document.querySelectorAll('a[href]')]
    .filter((one) => one.origin === location.origin)
    .map((one) => one.href)
    .filter((one) => one.split('#')[0] !== location.href.split('#')[0])";

/// Every link to a place of the page itself that is not there.
const ASTRAY: &str = "[...document.querySelectorAll('a[href]')]
    .filter((one) => one.hash && one.href.split('#')[0] === location.href.split('#')[0])
    .filter((one) => !document.getElementById(decodeURIComponent(one.hash.slice(1))))
    .map((one) => one.href)";

/// Links, and a page that has each.
#[derive(Default)]
pub(crate) struct Links {
    from: BTreeMap<String, &'static str>,
    astray: Vec<String>,
}

impl Links {
    /// Takes the links of a page.
    pub(crate) async fn collect(&mut self, page: &'static str, tab: &Tab) {
        for link in texts(&tab.ask(LINKS).await) {
            self.from.entry(link).or_insert(page);
        }
        let astray = texts(&tab.ask(ASTRAY).await).into_iter();
        let told = astray.map(|link| format!("{page}: there is no {link}"));
        self.astray.extend(told);
    }

    /// Every link that leads nowhere.
    pub(crate) async fn faults(self) -> Vec<String> {
        let mut targets: BTreeMap<String, BTreeSet<(String, &str)>> = BTreeMap::new();
        for (link, page) in &self.from {
            let (address, place) = link.split_once('#').unwrap_or((link, ""));
            let places = targets.entry(address.to_owned()).or_default();
            places.insert((place.to_owned(), page));
        }
        assert!(targets.len() > 50, "only {} addresses", targets.len());
        let client = Client::new();
        let followed = targets.into_iter().map(|(address, places)| {
            let client = client.clone();
            async move { follow(&client, &address, &places).await }
        });
        let found: Vec<Vec<String>> = stream::iter(followed)
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        self.astray
            .into_iter()
            .chain(found.into_iter().flatten())
            .collect()
    }
}

async fn follow(client: &Client, address: &str, places: &BTreeSet<(String, &str)>) -> Vec<String> {
    let answer = client.get(address).send().await.unwrap();
    let status = answer.status();
    let body = answer.text().await.unwrap();
    let missing = |place: &str| !place.is_empty() && !body.contains(&format!(" id=\"{place}\""));
    let faults = places.iter().filter_map(|(place, page)| {
        if !status.is_success() {
            return Some(format!("{page}: {address} answers {status}"));
        }
        missing(place).then(|| format!("{page}: {address} has no place {place}"))
    });
    faults.collect()
}
