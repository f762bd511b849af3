//! What was known once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Method, StatusCode};
use runtime::{Clock, SystemClock};
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::stage::Stage;

/// What a board says, but for when it was asked.
async fn board(stage: &Stage, query: &str) -> Value {
    let path = format!("/api/v1/leaderboards/global?limit=200&class=everyone{query}");
    let mut board = stage.get(&path).await;
    let meta = board["meta"].as_object_mut().unwrap();
    for told in ["generated_at", "as_of"] {
        meta.remove(told);
    }
    board
}

/// When the log took its last message, and a little later.
async fn now(stage: &Stage) -> DateTime<Utc> {
    let last = SystemClock.now();
    // The log's clock is this machine's; nothing more is published before.
    while SystemClock.now() <= last {
        tokio::task::yield_now().await;
    }
    stage.settle().await;
    SystemClock.now()
}

async fn complete(stage: &Stage, as_of: DateTime<Utc>) {
    let number = projector::replay::recall(&stage.pool, &stage.log, as_of, SystemClock.now());
    let number = number.await.unwrap();
    let wait = async {
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        loop {
            looks.tick().await;
            let status = projector::replay::status(&stage.pool).await.unwrap();
            let mut found = status.generations.iter();
            if found.any(|known| known.generation == number && known.state == "past") {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(120), wait)
        .await
        .unwrap();
}

/// The page of what moved somebody says what the API answers.
async fn check_page(stage: &Stage, path: &str, why: &Value) {
    let (status, page) = stage.page(path.trim_start_matches("/api/v1")).await;
    assert_eq!(status, StatusCode::OK, "{path}: {page}");
    let mut texts: Vec<String> = Vec::new();
    for place in [&why["before"], &why["after"]] {
        texts.push(match place["rank"].as_u64() {
            Some(rank) => format!("<small>#</small>{rank}<"),
            None => "not among the".to_owned(),
        });
        texts.push(format!("by policy {}", place["policy_version"]));
    }
    for cause in why["causes"].as_array().unwrap() {
        let points = cause["points_thousandths"].as_i64().unwrap();
        let sign = if points > 0 { "+" } else { "" };
        let sign = if points < 0 { "−" } else { sign };
        let decimals = points.unsigned_abs() % 1_000;
        let whole = points.unsigned_abs() / 1_000;
        if whole < 1_000 {
            texts.push(format!(
                "{sign}{whole}<span class=\"decimals\">.{decimals:03}<"
            ));
        }
        let name = cause["cause"].as_str().unwrap();
        texts.push(format!("{}{}<", name[..1].to_uppercase(), &name[1..]));
    }
    for text in texts {
        assert!(page.contains(&text), "{text:?} is not in {page}");
    }
}

/// What a page says where nothing was asked, or something is wrong with it.
async fn check_states(stage: &Stage, login: &str, readable: bool) {
    let path = format!("/contributors/{login}/why");
    let (status, blank) = stage.page(&path).await;
    assert_eq!(status, StatusCode::OK);
    let invites = blank.contains("Nothing of the past can be read yet");
    assert_eq!(invites, !readable, "{blank}");
    assert_eq!(blank.contains("<select id=\"from\""), readable, "{blank}");
    for (query, field, told) in [
        ("from=2001-01-01", "from", "leaderboard replay as-of"),
        ("from=soon", "from", "use a date such as"),
        ("from=2001-01-01&period=soon", "period", "2016-Q1"),
    ] {
        let (status, page) = stage.page(&format!("{path}?{query}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{query}: {page}");
        assert!(page.contains(told), "{query}: {page}");
        assert!(
            page.contains(&format!("href=\"#{field}\"")),
            "{query}: {page}"
        );
    }
    let (status, _) = stage.page("/contributors/nobody-at-all/why").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_board_is_as_it_was_known_at_an_instant() {
    let stage = Stage::start().await;
    let (early, late) = stage.events.split_at(stage.events.len() / 2);
    stage.record(early).await;
    let first = now(&stage).await;
    let known_first = board(&stage, "").await;
    let policy = json!({ "policy": { "points": { "commit": 1 } } });
    stage.decide(Method::PUT, "/api/v1/policy", &policy).await;
    let leader = known_first["leaderboard"][0]["account"].as_str().unwrap();
    let runner_up = known_first["leaderboard"][1]["account"].as_str().unwrap();
    let link = format!("/api/v1/accounts/{runner_up}/link");
    stage
        .decide(Method::PUT, &link, &json!({ "into": leader }))
        .await;
    let second = now(&stage).await;
    let known_second = board(&stage, "").await;
    stage.record(late).await;
    let known_now = board(&stage, "").await;
    assert_ne!(known_first["leaderboard"], known_second["leaderboard"]);
    assert_ne!(known_second["leaderboard"], known_now["leaderboard"]);

    let as_of =
        |instant: DateTime<Utc>| format!("&as_of={}", instant.to_rfc3339().replace('+', "%2B"));
    let path = format!("/api/v1/leaderboards/global?limit=1{}", as_of(first));
    let (status, problem) = stage.ask(Method::GET, &path, &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("leaderboard replay as-of")
    );

    let leader_login = known_first["leaderboard"][0]["login"].as_str().unwrap();
    check_states(&stage, leader_login, false).await;
    complete(&stage, first).await;
    complete(&stage, second).await;
    check_states(&stage, leader_login, true).await;
    assert_eq!(board(&stage, &as_of(first)).await, known_first);
    assert_eq!(board(&stage, &as_of(second)).await, known_second);
    assert_eq!(
        board(&stage, "").await,
        known_now,
        "the present is not concerned"
    );

    // What comes later changes nothing of it.
    let policy = json!({ "policy": { "points": { "comment": 50 } } });
    stage.decide(Method::PUT, "/api/v1/policy", &policy).await;
    assert_eq!(board(&stage, &as_of(first)).await, known_first);
    assert_eq!(board(&stage, &as_of(second)).await, known_second);

    // One person's place and its explanation are of then, too.
    let login = known_first["leaderboard"][0]["login"].as_str().unwrap();
    let score = &known_first["leaderboard"][0]["score_thousandths"];
    let path = format!(
        "/api/v1/contributors/{login}/explain?limit=1{}",
        as_of(first)
    );
    let explained = stage.get(&path).await;
    assert_eq!(&explained["meta"]["totals"]["points_thousandths"], score);
    let path = format!(
        "/api/v1/leaderboards/global/ranks/{login}?class=everyone{}",
        as_of(first)
    );
    assert_eq!(&stage.get(&path).await["rank"]["value"], score);

    // What moved each of the first ten adds up, and policy and link are in it.
    let mut told = std::collections::BTreeSet::new();
    for entry in known_now["leaderboard"].as_array().unwrap().iter().take(10) {
        let login = entry["login"].as_str().unwrap();
        let path = format!(
            "/api/v1/contributors/{login}/why?class=everyone&from={}",
            first.to_rfc3339().replace('+', "%2B")
        );
        let why = stage.get(&path).await;
        check_page(&stage, &path, &why).await;
        let causes = why["causes"].as_array().unwrap();
        let points = |value: &Value| value.as_i64().unwrap();
        let sum: i64 = causes
            .iter()
            .map(|cause| points(&cause["points_thousandths"]))
            .sum();
        let (before, after) = (&why["before"], &why["after"]);
        let difference = points(&after["score_thousandths"]) - points(&before["score_thousandths"]);
        assert_eq!(sum, difference, "{why}");
        let moved = causes
            .iter()
            .filter(|cause| cause["points_thousandths"] != 0);
        told.extend(moved.filter_map(|cause| cause["cause"].as_str().map(str::to_owned)));
        let movement = &why["movement"];
        if let Some(places) = movement["places"].as_i64() {
            let (own, others) = (
                points(&movement["by_own_score"]),
                points(&movement["by_others"]),
            );
            assert_eq!(places, own + others, "{why}");
        }
        let board = stage
            .get(&format!(
                "/api/v1/leaderboards/global/ranks/{login}?class=everyone"
            ))
            .await;
        assert_eq!(board["rank"]["rank"], after["rank"]);
    }
    for cause in ["policy", "identity", "backfill"] {
        assert!(told.contains(cause), "{told:?}");
    }

    projector::replay::forget(&stage.pool, first).await.unwrap();
    let path = format!("/api/v1/leaderboards/global?limit=1{}", as_of(first));
    let (status, _) = stage.ask(Method::GET, &path, &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// Takes a migration back in a generation, as if it had been made by a version before.
async fn take_back(stage: &Stage, version: i64, undo: &str) {
    let schema: String =
        sqlx::query_scalar("SELECT schema FROM control.generations WHERE as_of IS NOT NULL")
            .fetch_one(&stage.pool)
            .await
            .unwrap();
    let statements = format!(
        "SET search_path TO {schema}; {undo};
         DELETE FROM _sqlx_migrations WHERE version = {version};
         RESET search_path"
    );
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&stage.pool)
        .await
        .unwrap();
}

/// An upgrade is one of what was known once, too: it is read by the same statements. One
/// that lets a projection start again fills it again before it can be read.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_known_once_can_be_read_after_an_upgrade() {
    let stage = Stage::start().await;
    let (early, late) = stage.events.split_at(stage.events.len() / 2);
    stage.record(early).await;
    let repository: String = sqlx::query_scalar("SELECT name FROM repositories ORDER BY 1 LIMIT 1")
        .fetch_one(&stage.pool)
        .await
        .unwrap();
    let group = json!({ "repositories": [repository] });
    stage
        .decide(Method::PUT, "/api/v1/groups/ours", &group)
        .await;
    let once = now(&stage).await;
    let known = board(&stage, "").await;
    stage.record(late).await;
    complete(&stage, once).await;
    let instant = once.to_rfc3339().replace('+', "%2B");
    let as_of = format!("&as_of={instant}");
    let group = format!("/api/v1/leaderboards/groups/ours?as_of={instant}");
    stage.get(&group).await;
    // Not one that is kept.
    let group = format!("{group}&period=2024");

    let undo = "DROP TABLE repository_groups CASCADE;
                DELETE FROM _sqlx_migrations WHERE version = 20261126001201";
    take_back(&stage, 20_261_126_000_202, undo).await;
    let (broken, _) = stage.ask(Method::GET, &group, &Value::Null).await;
    assert_eq!(broken, StatusCode::INTERNAL_SERVER_ERROR);
    postgres::migrate(&stage.pool).await.unwrap();
    let (mended, answer) = stage.ask(Method::GET, &group, &Value::Null).await;
    assert_ne!(mended, StatusCode::INTERNAL_SERVER_ERROR, "{answer}");
    assert_eq!(board(&stage, &as_of).await, known);

    take_back(&stage, 20_261_123_000_301, "DROP TABLE push_heads").await;
    postgres::migrate(&stage.pool).await.unwrap();
    let path = format!("/api/v1/leaderboards/global?limit=1{as_of}");
    let (status, answer) = stage.ask(Method::GET, &path, &Value::Null).await;
    assert!(
        status == StatusCode::NOT_FOUND || status == StatusCode::OK,
        "{answer}"
    );
    complete(&stage, once).await;
    assert_eq!(board(&stage, &as_of).await, known);
}
