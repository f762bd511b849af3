//! Boards as they change, compared with those that are answered.

use std::collections::BTreeMap;

use query_api::Settings;
use reqwest::StatusCode;
use serde_json::Value;
use tests::{events_of, generated_documents};

use crate::listener::{Listener, Told};
use crate::stage::Stage;

const QUERY: &str = "?class=everyone&limit=20";

/// The first places as they were told.
#[derive(Default)]
struct Places {
    entries: BTreeMap<String, Value>,
    order: Vec<Value>,
}

impl Places {
    fn learn(&mut self, told: &Told) {
        let (entries, order) = match told.name.as_str() {
            "board" => {
                let entries = told.data["leaderboard"].as_array().unwrap();
                let order = entries.iter().map(|entry| entry["account"].clone());
                (entries, order.collect())
            }
            "places" => {
                let order = told.data["order"].as_array().unwrap();
                (told.data["changed"].as_array().unwrap(), order.clone())
            }
            other => panic!("{other}"),
        };
        self.order = order;
        for entry in entries {
            let account = entry["account"].as_str().unwrap();
            self.entries.insert(account.to_owned(), entry.clone());
        }
    }

    fn shown(&self) -> Value {
        let entry = |account: &Value| self.entries[account.as_str().unwrap()].clone();
        self.order.iter().map(entry).collect()
    }

    /// Listens until this is what was told.
    async fn follow_until(&mut self, listener: &mut Listener, board: &Value) {
        while self.shown() != board["leaderboard"] {
            self.learn(&listener.next().await.unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_of_boards_adds_up_to_what_is_answered() {
    let mut stage = Stage::start(Settings::default()).await;
    let events = events_of(&generated_documents(41, 900).unwrap()).unwrap();
    let (first, rest) = events.split_at(events.len() / 4);
    stage.tell(first).await;
    let name: String = sqlx::query_scalar(
        "SELECT name FROM repositories JOIN contribution_events USING (repository)
         GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
    )
    .fetch_one(&stage.pool)
    .await
    .unwrap();
    let paths = ["global".to_owned(), format!("repositories/{name}")];
    let stream = |path: &str| format!("/api/v1/stream/leaderboards/{path}{QUERY}");
    let board = |path: &str| format!("/api/v1/leaderboards/{path}{QUERY}");
    let mut readers = Vec::new();
    for path in &paths {
        let mut listener = stage.listen(&stream(path), "").await;
        let mut places = Places::default();
        places.learn(&listener.expect("board").await);
        assert_eq!(places.shown(), stage.get(&board(path)).await["leaderboard"]);
        readers.push((path, listener, places));
    }
    for part in rest.chunks(rest.len() / 3 + 1) {
        stage.tell(part).await;
        for (path, listener, places) in &mut readers {
            let answered = stage.get(&board(path)).await;
            places.follow_until(listener, &answered).await;
        }
    }

    // Nothing has changed over the restart, so the first news is of a change.
    stage.stop_serving().await;
    stage.serve().await;
    let page = stage.url(&format!("/{QUERY}"));
    let page = reqwest::get(page).await.unwrap().text().await.unwrap();
    for (path, listener, places) in &mut readers {
        let told = listener.last.clone();
        if *path == "global" {
            // The page hears of what changes from what it shows on.
            assert!(page.contains(&format!("after={told}\"")), "{page}");
        }
        *listener = stage.listen(&stream(path), &told).await;
        places.order.clear();
    }
    let more = events_of(&generated_documents(42, 900).unwrap()).unwrap();
    stage.tell(&more).await;
    let (path, listener, places) = &mut readers[0];
    let answered = stage.get(&board(path)).await;
    places.follow_until(listener, &answered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_followed_is_refused() {
    let settings = Settings {
        streams: 1,
        ..Settings::default()
    };
    let stage = Stage::start(settings).await;
    let refused = async |path: &str| reqwest::get(stage.url(path)).await.unwrap();
    for (path, status) in [
        ("leaderboards/global?period=never", StatusCode::BAD_REQUEST),
        ("leaderboards/global?cursor=00", StatusCode::BAD_REQUEST),
        ("leaderboards/repositories/no/such", StatusCode::NOT_FOUND),
        ("leaderboards/groups/none", StatusCode::NOT_FOUND),
    ] {
        let path = format!("/api/v1/stream/{path}");
        assert_eq!(refused(&path).await.status(), status, "{path}");
    }
    let listener = stage.listen("/api/v1/stream/leaderboards/global", "").await;
    let one_more = refused("/api/v1/stream/jobs").await;
    assert_eq!(one_more.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(one_more.headers().contains_key("retry-after"));
    let problem: Value = one_more.json().await.unwrap();
    assert_eq!(problem["type"], "/docs#too-many-streams");
    // Whoever leaves makes room.
    drop(listener);
    while refused("/api/v1/stream/jobs").await.status() != StatusCode::OK {}
}
