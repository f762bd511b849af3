//! A page by keyboard: everything that can be used is reached, in the order it
//! stands in, and it is seen where one is.

use serde_json::Value;

use crate::chromium::{Key, Tab};

/// More presses than any page has things to reach.
const MOST: usize = 1_500;

/// Gives everything that can be reached a number in the order of the page, and
/// says how many there are.
const NUMBER: &str = "(() => {
    document.activeElement?.blur();
    const reachable = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
        .filter(one => one.tabIndex >= 0 && !one.disabled && one.type !== 'hidden')
        .filter(one => one.checkVisibility({ visibilityProperty: true }));
    reachable.forEach((one, number) => { one.dataset.place = number; });
    return reachable.length;
})()";

/// Where the focus is: its number, and whether it can be seen that it is there.
const FOCUSED: &str = "(() => {
    const one = document.activeElement;
    if (!one || one === document.body || one === document.documentElement) return null;
    const style = getComputedStyle(one);
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1;
    const around = one.closest('form, label, li, td, .search') ?? one;
    const framed = getComputedStyle(around);
    const shown = outlined || style.boxShadow !== 'none' || framed.boxShadow !== 'none'
        || (framed.outlineStyle !== 'none' && parseFloat(framed.outlineWidth) >= 1);
    const box = one.getBoundingClientRect();
    const within = box.width >= 1 && box.height >= 1 && box.bottom > 0 && box.top < innerHeight;
    return { place: Number(one.dataset.place ?? -1), shown, within, what: one.outerHTML.slice(0, 100) };
})()";

/// Everything that is wrong for who uses the keyboard.
pub(crate) async fn faults(tab: &Tab) -> Vec<String> {
    let number = tab.ask(NUMBER).await.as_u64().unwrap();
    let mut found = Vec::new();
    let mut reached = Vec::new();
    for _ in 0..MOST {
        tab.press(Key::TAB).await;
        let focused = tab.ask(FOCUSED).await;
        let Some(place) = focused["place"].as_i64() else {
            break;
        };
        let what = focused["what"].as_str().unwrap_or_default();
        // A field for a day is three places, one after the other.
        if reached.last() == Some(&place) {
            continue;
        }
        if reached.first() == Some(&place) {
            break;
        }
        if focused["shown"] != Value::Bool(true) {
            found.push(format!("it is not seen that the keyboard is at {what}"));
        }
        if focused["within"] != Value::Bool(true) {
            found.push(format!("out of sight with the keyboard at it: {what}"));
        }
        reached.push(place);
    }
    let expected: Vec<i64> = (0..number.cast_signed()).collect();
    if reached != expected {
        found.push(format!(
            "the keyboard reaches {reached:?} of {number} places"
        ));
    }
    let first = tab
        .ask("document.querySelector('[data-place=\"0\"]')?.getAttribute('href')")
        .await;
    if first != "#main" {
        found.push(format!(
            "the first place leads to {first}, not to the content"
        ));
    }
    found
}
