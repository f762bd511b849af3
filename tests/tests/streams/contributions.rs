//! Contributions as they are told, compared with those that are stored.

use std::collections::BTreeMap;
use std::time::Duration;

use projector::replay::{Author, StartSettings, start, switch};
use query_api::Settings;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use tests::{events_of, generated_documents, publish};

use crate::listener::{Listener, Told};
use crate::stage::Stage;

const ALL: &str = "/api/v1/stream/contributions";

/// What is told of a contribution: its kind, what it counts for, and for whom.
type Known = BTreeMap<String, (String, i64, Option<String>)>;

/// What is known after an event.
fn learn(known: &mut Known, told: &Told) {
    let contribution = &told.data["contribution"];
    match told.name.as_str() {
        "contribution" => {
            let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
            let told = (
                text(&contribution["kind"]).unwrap(),
                contribution["counted"].as_i64().unwrap(),
                text(&contribution["contributor"]["account"]),
            );
            known.insert(text(&contribution["id"]).unwrap(), told);
        }
        "gone" => {
            known.remove(told.data["id"].as_str().unwrap());
        }
        other => panic!("{other}: {:?}", told.data),
    }
}

/// What is stored, of one repository or of all.
async fn stored(stage: &Stage, repository: Option<&str>) -> Known {
    let rows: Vec<(String, String, i32, Option<String>)> = sqlx::query_as(
        "SELECT id::text, kind::text, counted, contributor FROM contribution_events
         WHERE $1::text IS NULL OR repository = $1",
    )
    .bind(repository)
    .fetch_all(&stage.pool)
    .await
    .unwrap();
    let row = |(id, kind, counted, contributor)| (id, (kind, i64::from(counted), contributor));
    rows.into_iter().map(row).collect()
}

