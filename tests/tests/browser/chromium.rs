//! A headless Chromium, driven over the DevTools protocol.

use std::path::PathBuf;
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams, SetEmulatedMediaParams,
    SetScriptExecutionDisabledParams,
};
use chromiumoxide::cdp::browser_protocol::input::{
    DispatchKeyEventParams, DispatchKeyEventType, InsertTextParams,
};
use chromiumoxide::cdp::browser_protocol::log::{self, EventEntryAdded, LogEntryLevel};
use chromiumoxide::cdp::browser_protocol::network::SetCacheDisabledParams;
use chromiumoxide::cdp::browser_protocol::page::EventLoadEventFired;
use chromiumoxide::cdp::js_protocol::runtime::{
    ConsoleApiCalledType, EvaluateParams, EventConsoleApiCalled, EventExceptionThrown,
};
use chromiumoxide::listeners::EventStream;
use chromiumoxide::page::ScreenshotParams;
use chromiumoxide::{Browser, BrowserConfig, Page};
use futures::{FutureExt, StreamExt};
use serde_json::Value;
use tests::workspace;
use tokio::task::JoinHandle;

use crate::looks::Look;

/// What it is called where it is installed.
const NAMES: [&str; 4] = [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
];

fn program() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let named = |name: &&str| {
        directories
            .iter()
            .map(|one| one.join(name))
            .find(|one| one.is_file())
    };
    NAMES.iter().find_map(named)
}

/// Whether there is a browser; says that a test was skipped when not.
pub(crate) fn is_there(test: &str) -> bool {
    let is_there = program().is_some();
    if !is_there {
        println!("skipped: {test}: none of {} is installed", NAMES.join(", "));
    }
    is_there
}

/// A browser that ends with the test.
pub(crate) struct Chromium {
    browser: Browser,
    driving: JoinHandle<()>,
    _profile: tempfile::TempDir,
}

impl Chromium {
    pub(crate) async fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let config = BrowserConfig::builder()
            .chrome_executable(program().unwrap())
            .user_data_dir(profile.path())
            // Where tests run as root there is none, and the pages are our own.
            .no_sandbox()
            .args(["--disable-gpu", "--disable-dev-shm-usage"])
            .viewport(None)
            .build()
            .unwrap();
        let (browser, mut handler) = Browser::launch(config).await.unwrap();
        let driving = tokio::spawn(async move { while handler.next().await.is_some() {} });
        Self {
            browser,
            driving,
            _profile: profile,
        }
    }

    pub(crate) async fn stop(mut self) {
        self.browser.close().await.unwrap();
        self.browser.wait().await.unwrap();
        self.driving.await.unwrap();
    }

    /// Opens a page as it looks to a reader.
    pub(crate) async fn open(&self, look: &Look, url: &str) -> Tab {
        self.load(look, url, false).await
    }

    /// As [`Self::open`], for a reader who runs no scripts.
    pub(crate) async fn open_without_scripts(&self, look: &Look, url: &str) -> Tab {
        self.load(look, url, true).await
    }

    async fn load(&self, look: &Look, url: &str, without_scripts: bool) -> Tab {
        let page = self.browser.new_page("about:blank").await.unwrap();
        let theme = MediaFeature::new("prefers-color-scheme", look.theme);
        let theme = SetEmulatedMediaParams::builder().features([theme]);
        page.execute(theme.build()).await.unwrap();
        let size = SetDeviceMetricsOverrideParams::new(i64::from(look.width), 900, 1.0, false);
        page.execute(size).await.unwrap();
        page.execute(SetScriptExecutionDisabledParams::new(without_scripts))
            .await
            .unwrap();
        // Whoever comes for the first time has nothing of it.
        page.execute(SetCacheDisabledParams::new(true))
            .await
            .unwrap();
        page.execute(log::EnableParams::default()).await.unwrap();
        let tab = Tab {
            url: url.to_owned(),
            console: page.event_listener().await.unwrap(),
            thrown: page.event_listener().await.unwrap(),
            log: page.event_listener().await.unwrap(),
            page,
        };
        tab.page.goto(url).await.unwrap();
        tab
    }
}

/// More presses than anything takes that a reader wants to do.
const MOST_PLACES: usize = 1_500;

/// How long anything may take that a reader waits for.
const PATIENCE: Duration = Duration::from_secs(60);

async fn patiently<T>(what: &str, awaited: impl Future<Output = T>) -> T {
    let found = tokio::time::timeout(PATIENCE, awaited).await;
    assert!(found.is_ok(), "in vain waited for: {what}");
    found.unwrap()
}

/// A key of the keyboard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    name: &'static str,
    code: i64,
    /// What it writes.
    text: &'static str,
}

