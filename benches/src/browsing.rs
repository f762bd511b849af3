//! A board's page as its reader waits for it, in a real browser.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use chromiumoxide::cdp::browser_protocol::network::SetCacheDisabledParams;
use chromiumoxide::cdp::js_protocol::runtime::EvaluateParams;
use chromiumoxide::{Browser, BrowserConfig};
use futures::StreamExt;
use leaderboard::parts::{Binaries, Postgres};
use serde::Deserialize;

use crate::Options;
use crate::boards::{Board, FEW};
use crate::program::directory;
use crate::report::{Measure, Row, median};

/// What a browser is called where it is installed.
const BROWSERS: [&str; 3] = ["chromium-headless-shell", "chromium", "google-chrome"];

/// Seconds until a reader can do something.
const GOAL: f64 = 1.0;

/// What every member did in the last weeks there is data of, so that what is
/// drawn beside rows has something to read.
const DAILY: &str = "
    INSERT INTO daily_counts (repository, day, contributor, kind, quantity, additions, deletions)
    SELECT (member % 1000)::text, date '2016-01-01' - day, member::text, 'commit', 1 + day % 5, 0, 0
    FROM generate_series(1, {members}) AS member CROSS JOIN generate_series(0, 59) AS day;
    ANALYZE daily_counts;";

/// As the tests of the page measure it, which assert what is no time.
const MEASURE: &str = include_str!("../../tests/tests/browser/measure.js");

/// What a page has cost; times in milliseconds since it was asked for.
#[derive(Debug, Deserialize)]
struct Cost {
    requests: u32,
    bytes: u64,
    elements: u32,
    shift: f64,
    paint: f64,
    dom: f64,
    loaded: f64,
    blocked: f64,
    interactive: f64,
}

/// How long the page of a board of ten thousand takes until it is drawn, its
/// script run and nothing long under way: computed anew each time, and loaded
/// by a browser that has nothing of it.
pub(crate) async fn of_a_board(options: &Options) -> anyhow::Result<Row> {
    let browser = installed(&options.path)?;
    let binaries = Binaries::locate(&options.path, &options.tools)?;
    let directory = directory()?;
    let postgres = Postgres::start(&binaries, &directory.path().join("postgres")).await?;
    let board = Board::make(&postgres, "page", FEW).await?;
    board
        .run(&DAILY.replace("{members}", &FEW.to_string()))
        .await?;
    let api = board.serve(true).await?;
    let url = format!("http://{}/", api.address);
    let mut interactive = Vec::new();
    for _ in 0..options.runs {
        let cost = load(&browser, &url, &directory.path().join("profile")).await?;
        println!(
            "  {url}: drawn after {:.0} ms, document {:.0} ms, loaded {:.0} ms, interactive {:.0} ms, \
             blocked {:.0} ms; {} requests, {} bytes, {} elements, shift {:.3}",
            cost.paint,
            cost.dom,
            cost.loaded,
            cost.interactive,
            cost.blocked,
            cost.requests,
            cost.bytes,
            cost.elements,
            cost.shift,
        );
        interactive.push(cost.interactive / 1_000.0);
    }
    Ok(Row {
        name: "page",
        what: format!("a board of {FEW} interactive in a browser / 1 s"),
        ours: median(interactive),
        reference: GOAL,
        measure: Measure::Time,
        goal: 1.0,
    })
}

fn installed(path: &str) -> anyhow::Result<PathBuf> {
    let directories = std::env::split_paths(path);
    let mut programs = directories.flat_map(|one| BROWSERS.map(|name| one.join(name)));
    let found = programs.find(|program| program.is_file());
    found.with_context(|| format!("none of {} is installed", BROWSERS.join(", ")))
}

/// Opens a page in a browser that was just started, and asks what it cost.
async fn load(browser: &Path, url: &str, profile: &Path) -> anyhow::Result<Cost> {
    let config = BrowserConfig::builder()
        .chrome_executable(browser)
        .user_data_dir(profile)
        // Where measurements run as root there is none, and the page is our own.
        .no_sandbox()
        .args(["--disable-gpu", "--disable-dev-shm-usage"])
        .build()
        .map_err(anyhow::Error::msg)?;
    let (mut driven, mut handler) = Browser::launch(config).await?;
    let driving = tokio::spawn(async move { while handler.next().await.is_some() {} });
    let page = driven.new_page("about:blank").await?;
    page.execute(SetCacheDisabledParams::new(true)).await?;
    page.goto(url).await?;
    let asked = EvaluateParams::builder()
        .expression(MEASURE)
        .await_promise(true)
        .return_by_value(true)
        .build()
        .map_err(anyhow::Error::msg)?;
    let answer = page.execute(asked).await?.result.result.value;
    driven.close().await?;
    driven.wait().await?;
    driving.await?;
    let cost: Cost = serde_json::from_value(answer.context("the page told nothing")?)?;
    ensure!(
        cost.elements > 500,
        "there is no board on the page: {cost:?}"
    );
    Ok(cost)
}
