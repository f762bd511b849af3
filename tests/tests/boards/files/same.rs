//! Files compared with the pages of the same boards.

use chrono::{DateTime, TimeDelta};
use decisions::Author;
use decisions::counting::set_affiliations;
use domain::{AccountReference, Affiliation, RepositoryName};
use flate2::read::GzDecoder;
use query_api::Settings;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::io::Read;

use super::read::{File, pages, row_of, texts_of};
use crate::explanations;
use crate::groups::define;
use crate::ranks::busiest_repository;
use crate::world::World;

/// Companies whose names are as bad as names can be.
const COMPANIES: [&str; 4] = [
    "=Formula & Söhne",
    "Quoted \"Inc.\", Ltd",
    "日本の会社 \u{1f600}",
    "-1+2",
];

/// A world in which some people work for companies, a repository, and its owner.
async fn world() -> (World, String, String) {
    let world = explanations::world().await;
    let (_, name) = busiest_repository(&world).await;
    let owner = name.split('/').next().unwrap().to_owned();
    define(&world, &[RepositoryName::parse(&name).unwrap()], 1).await;
    let board = world
        .board("/api/v1/leaderboards/global", "class=everyone")
        .await;
    for (number, (_, account, ..)) in board.iter().enumerate().take(40) {
        let affiliation = Affiliation {
            from: None,
            until: None,
            company: COMPANIES[number % COMPANIES.len()].to_owned(),
        };
        let account = AccountReference::from_stored(account.clone());
        let author = Author {
            actor: "ada".to_owned(),
            reason: "a test".to_owned(),
            at: DateTime::UNIX_EPOCH + TimeDelta::minutes(2),
        };
        let set = set_affiliations(world.log(), &account, vec![affiliation], &author);
        set.await.unwrap();
    }
    world.project().await;
    world
        .until("the API has heard of the companies", async || {
            let found = world
                .get("/api/v1/leaderboards/global/companies?class=everyone")
                .await;
            found["leaderboard"].as_array().unwrap().len() == COMPANIES.len()
        })
        .await;
    (world, name, owner)
}