impl Key {
    pub(crate) const TAB: Self = Self::of("Tab", 9, "");
    pub(crate) const ENTER: Self = Self::of("Enter", 13, "\r");
    pub(crate) const UP: Self = Self::of("ArrowUp", 38, "");
    pub(crate) const RIGHT: Self = Self::of("ArrowRight", 39, "");
    pub(crate) const DOWN: Self = Self::of("ArrowDown", 40, "");

    const fn of(name: &'static str, code: i64, text: &'static str) -> Self {
        Self { name, code, text }
    }
}

/// One page in the browser.
pub(crate) struct Tab {
    page: Page,
    url: String,
    console: EventStream<EventConsoleApiCalled>,
    thrown: EventStream<EventExceptionThrown>,
    log: EventStream<EventEntryAdded>,
}

impl Tab {
    /// What an expression of JavaScript comes to.
    pub(crate) async fn ask(&self, expression: &str) -> Value {
        let asked = EvaluateParams::builder()
            .expression(expression)
            .await_promise(true)
            .return_by_value(true)
            .build();
        let answer = self.page.execute(asked.unwrap()).await.unwrap().result;
        assert!(
            answer.exception_details.is_none(),
            "{:?}",
            answer.exception_details
        );
        answer.result.value.unwrap_or_default()
    }

    /// Presses a key and lets go of it.
    pub(crate) async fn press(&self, key: Key) {
        let down = match key.text {
            "" => DispatchKeyEventType::RawKeyDown,
            _ => DispatchKeyEventType::KeyDown,
        };
        for kind in [down, DispatchKeyEventType::KeyUp] {
            let event = DispatchKeyEventParams::builder()
                .r#type(kind)
                .key(key.name)
                .code(key.name)
                .text(key.text)
                .windows_virtual_key_code(key.code);
            self.page.execute(event.build().unwrap()).await.unwrap();
        }
    }

    /// Writes where the keyboard is.
    pub(crate) async fn write(&self, text: &str) {
        self.page
            .execute(InsertTextParams::new(text))
            .await
            .unwrap();
    }

    /// Presses a key that leads to another page, and waits until it is there.
    pub(crate) async fn follow(&self, key: Key) {
        let mut loaded = self.page.event_listener::<EventLoadEventFired>().await;
        let loaded = loaded.as_mut().unwrap();
        self.press(key).await;
        patiently("another page", loaded.next()).await.unwrap();
    }

    /// Goes on, key by key, until the keyboard is at something.
    pub(crate) async fn tab_to(&self, selector: &str) {
        let found = format!("document.activeElement?.matches({selector:?})");
        let mut reached = false;
        for _ in 0..MOST_PLACES {
            self.press(Key::TAB).await;
            reached = self.ask(&found).await == Value::Bool(true);
            if reached {
                break;
            }
        }
        let url = self.ask("location.href").await;
        assert!(reached, "the keyboard does not reach {selector} on {url}");
    }

    /// Waits until something holds of the page.
    pub(crate) async fn until(&self, condition: &str) {
        let watch = format!(
            "new Promise((done) => {{
                const seen = () => ({condition}) && (watch.disconnect(), done(true));
                const watch = new MutationObserver(seen);
                const all = {{ subtree: true, childList: true, attributes: true, characterData: true }};
                watch.observe(document, all);
                seen();
            }})"
        );
        patiently(condition, self.ask(&watch)).await;
    }

    /// What the browser complained of: errors of scripts, whatever did not
    /// load, whatever the page's own policy forbids.
    pub(crate) async fn complaints(&mut self) -> Vec<String> {
        let mut found = Vec::new();
        // Whatever was said before this has come before it.
        self.ask("console.error('the end')").await;
        while let Some(said) = self.console.next().await {
            let text = serde_json::to_string(&said.args).unwrap();
            if text.contains("the end") {
                break;
            }
            if said.r#type == ConsoleApiCalledType::Error {
                found.push(text);
            }
        }
        while let Some(Some(thrown)) = self.thrown.next().now_or_never() {
            found.push(thrown.exception_details.text.clone());
        }
        while let Some(Some(entry)) = self.log.next().now_or_never() {
            let entry = &entry.entry;
            // The status of the page itself is what it is meant to be.
            let is_own = entry.url.as_deref() == Some(self.url.as_str());
            if entry.level == LogEntryLevel::Error && !is_own {
                found.push(entry.text.clone());
            }
        }
        found
    }

    /// Keeps a picture of the whole page among what was built.
    pub(crate) async fn save(&self, name: &str) {
        let directory = workspace().join("target/pages");
        std::fs::create_dir_all(&directory).unwrap();
        let whole = ScreenshotParams::builder().full_page(true).build();
        let picture = self.page.screenshot(whole).await.unwrap();
        std::fs::write(directory.join(format!("{name}.png")), picture).unwrap();
    }

    pub(crate) async fn close(self) {
        self.page.close().await.unwrap();
    }
}
