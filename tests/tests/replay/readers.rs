//! Readers ask on and on while they are given other generations. Each answer
//! is wholly of one generation, none is an error, and a validator never stands
//! for two different answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use projector::replay::{StartSettings, compare, drop_kept, rollback, start, switch};
use query_api::{Api, Settings, serve};
use reqwest::{Client, header};
use runtime::FixedClock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::stage::{Stage, author, everything};

/// Switches while readers ask.
const SWITCHES: usize = 30;

/// An answer, and the validator it came with.
type Answered = (String, String);

struct Readers {
    address: String,
    client: Client,
    stop: CancellationToken,
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Readers {
    async fn start(stage: &Stage) -> Self {
        let pool = postgres::connect(&postgres::PoolSettings {
            url: stage.url.clone(),
            max_connections: 8,
            application_name: "readers".to_owned(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let clock = Arc::new(FixedClock::at("2024-03-01T12:00:00Z".parse().unwrap()));
        let metrics = Arc::new(String::new);
        let api = Api::new(pool.unwrap(), Settings::default(), clock, metrics);
        let stop = CancellationToken::new();
        tokio::spawn(serve(Arc::new(api), listener, stop.clone()));
        Self {
            address,
            client: Client::new(),
            stop,
        }
    }

    async fn ask(&self, path: &str) -> Answered {
        let asked = self.client.get(format!("{}{path}", self.address));
        let response = asked.send().await.unwrap();
        let status = response.status();
        let tag = response.headers().get(header::ETAG);
        let tag = tag.map(|tag| tag.to_str().unwrap().to_owned());
        let body = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {body}");
        (tag.unwrap_or_default(), body)
    }

    /// Asks until what is answered is no longer what it was.
    async fn ask_until_changed(&self, path: &str, before: &str) -> String {
        loop {
            let (_, body) = self.ask(path).await;
            if body != before {
                return body;
            }
        }
    }

    /// Asks for all paths until told to stop; returns what was answered.
    async fn ask_on(
        &self,
        paths: &[String],
        enough: &CancellationToken,
    ) -> BTreeMap<String, Vec<Answered>> {
        let mut answers: BTreeMap<String, Vec<Answered>> = BTreeMap::new();
        while !enough.is_cancelled() {
            for path in paths {
                let answered = self.ask(path).await;
                answers.entry(path.clone()).or_default().push(answered);
            }
        }
        answers
    }
}

/// Changes that show in every part of an answer.
const MARKS: &str = "
    UPDATE names SET last_seen = last_seen + interval '1 year';
    UPDATE daily_counts SET quantity = quantity + 1000;
    UPDATE board_rows SET score = score + 1000000;
    UPDATE contribution_events SET quantity = quantity + 1000;
    UPDATE rank_histogram SET members = members + 1000 WHERE level = 0;
    UPDATE coverage_units SET events = events + 1000;
    UPDATE coverage_hours SET events = events + 1000";

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_one_generation_or_the_other_and_no_error() {
    let mut stage = Stage::start(400).await;
    stage.project("projector", 1_000);
    start(&stage.pool, &everything()).await.unwrap();
    stage.wait_for(1).await;
    stage.wait_for(2).await;
    stage.tamper(2, MARKS).await;
    let readers = Readers::start(&stage).await;
    let (_, board) = readers.ask("/api/v1/leaderboards/global?limit=3").await;
    let board: serde_json::Value = serde_json::from_str(&board).unwrap();
    let login = board["leaderboard"][0]["login"]
        .as_str()
        .unwrap()
        .to_owned();
    let paths = [
        "/api/v1/leaderboards/global?class=everyone".to_owned(),
        format!("/api/v1/contributors/{login}"),
        format!("/contributors/{login}"),
        "/api/v1/coverage".to_owned(),
        "/".to_owned(),
    ];
    let mut of_generation: HashMap<&String, BTreeSet<String>> = HashMap::new();
    for path in &paths {
        let (_, body) = readers.ask(path).await;
        of_generation.entry(path).or_default().insert(body);
    }
    switch(&stage.pool, &author(), true).await.unwrap();
    for path in &paths {
        let before = of_generation[path].first().unwrap().clone();
        let body = readers.ask_until_changed(path, &before).await;
        of_generation.entry(path).or_default().insert(body);
    }

    let enough = CancellationToken::new();
    let switching = async {
        for _ in 0..SWITCHES {
            rollback(&stage.pool, &author()).await.unwrap();
        }
        enough.cancel();
    };
    let asking = futures::future::join_all((0..4).map(|_| readers.ask_on(&paths, &enough)));
    let ((), answers) = tokio::join!(switching, asking);

    let mut by_tag: HashMap<(String, String), String> = HashMap::new();
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, answered) in answers.into_iter().flatten() {
        for (tag, body) in answered {
            assert!(
                of_generation[&path].contains(&body),
                "{path}: a mix: {body}"
            );
            seen.entry(path.clone()).or_default().insert(body.clone());
            let known = by_tag.entry((path.clone(), tag)).or_insert(body.clone());
            assert_eq!(*known, body, "{path}: one validator of two answers");
        }
    }
    let (_, replay) = readers.ask("/api/v1/replay").await;
    let replay: serde_json::Value = serde_json::from_str(&replay).unwrap();
    let states: Vec<_> = (0..2)
        .map(|place| &replay["generations"][place]["state"])
        .collect();
    // An even number of rollbacks ends where it began.
    assert_eq!(states, ["kept", "active"]);
    assert_eq!(replay["switches"][0]["switch"], SWITCHES + 1);
    assert_eq!(replay["switches"][0]["actor"], "tests");
    let progress = &replay["generations"][1]["projections"][0];
    assert_eq!(progress["projection"], "contributions");
    assert_eq!(progress["behind"], 0);
    let both = seen.values().filter(|bodies| bodies.len() == 2).count();
    assert!(both > 0, "readers have never seen the other generation");
}

/// Tables of one projection change places under readers: all of them at once,
/// with their types and views, and no reader fails.
#[tokio::test(flavor = "multi_thread")]
async fn readers_are_not_disturbed_when_tables_change_places() {
    let mut stage = Stage::start(300).await;
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    let readers = Readers::start(&stage).await;
    let paths = [
        "/api/v1/leaderboards/global?class=everyone".to_owned(),
        "/api/v1/search?q=a".to_owned(),
        "/api/v1/coverage".to_owned(),
    ];
    let enough = CancellationToken::new();
    let exchanging = async {
        for (number, projection) in [(2, "coverage"), (3, "contributions")] {
            let settings = StartSettings {
                projection: Some(projection.to_owned()),
                ..everything()
            };
            start(&stage.pool, &settings).await.unwrap();
            stage.wait_for(number).await;
            switch(&stage.pool, &author(), true).await.unwrap();
            for _ in 0..5 {
                rollback(&stage.pool, &author()).await.unwrap();
            }
            drop_kept(&stage.pool).await.unwrap();
        }
        enough.cancel();
    };
    let before: Vec<String> = {
        let asked = paths.iter().map(|path| readers.ask(path));
        let answers = futures::future::join_all(asked).await;
        answers.into_iter().map(|(_, body)| body).collect()
    };
    let asking = futures::future::join_all((0..3).map(|_| readers.ask_on(&paths, &enough)));
    let ((), answers) = tokio::join!(exchanging, asking);
    for (path, answered) in answers.into_iter().flatten() {
        let place = paths.iter().position(|known| *known == path).unwrap();
        // What was made again is what was there.
        assert!(answered.iter().all(|(_, body)| *body == before[place]));
    }
    stage.check(1).await;
}

/// A generation that readers have just left can be dropped under them.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_what_was_read_before_disturbs_nobody() {
    let mut stage = Stage::start(300).await;
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    let readers = Readers::start(&stage).await;
    let paths = ["/api/v1/leaderboards/global".to_owned(), "/".to_owned()];
    let enough = CancellationToken::new();
    let replaying = async {
        for number in 2..5 {
            start(&stage.pool, &everything()).await.unwrap();
            stage.wait_for(number).await;
            compare(&stage.pool, 5).await.unwrap();
            switch(&stage.pool, &author(), false).await.unwrap();
            assert_eq!(drop_kept(&stage.pool).await.unwrap(), number - 1);
        }
        enough.cancel();
    };
    let asking = futures::future::join_all((0..3).map(|_| readers.ask_on(&paths, &enough)));
    tokio::join!(replaying, asking);
    stage.check(4).await;
    // Sessions of people and other programs read the generation, too.
    let fresh = sqlx::PgPool::connect(&stage.url).await.unwrap();
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM contribution_events")
        .fetch_one(&fresh)
        .await
        .unwrap();
    assert!(rows > 0);
    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    )
    .fetch_one(&fresh)
    .await
    .unwrap();
    assert_eq!(left, 0, "tables of the first generation are left");
}
