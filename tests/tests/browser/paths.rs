//! What readers want to do, by keyboard alone: no pointer, nothing that a
//! script presses for them.

use serde_json::Value;

use crate::chromium::{Chromium, Key};
use crate::looks::Look;

/// The days of a board's form, as it has them.
const DAYS: &str =
    "document.querySelector('#first').value + ' ' + document.querySelector('#last').value";

/// From the board through each of its pickers to another board.
pub(crate) async fn choose_a_board(chromium: &Chromium, api: &str) {
    let tab = chromium
        .open(&Look::PLAIN, &format!("{api}/?class=everyone"))
        .await;
    tab.press(Key::TAB).await;
    tab.press(Key::ENTER).await;
    assert_eq!(
        tab.ask("location.hash").await,
        "#main",
        "the first place skips to the content"
    );

    let month = "nav[aria-label=Period] a[href*='period=']:not([href*='-W']):not([href*='Q'])";
    tab.tab_to(month).await;
    tab.follow(Key::ENTER).await;
    let period =
        "document.querySelector('nav[aria-label=Period] [aria-current]').getAttribute('href')";
    let chosen = tab.ask(period).await;
    assert!(chosen.as_str().unwrap().contains("period="), "{chosen}");

    tab.tab_to("select#kind").await;
    tab.press(Key::DOWN).await;
    tab.tab_to(".metric button").await;
    tab.follow(Key::ENTER).await;
    let search = tab.ask("location.search").await;
    let search = search.as_str().unwrap();
    assert!(
        search.contains("kind=") && search.contains("period="),
        "{search}"
    );

    let before = tab.ask(DAYS).await;
    tab.tab_to("#last").await;
    // The first of its fields, whichever that is where the browser is.
    tab.press(Key::UP).await;
    let after = tab.ask(DAYS).await;
    assert_ne!(before, after);
    tab.follow(Key::ENTER).await;
    let search = tab.ask("location.search").await;
    assert!(search.as_str().unwrap().contains("last="), "{search}");

    tab.tab_to("nav[aria-label='Whose contributions'] a:not([aria-current])")
        .await;
    tab.follow(Key::ENTER).await;
    let class = tab.ask("document.querySelector('nav[aria-label=\"Whose contributions\"] [aria-current]').textContent").await;
    assert_ne!(class, "Everyone");
    tab.close().await;
}

/// From anywhere by search to a profile, into the explanation of its score,
/// and to what moved its rank.
pub(crate) async fn find_somebody(chromium: &Chromium, api: &str, login: &str) {
    let tab = chromium.open(&Look::PLAIN, &format!("{api}/about")).await;
    tab.tab_to("#q").await;
    tab.write(login).await;
    tab.follow(Key::ENTER).await;
    tab.tab_to("main a[href^='/contributors/']").await;
    tab.follow(Key::ENTER).await;
    let name = tab
        .ask("document.querySelector('h1').textContent.trim()")
        .await;
    assert!(name.as_str().unwrap().starts_with(login), "{name}");
    tab.tab_to(".explained summary").await;
    tab.press(Key::ENTER).await;
    let opened = "document.activeElement.closest('details').open";
    assert_eq!(tab.ask(opened).await, Value::Bool(true));
    // What a score is made of leads to GitHub.
    let source = tab
        .ask("document.querySelector('.explained .what a').href")
        .await;
    assert!(
        source.as_str().unwrap().starts_with("https://github.com/"),
        "{source}"
    );
    tab.tab_to("#q").await;
    tab.tab_to("main a[href$='/why']").await;
    tab.follow(Key::ENTER).await;
    let path = tab.ask("location.pathname").await;
    assert!(path.as_str().unwrap().ends_with("/why"), "{path}");
    tab.close().await;
}

/// Tries a policy by its sliders, and sees whom it would move.
pub(crate) async fn try_a_policy(chromium: &Chromium, api: &str) {
    let url = format!("{api}/what-if");
    let tab = chromium.open(&Look::PLAIN, &url).await;
    let slider = "[data-number=points-commit]";
    tab.tab_to(slider).await;
    let worth = "document.querySelector('#points-commit').value";
    assert_eq!(tab.ask(worth).await, "10");
    for _ in 0..4 {
        tab.press(Key::RIGHT).await;
    }
    assert_eq!(tab.ask(worth).await, "12", "the slider moves the number");
    let told = tab
        .ask("document.activeElement.getAttribute('aria-valuetext')")
        .await;
    assert_eq!(told, "12 points, now 10");
    // Asked for once the slider rests; what it passed may have been asked for too.
    tab.until(
        "location.search === '?class=human&points.commit=12' \
         && document.querySelector('.what-if-board tbody tr .move')",
    )
    .await;
    let said = tab.ask("document.querySelector('.said').textContent").await;
    assert!(
        said.as_str().unwrap().contains("would have another place"),
        "{said}"
    );

    // And the number moves the slider; one beyond its end is told as it is.
    tab.press(Key::TAB).await;
    tab.ask("document.activeElement.select()").await;
    tab.write("900").await;
    let at = format!("document.querySelector('{slider}')");
    assert_eq!(tab.ask(&format!("{at}.value")).await, "20");
    assert_eq!(
        tab.ask(&format!("{at}.getAttribute('aria-valuetext')"))
            .await,
        "900 points, now 10"
    );
    // What no policy can say is told without leaving the page.
    tab.ask("document.activeElement.select()").await;
    tab.write("-1").await;
    tab.press(Key::TAB).await;
    tab.until("document.querySelector('.faults a')").await;
    tab.close().await;

    let plain = chromium.open_without_scripts(&Look::PLAIN, &url).await;
    let seen = "[...document.querySelectorAll('.slider')].some((one) => one.checkVisibility({ visibilityProperty: true }))";
    assert_eq!(
        plain.ask(seen).await,
        Value::Bool(false),
        "no slider without its script"
    );
    plain.close().await;
}
