//! How a page looks to different readers, and what is wrong with it then.

use std::fmt;

use serde_json::Value;

use crate::chromium::Tab;

/// Where axe-core is, once it was fetched.
pub(crate) const AXE: &str = ".tools/axe/axe.min.js";

/// What the reader's system is set to.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) theme: &'static str,
    pub(crate) width: u32,
}

/// Each page is looked at in each of these.
pub(crate) const LOOKS: [Look; 4] = [
    Look::of("light", 1_280),
    Look::of("dark", 1_280),
    Look::of("light", 390),
    Look::of("dark", 390),
];

impl Look {
    /// Any of them, where it does not matter.
    pub(crate) const PLAIN: Self = Self::of("light", 1_280);

    const fn of(theme: &'static str, width: u32) -> Self {
        Self { theme, width }
    }
}

impl fmt::Display for Look {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}-{}", self.theme, self.width)
    }
}

/// Asks for every rule of WCAG 2.0 to 2.2, A and AA, and what is good besides.
const RULES: &str = "axe.run(document, {
    resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
}).then(found => found.violations.flatMap(one => one.nodes.map(node =>
    `${one.id} (${one.impact}): ${node.target.join(' ')}: ${node.failureSummary}`)))";

/// Names what reaches beyond the page's right edge, if the page does.
const TOO_WIDE: &str = "document.documentElement.scrollWidth <= window.innerWidth ? [] :
    [...document.querySelectorAll('body *')]
        .filter(one => one.getBoundingClientRect().right > window.innerWidth + 0.5)
        .slice(0, 3).map(one => `is wider than the page: ${one.outerHTML.slice(0, 120)}`)
        .concat('the page can be moved sideways')";

/// Names what a card cuts off, because it is wider than the card.
const CUT_OFF: &str = "[...document.querySelectorAll('.card')]
    .filter(one => getComputedStyle(one).overflowX === 'hidden' && one.scrollWidth > one.clientWidth)
    .map(one => `cuts off what is in it: ${one.outerHTML.slice(0, 120)}`)";

/// Everything that is wrong with a page as it is seen.
pub(crate) async fn faults(tab: &Tab, look: &Look, axe: Option<&str>) -> Vec<String> {
    let mut found = texts(&tab.ask(TOO_WIDE).await);
    found.extend(texts(&tab.ask(CUT_OFF).await));
    let dark = tab
        .ask("matchMedia('(prefers-color-scheme: dark)').matches")
        .await;
    assert_eq!(dark, Value::Bool(look.theme == "dark"));
    if let Some(axe) = axe {
        tab.ask(&format!("{axe}; 0")).await;
        found.extend(texts(&tab.ask(RULES).await));
    }
    found
}

/// The texts of a list.
pub(crate) fn texts(list: &Value) -> Vec<String> {
    let texts = list.as_array().unwrap().iter();
    texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect()
}