/// Holds the three files of a board against its pages.
async fn check(world: &World, path: &str, query: &str) -> usize {
    let (entries, mut meta) = pages(world, path, query).await;
    let file = async |form: &str| {
        let file = File::get(world, &format!("{path}/board.{form}?{query}")).await;
        assert_eq!(file.header("board-version"), meta["version"].to_string());
        assert_eq!(
            file.header("board-members"),
            entries.len().to_string(),
            "{path} {query}"
        );
        assert_eq!(
            file.header("board-coverage"),
            meta["coverage"]["verdict"].as_str().unwrap()
        );
        file
    };
    let documents = file("ndjson").await;
    assert_eq!(documents.documents(), entries, "{path} {query}");
    let rows: Vec<_> = entries.iter().map(row_of).collect();
    let texts: Vec<_> = rows.iter().map(texts_of).collect();
    assert_eq!(file("csv").await.table(), texts, "{path} {query}");
    let (columns, mut about) = file("parquet").await.columns();
    assert_eq!(columns, rows, "{path} {query}");
    let mut told = documents.meta();
    for one in [&mut about, &mut told, &mut meta] {
        // Each is of its own moment, and a file has no next page.
        one["generated_at"].take();
        one["next_cursor"].take();
    }
    assert_eq!((&about, &told), (&meta, &meta), "{path} {query}");
    entries.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_hold_what_the_pages_of_every_board_do() {
    let (world, name, owner) = world().await;
    let scopes = [
        "global".to_owned(),
        format!("repositories/{name}"),
        format!("organizations/{owner}"),
        "groups/web".to_owned(),
    ];
    let company = "company=%3DFormula%20%26%20S%C3%B6hne";
    let queries = [
        "class=everyone".to_owned(),
        "period=2024-02&kind=commit".to_owned(),
        "period=28d&class=everyone".to_owned(),
        "period=week&on=2024-02-29&class=everyone".to_owned(),
        "period=2024-02-03..2024-02-29&class=bot".to_owned(),
        "period=2011".to_owned(),
        format!("{company}&class=everyone"),
        format!("period=2024-02&class=everyone&{company}"),
    ];
    let (mut rows, mut empty, mut tied) = (0, 0, 0);
    for scope in &scopes {
        let path = format!("/api/v1/leaderboards/{scope}");
        for query in &queries {
            let found = check(&world, &path, query).await;
            rows += found;
            empty += usize::from(found == 0);
        }
        for query in queries.iter().filter(|query| !query.contains("company")) {
            check(&world, &format!("{path}/companies"), query).await;
        }
        let board = world.board(&path, "class=everyone").await;
        tied += board.windows(2).filter(|two| two[0].0 == two[1].0).count();
    }
    assert!(
        rows > 500 && empty >= 4 && tied > 4,
        "{rows} {empty} {tied}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn files_say_what_they_are_and_are_asked_for_again_for_nothing() {
    let (mut world, name, _) = world().await;
    let address =
        format!("/api/v1/leaderboards/repositories/{name}/board.csv?period=2024-02&class=everyone");
    let file = File::get(&world, &address).await;
    let called = format!(
        "{}_contributors_2024-02_everyone.csv",
        name.replace('/', "-")
    );
    let expected = format!("attachment; filename=\"{called}\"");
    assert_eq!(file.header("content-disposition"), expected);
    assert_eq!(
        file.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert!(file.header("cache-control").starts_with("public, max-age="));
    let etag = file.header("etag").to_owned();
    let again = async |method: Method, etag: &str| {
        let asked = world
            .request(method, &address)
            .header("if-none-match", etag);
        asked.send().await.unwrap()
    };
    let known = again(Method::GET, &etag).await;
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(known.headers()["etag"], etag.as_str());
    assert_eq!(
        again(Method::GET, "W/\"other\"").await.status(),
        StatusCode::OK
    );
    // Nothing is written for who wants the head only, so there is always room.
    for _ in 0..9 {
        let head = again(Method::HEAD, "W/\"other\"").await;
        assert_eq!(head.status(), StatusCode::OK);
        assert_eq!(head.headers()["content-disposition"], expected.as_str());
    }
    let other = File::get(&world, &address.replace(".csv", ".ndjson")).await;
    assert_ne!(
        other.header("etag"),
        etag,
        "another form has another validator"
    );

    // Compressed it is the same, and what is compressed in itself is not.
    let compressed = async |address: &str| {
        let asked = world
            .request(Method::GET, address)
            .header("accept-encoding", "gzip");
        asked.send().await.unwrap()
    };
    let answer = compressed(&address).await;
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let bytes = answer.bytes().await.unwrap();
    let mut text = Vec::new();
    GzDecoder::new(&*bytes).read_to_end(&mut text).unwrap();
    assert_eq!(text, file.bytes);
    let columns = compressed(&address.replace(".csv", ".parquet")).await;
    assert!(!columns.headers().contains_key("content-encoding"));

    // What it is of changes when the data does.
    let more = tests::generated_documents_of("2024-02-27T05:00:00Z", 12, 90).unwrap();
    world.tell(&tests::events_of(&more).unwrap()).await;
    let asked = world
        .request(Method::GET, &address)
        .header("if-none-match", &etag);
    let changed = asked.send().await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(changed.headers()["etag"], etag.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_is_refused_before_its_first_byte() {
    let world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let board = "/api/v1/leaderboards";
    for (path, status) in [
        ("global/board.xls", StatusCode::NOT_FOUND),
        ("global/companies/board.xls", StatusCode::NOT_FOUND),
        ("repositories/no/such/board.csv", StatusCode::NOT_FOUND),
        ("groups/none/companies/board.csv", StatusCode::NOT_FOUND),
        ("global/board.csv?company=Nobody", StatusCode::NOT_FOUND),
        ("global/board.csv?as_of=2020-01-01", StatusCode::NOT_FOUND),
        ("global/board.csv?limit=5", StatusCode::BAD_REQUEST),
        ("global/board.csv?period=never", StatusCode::BAD_REQUEST),
        (
            "global/companies/board.csv?company=a",
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let (found, body) = world.text(&format!("{board}/{path}")).await;
        assert_eq!(found, status, "{path}: {body}");
        let problem: Value = serde_json::from_str(&body).unwrap();
        assert!(problem["detail"].as_str().unwrap().len() > 10, "{body}");
    }
    // Of nothing there are files, too.
    let (status, table) = world.text(&format!("{board}/global/board.csv")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        table.starts_with("rank,previous_rank,movement,login,"),
        "{table}"
    );
    assert_eq!(table.lines().count(), 1);
    let columns = File::get(&world, &format!("{board}/global/companies/board.parquet")).await;
    assert_eq!(columns.columns().0.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_lead_to_the_files_of_what_they_show() {
    let (world, name, _) = world().await;
    let page = |path: &str| format!("{path}?period=2024-02&class=everyone");
    for (path, files) in [
        ("/".to_owned(), "/api/v1/leaderboards/global".to_owned()),
        (
            format!("/repositories/{name}"),
            format!("/api/v1/leaderboards/repositories/{name}"),
        ),
        (
            "/companies".to_owned(),
            "/api/v1/leaderboards/global/companies".to_owned(),
        ),
    ] {
        let (_, body) = world.text(&page(&path)).await;
        for form in ["csv", "ndjson", "parquet"] {
            let address = page(&format!("{files}/board.{form}"));
            let link = format!("href=\"{}\"", address.replace('&', "&#38;"));
            assert!(body.contains(&link), "{link} in {body}");
            File::get(&world, &address).await;
        }
    }
}