/// Listens up to a change; the numbers of changes must go up one by one.
async fn listen_up_to(listener: &mut Listener, known: &mut Known, at: &mut i64, last: i64) {
    while *at < last {
        let told = listener.next().await.unwrap();
        learn(known, &told);
        assert_eq!(told.data["change"].as_i64(), Some(*at + 1), "{told:?}");
        *at += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_and_nothing_told_twice_over_restarts() {
    let mut stage = Stage::start(Settings::default()).await;
    let events = events_of(&generated_documents(31, 900).unwrap()).unwrap();
    let mut listener = stage.listen(ALL, "").await;
    listener.expect("start").await;
    let (mut known, mut at) = (Known::new(), 0);
    for part in events.chunks(events.len() / 5 + 1) {
        let (heard, missed) = part.split_at(part.len() / 2);
        stage.tell(heard).await;
        let last = stage.last_change().await;
        // It leaves in the middle of what there is to tell.
        let middle = at + (last - at) / 2;
        listen_up_to(&mut listener, &mut known, &mut at, middle).await;
        let seen = listener.last.clone();
        stage.stop_serving().await;
        stage.tell(missed).await;
        stage.serve().await;
        listener = stage.listen(ALL, &seen).await;
        let last = stage.last_change().await;
        listen_up_to(&mut listener, &mut known, &mut at, last).await;
        assert_eq!(known, stored(&stage, None).await);
    }
    assert!(known.len() > 500, "{}", known.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_readers_hear_the_same_wherever_they_begin() {
    let stage = Stage::start(Settings::default()).await;
    let events = events_of(&generated_documents(32, 600).unwrap()).unwrap();
    let mut listeners = Vec::new();
    for part in events.chunks(events.len() / 6 + 1) {
        // From the beginning, though what it was is told already.
        listeners.push(stage.listen(&format!("{ALL}?after=0"), "").await);
        stage.tell(part).await;
    }
    let last = stage.last_change().await;
    let stored = stored(&stage, None).await;
    for mut listener in listeners {
        let (mut known, mut at) = (Known::new(), 0);
        listen_up_to(&mut listener, &mut known, &mut at, last).await;
        assert_eq!(known, stored);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_has_a_stream_of_its_own() {
    let stage = Stage::start(Settings::default()).await;
    let events = events_of(&generated_documents(33, 800).unwrap()).unwrap();
    let (first, rest) = events.split_at(events.len() / 3);
    stage.tell(first).await;
    let (reference, name): (String, String) = sqlx::query_as(
        "SELECT repository, name FROM repositories JOIN contribution_events USING (repository)
         GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1",
    )
    .fetch_one(&stage.pool)
    .await
    .unwrap();
    let path = format!("/api/v1/stream/repositories/{name}/contributions?after=0");
    let mut caught_up = stage.listen(&path, "").await;
    stage.tell(rest).await;
    let mut late = stage.listen(&path, "").await;
    let stored = stored(&stage, Some(&reference)).await;
    for listener in [&mut caught_up, &mut late] {
        let mut known = Known::new();
        while known != stored {
            let told = listener.next().await.unwrap();
            assert_eq!(told.data["contribution"]["repository"], name, "{told:?}");
            learn(&mut known, &told);
        }
    }
    assert_eq!(caught_up.last, late.last, "both are at the same event");
    let missing = reqwest::get(stage.url("/api/v1/stream/repositories/no/such/contributions"));
    assert_eq!(missing.await.unwrap().status(), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_hidden_is_not_told_of() {
    let stage = Stage::start(Settings::default()).await;
    let events = events_of(&generated_documents(34, 300).unwrap()).unwrap();
    stage.tell(&events).await;
    let account: String = sqlx::query_scalar(
        "SELECT contributor FROM contribution_events WHERE contributor IS NOT NULL
         GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
    )
    .fetch_one(&stage.pool)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO account_classes (account, called_bot, derived, decided)
         VALUES ($1, false, 'human', 'hidden')
         ON CONFLICT (account) DO UPDATE SET decided = 'hidden'",
    )
    .bind(&account)
    .execute(&stage.pool)
    .await
    .unwrap();
    let mut expected = stored(&stage, None).await;
    let all = expected.len();
    expected.retain(|_, (_, _, contributor)| contributor.as_ref() != Some(&account));
    assert!(expected.len() < all);
    let mut listener = stage.listen(&format!("{ALL}?after=0"), "").await;
    let mut known = Known::new();
    while known != expected {
        let told = listener.next().await.unwrap();
        assert!(!told.data.to_string().contains(&format!("\"{account}\"")));
        learn(&mut known, &told);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_generation_and_a_gap_are_said_and_not_passed_over() {
    let stage = Stage::start(Settings::default()).await;
    let events = events_of(&generated_documents(35, 400).unwrap()).unwrap();
    let (first, rest) = events.split_at(events.len() / 2);
    stage.tell(first).await;
    let mut staying = stage.listen(ALL, "").await;
    let started = staying.expect("start").await;

    let settings = StartSettings::default();
    start(&stage.pool, &settings).await.unwrap();
    let author = Author {
        actor: "tests".to_owned(),
        reason: "to see".to_owned(),
    };
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    // Refused for as long as the new generation is too far behind.
    while switch(&stage.pool, &author, true).await.is_err() {
        looks.tick().await;
    }
    // Who stayed, and who comes back, are told the same.
    let over = staying.expect("start-over").await;
    assert_eq!(over.data["reason"], "other-data");
    assert_eq!(over.data["look_up"], "/api/v1/leaderboards/global");
    let mut returning = stage.listen(ALL, &started.id).await;
    assert_eq!(returning.expect("start-over").await, over);
    for wrong in ["nonsense", "99999999-00000001"] {
        let mut lost = stage.listen(ALL, wrong).await;
        lost.expect("start-over").await;
    }
    let refused = reqwest::get(stage.url(&format!("{ALL}?after=nonsense")));
    assert_eq!(refused.await.unwrap().status(), 400);

    // Both go on with the new generation.
    publish(&stage.log, rest, 100).await.unwrap();
    for _ in 0..20 {
        let told = staying.expect("contribution").await;
        assert_eq!(returning.expect("contribution").await, told);
    }
    let schema: String =
        sqlx::query_scalar("SELECT schema FROM control.generations WHERE state = 'active'")
            .fetch_one(&stage.pool)
            .await
            .unwrap();
    let forget = format!(
        "DELETE FROM \"{schema}\".contribution_changes
         WHERE last_change < (SELECT max(last_change) FROM \"{schema}\".contribution_changes)"
    );
    let forget = sqlx::query(AssertSqlSafe(forget));
    forget.execute(&stage.pool).await.unwrap();
    let mut late = stage.listen(ALL, &over.id).await;
    let over = late.expect("start-over").await;
    assert_eq!(over.data["reason"], "too-long-ago");
}
