//! Events in, answers out: every board of the query API is the naive model's,
//! and every score is the sum of its explanation.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use domain::{
    ClassFilter, ContributionKind, Metric, Period, Policy, RepositoryReference, Scope, Standing,
    Tally,
};
use query_api::{Api, Settings, serve};
use reqwest::{Client, StatusCode};
use runtime::FixedClock;
use serde_json::Value;
use tests::{
    Servers, events_of, generated_documents, project_until, projector_settings, publish, tally_of,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The query API over a projected hour of made-up events.
struct World {
    _servers: Servers,
    tally: Tally,
    address: String,
    client: Client,
    stop: CancellationToken,
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl World {
    async fn start() -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, _) = servers.fresh_database().await.unwrap();
        let log = servers.log().await.unwrap();
        let events = events_of(&generated_documents(6, 1_500).unwrap()).unwrap();
        publish(&log, &events, 1_000).await.unwrap();
        project_until(&pool, &log, projector_settings("projector", 10_000))
            .await
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let clock = Arc::new(FixedClock::at("2024-03-01T12:00:00Z".parse().unwrap()));
        let api = Api::new(pool, Settings::default(), clock, Arc::new(String::new));
        let stop = CancellationToken::new();
        tokio::spawn(serve(Arc::new(api), listener, stop.clone()));
        Self {
            _servers: servers,
            tally: tally_of(&events),
            address,
            client: Client::new(),
            stop,
        }
    }

    async fn get(&self, path: &str) -> Value {
        let response = self
            .client
            .get(format!("{}{path}", self.address))
            .send()
            .await
            .unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// All pages of a board, as rank, account and value.
    async fn board(&self, path: &str, query: &str) -> Vec<(u64, String, i64)> {
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}?limit=37&{query}{cursor}")).await;
            for entry in page["leaderboard"].as_array().unwrap() {
                rows.push((
                    entry["rank"].as_u64().unwrap(),
                    entry["account"].as_str().unwrap().to_owned(),
                    entry["value"].as_i64().unwrap(),
                ));
            }
            match page["meta"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }

    fn expected(
        &self,
        scope: &Scope,
        period: Period,
        metric: Metric,
        class: ClassFilter,
    ) -> Vec<(u64, String, i64)> {
        let counts = self.tally.daily_counts();
        let board = self
            .tally
            .board(&counts, &Policy::default(), scope, period, metric, class);
        let row = |(rank, standing): (u64, Standing)| {
            (rank, standing.contributor.to_string(), standing.value)
        };
        board.into_iter().map(row).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_are_those_of_the_naive_model() {
    let world = World::start().await;
    let kinds = [
        Metric::Score,
        Metric::Kind(ContributionKind::Commit),
        Metric::Kind(ContributionKind::Comment),
    ];
    let periods: Vec<Period> = Period::containing("2024-02-29".parse().unwrap()).collect();
    for period in &periods {
        for metric in kinds {
            for class in ClassFilter::ALL {
                let query = format!("period={period}&kind={metric}&class={}", class.as_str());
                let found = world.board("/api/v1/leaderboards/global", &query).await;
                assert_eq!(
                    found,
                    world.expected(&Scope::Global, *period, metric, class),
                    "{query}"
                );
            }
        }
    }
    let largest = largest_repository(&world).await;
    let (name, reference) = largest;
    let scope = Scope::Repository(RepositoryReference::from_stored(reference));
    let owner = name.split('/').next().unwrap().to_owned();
    for period in periods {
        let query = format!("period={period}&class=everyone");
        let path = format!("/api/v1/leaderboards/repositories/{name}");
        let found = world.board(&path, &query).await;
        let everyone = ClassFilter::Everyone;
        assert_eq!(
            found,
            world.expected(&scope, period, Metric::Score, everyone),
            "{name} {query}"
        );
        let path = format!("/api/v1/leaderboards/organizations/{owner}");
        let found = world.board(&path, &query).await;
        let organization = Scope::Organization(owner.to_ascii_lowercase());
        let expected = world.expected(&organization, period, Metric::Score, everyone);
        assert_eq!(found, expected, "{owner} {query}");
    }
}

/// A repository that the leader of the global board works in: name and
/// reference.
async fn largest_repository(world: &World) -> (String, String) {
    let board = world
        .get("/api/v1/leaderboards/global?class=everyone&limit=1")
        .await;
    let login = board["leaderboard"][0]["login"].as_str().unwrap();
    let profile = world
        .get(&format!("/api/v1/contributors/{login}?class=everyone"))
        .await;
    let repository = &profile["contributor"]["repositories"][0];
    let text = |name: &str| repository[name].as_str().unwrap().to_owned();
    (text("name"), text("repository"))
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_are_the_sums_of_their_explanations() {
    let world = World::start().await;
    let board = world
        .get("/api/v1/leaderboards/global?class=everyone&limit=25")
        .await;
    for entry in board["leaderboard"].as_array().unwrap() {
        let login = entry["login"].as_str().unwrap();
        let mut sum = 0;
        let mut cursor = String::new();
        let totals = loop {
            let path = format!("/api/v1/contributors/{login}/explain?limit=20{cursor}");
            let page = world.get(&path).await;
            for contribution in page["contributions"].as_array().unwrap() {
                sum += contribution["points_thousandths"].as_i64().unwrap();
                let address = contribution["github_url"].as_str().unwrap();
                assert!(address.starts_with("https://") && address.contains("github.com/"));
                assert!(!contribution["sources"].as_array().unwrap().is_empty());
            }
            match page["meta"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break page["meta"]["totals"].clone(),
            }
        };
        assert_eq!(sum, entry["value"].as_i64().unwrap(), "{login}");
        assert_eq!(totals["points_thousandths"].as_i64(), Some(sum), "{login}");
        assert_eq!(totals["agrees"], true, "{login}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_fields_that_were_asked_for() {
    let world = World::start().await;
    let get = async |path: &str, known: Option<&str>| {
        let request = world.client.get(format!("{}{path}", world.address));
        let request = match known {
            Some(known) => request.header("if-none-match", known),
            None => request,
        };
        request.send().await.unwrap()
    };
    let board = "/api/v1/leaderboards/global?limit=2";
    let all: Value = get(board, None).await.json().await.unwrap();
    let logins = format!("{board}&fields=leaderboard.login,meta.next_cursor");
    let some = get(&logins, None).await;
    let tag = some.headers()["etag"].to_str().unwrap().to_owned();
    let some: Value = some.json().await.unwrap();
    assert_eq!(
        some,
        serde_json::json!({
            "leaderboard": [
                { "login": all["leaderboard"][0]["login"] },
                { "login": all["leaderboard"][1]["login"] },
            ],
            "meta": { "next_cursor": all["meta"]["next_cursor"] },
        })
    );
    // The next page goes on from it, with other fields or all.
    let cursor = some["meta"]["next_cursor"].as_str().unwrap();
    let next = get(&format!("{board}&cursor={cursor}&fields=meta"), None).await;
    assert_eq!(next.status(), StatusCode::OK);
    let again = get(&logins, Some(&tag)).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let others = get(&format!("{board}&fields=meta"), Some(&tag)).await;
    assert_eq!(others.status(), StatusCode::OK);
    for wrong in [
        "/api/v1/leaderboards/global?fields=logins",
        "/api/v1/leaderboards/global?fields=",
        "/api/v1/leaderboards/global?fields=meta&fields=leaderboard",
        "/api/v1/stream/leaderboards/global?fields=meta",
    ] {
        let refused = get(wrong, None).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{wrong}");
        let problem: Value = refused.json().await.unwrap();
        assert_eq!(problem["parameter"], "fields", "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_can_be_revalidated_and_faults_are_explained() {
    let world = World::start().await;
    let url = format!("{}/api/v1/leaderboards/global", world.address);
    let first = world.client.get(&url).send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    assert!(first.headers().contains_key("cache-control"));
    let again = world
        .client
        .get(&url)
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    for (path, status) in [
        (
            "/api/v1/leaderboards/global?period=yesterday",
            StatusCode::BAD_REQUEST,
        ),
        (
            "/api/v1/leaderboards/global?period=28d&on=-9000-01-01",
            StatusCode::BAD_REQUEST,
        ),
        (
            "/api/v1/leaderboards/global?limit=0",
            StatusCode::BAD_REQUEST,
        ),
        (
            "/api/v1/leaderboards/global?kind=merge",
            StatusCode::BAD_REQUEST,
        ),
        (
            "/api/v1/leaderboards/global?cursor=zz",
            StatusCode::BAD_REQUEST,
        ),
        (
            "/api/v1/contributors/nobody-of-that-name",
            StatusCode::NOT_FOUND,
        ),
        (
            "/api/v1/leaderboards/repositories/no/such",
            StatusCode::NOT_FOUND,
        ),
        ("/api/v1/nothing", StatusCode::NOT_FOUND),
    ] {
        let response = world
            .client
            .get(format!("{}{path}", world.address))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json",
            "{path}"
        );
        let problem: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        for member in ["type", "title", "status", "detail"] {
            assert!(!problem[member].is_null(), "{path}: {problem}");
        }
    }
    for path in [
        "/health/live",
        "/health/ready",
        "/metrics",
        "/openapi.json",
        "/",
        "/about",
        "/coverage",
    ] {
        let response = world
            .client
            .get(format!("{}{path}", world.address))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
}
