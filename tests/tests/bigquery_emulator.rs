//! The query over a day's table as somebody else's BigQuery understands it: an
//! emulator that runs the SQL. `make bigquery-emulator` fetches it (500 MB);
//! without it this reports itself skipped.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bigquery::{BigQuery, BigQuerySettings, Credentials};
use chrono::{DateTime, NaiveDate, Utc};
use domain::RepositoryName;
use reqwest::Client;
use runtime::{CircuitBreaker, FixedClock};
use scraper::budget::LedgerLog;
use scraper::passes::{Days, PassOptions, PassServices, plan, run};
use scraper::scrape::Wanted;
use scraper::sources::bigquery::Depth;
use serde_json::{Value, json};
use tests::{
    Servers, budget_of, events_of, generated_documents, project_until, projector_settings, publish,
    read_model_dump, workspace,
};
use tokio_util::sync::CancellationToken;

/// The emulator, until it is dropped.
struct Emulator {
    process: Child,
    url: String,
    client: Client,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Emulator {
    /// Starts it, where it was fetched.
    async fn start() -> Option<Self> {
        let fetched = workspace().join(".tools/bigquery-emulator");
        if !fetched.exists() {
            println!("skipped: no emulator of BigQuery; make bigquery-emulator fetches it");
            return None;
        }
        // Once a process; a second call finds it done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let process = Command::new("python3")
            .arg(workspace().join("tests/bigquery_emulator.py"))
            .arg(fetched)
            .arg(port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let emulator = Self {
            process,
            url: format!("http://127.0.0.1:{port}/bigquery/v2"),
            client: Client::new(),
        };
        let mut looks = tokio::time::interval(Duration::from_millis(200));
        for _ in 0..300 {
            looks.tick().await;
            let projects = format!("{}/projects/githubarchive/datasets", emulator.url);
            if emulator.client.get(projects).send().await.is_ok() {
                return Some(emulator);
            }
        }
        panic!("the emulator did not answer within a minute")
    }

    async fn post(&self, path: &str, body: &Value) {
        let url = format!("{}/projects/githubarchive/datasets{path}", self.url);
        let answer = self.client.post(url).json(body).send().await.unwrap();
        let status = answer.status();
        let answer: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{answer}");
        let refused = answer["insertErrors"].as_array().map_or(0, Vec::len);
        assert_eq!(refused, 0, "{answer}");
    }

    /// Makes the table of a day, in the shape of GH Archive's.
    async fn fill(&self, day: NaiveDate, events: &[Value]) {
        let text = |name: &str| json!({"name": name, "type": "STRING"});
        let number = |name: &str| json!({"name": name, "type": "INT64"});
        let record = |name: &str, fields: Vec<Value>| json!({"name": name, "type": "RECORD", "fields": fields});
        let table = day.format("%Y%m%d").to_string();
        let schema = json!({"fields": [
            text("type"), text("payload"), text("id"), {"name": "created_at", "type": "TIMESTAMP"},
            record("repo", vec![number("id"), text("name")]),
            record("actor", vec![number("id"), text("login")]),
        ]});
        let reference = json!({"projectId": "githubarchive", "datasetId": "day", "tableId": table});
        let created = json!({"tableReference": reference, "schema": schema});
        self.post("/day/tables", &created).await;
        let rows: Vec<Value> = events.iter().map(row).collect();
        for rows in rows.chunks(500) {
            let path = format!("/day/tables/{table}/insertAll");
            self.post(&path, &json!({ "rows": rows })).await;
        }
    }

    async fn services(&self, log: &event_log::EventLog) -> PassServices {
        let settings = BigQuerySettings {
            url: self.url.clone(),
            credentials: Credentials::Token("a token".to_owned()),
            ..BigQuerySettings::of_project("payer")
        };
        PassServices {
            client: BigQuery::connect(settings).await.unwrap(),
            circuit: Arc::new(CircuitBreaker::of("bigquery")),
            log: log.clone(),
            publisher: log.publisher(),
            ledger: LedgerLog::new(log.clone(), "/tests"),
            clock: Arc::new(FixedClock::at(now())),
            cancellation: CancellationToken::new(),
        }
    }
}

fn now() -> DateTime<Utc> {
    "2026-11-10T12:00:00Z".parse().unwrap()
}

fn row(event: &Value) -> Value {
    let (repo, actor) = (&event["repo"], &event["actor"]);
    json!({"json": {
        "type": event["type"],
        "payload": event["payload"].to_string(),
        "id": event["id"],
        "created_at": event["created_at"].as_str().unwrap().trim_end_matches('Z').replace('T', " "),
        "repo": {"id": repo["id"], "name": repo["name"]},
        "actor": {"id": actor["id"], "login": actor["login"]},
    }})
}

fn wanted(events: &[Value]) -> Vec<Wanted> {
    let ids: BTreeSet<u64> = events
        .iter()
        .filter_map(|event| event["repo"]["id"].as_u64())
        .collect();
    let wanted = ids.into_iter().map(|id| Wanted {
        id: Some(id),
        name: RepositoryName::parse(&format!("repository/{id}")).unwrap(),
    });
    wanted.collect()
}

async fn contributions(servers: &Servers) -> BTreeMap<String, Vec<String>> {
    let (pool, _) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    project_until(&pool, &log, projector_settings("projector", 10_000))
        .await
        .unwrap();
    let mut dump = read_model_dump(&pool).await.unwrap();
    dump.remove("coverage");
    // Where things were seen is what differs.
    for row in dump.get_mut("contribution_events").unwrap() {
        row.truncate(row.find('{').unwrap_or(row.len()));
    }
    dump
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_an_emulator_finds_count_as_files_do() {
    let Some(emulator) = Emulator::start().await else {
        return;
    };
    let mut documents = generated_documents(3, 1_500).unwrap();
    documents.retain(|(_, text)| {
        let event: Value = serde_json::from_slice(text).unwrap();
        let of = event["type"].as_str().unwrap();
        !matches!(
            of,
            "CreateEvent" | "DeleteEvent" | "MemberEvent" | "PublicEvent"
        ) && event["repo"]["id"].is_u64()
    });
    let mut days: BTreeMap<NaiveDate, Vec<Value>> = BTreeMap::new();
    for (_, text) in &documents {
        let event: Value = serde_json::from_slice(text).unwrap();
        let at: DateTime<Utc> = event["created_at"].as_str().unwrap().parse().unwrap();
        days.entry(at.date_naive()).or_default().push(event);
    }
    let dataset = json!({"datasetReference": {"projectId": "githubarchive", "datasetId": "day"}});
    emulator.post("", &dataset).await;

    let (files, tables) = (
        Servers::start().await.unwrap(),
        Servers::start().await.unwrap(),
    );
    let envelopes = events_of(&documents).unwrap();
    publish(&files.log().await.unwrap(), &envelopes, 500)
        .await
        .unwrap();
    let log = tables.log().await.unwrap();
    LedgerLog::new(log.clone(), "/tests")
        .define(budget_of("10".parse().unwrap(), now()))
        .await
        .unwrap();
    let services = emulator.services(&log).await;
    let options = PassOptions {
        depth: Depth::Whole,
        job: "read-days".to_owned(),
    };
    for (day, events) in days {
        emulator.fill(day, &events).await;
        let only = Days {
            first: Some(day),
            last: day,
            floor: day,
            force: false,
        };
        let passes = plan(&wanted(&events), only, Depth::Whole, &log)
            .await
            .unwrap();
        for report in run(&passes, &services, &options).await {
            assert!(report.error.is_none(), "{:?}", report.error);
            assert!(report.contributions > 0);
        }
    }
    let (from_files, from_tables) = (contributions(&files).await, contributions(&tables).await);
    for (table, rows) in &from_files {
        assert_eq!(rows, &from_tables[table], "{table}");
    }
}
