//! Severe errors are told to an error tracker over HTTP: what was wrong and
//! where, without any secret, not too often, and never at anybody's cost.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::routing::post;
use domain::jobs::{Cause, Failure, JobQueued, Overlap, Queue, Severity};
use event_log::{EventLog, LogStream};
use events::Event;
use jobs::{Done, Handler, QueueLog, Run, WorkerSettings, work};
use runtime::{Clock, LogFormat, SystemClock, Telemetry, TelemetrySettings, TrackerSettings};
use serde_json::Value;
use tempfile::TempDir;
use tests::{Servers, program};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How long something may take that must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// What must never be told, each given in another way.
const SECRETS: [&str; 6] = [
    "a secret that was given",
    "ghp_0123456789abcdefghij",
    "pass-of-the-database",
    "bearer-of-tidings",
    "value-of-a-named-field",
    "key-in-an-address",
];

/// A tracker: what it was sent, taken apart.
#[derive(Clone, Default)]
struct Tracker(Arc<Mutex<Vec<Value>>>);

impl Tracker {
    /// Starts one; returns its address for clients.
    async fn start(&self) -> String {
        let service = Router::new()
            .route("/api/{project}/envelope/", post(take))
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        format!("http://publickey@{address}/7")
    }

    fn told(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    async fn until(&self, count: usize) -> Vec<Value> {
        let waiting = async {
            let mut looks = tokio::time::interval(Duration::from_millis(20));
            while self.told().len() < count {
                looks.tick().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "{count} are never told: {:?}", self.told());
        self.told()
    }
}

/// Takes an envelope: a line of headers, then items, each a line of headers and
/// as many bytes as that says.
async fn take(
    State(tracker): State<Tracker>,
    Path(project): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) {
    assert_eq!(project, "7");
    let auth = headers["x-sentry-auth"].to_str().unwrap();
    assert!(auth.starts_with("Sentry "), "{auth}");
    assert!(auth.contains("sentry_key=publickey") && auth.contains("sentry_version=7"));
    let line_end = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'\n').unwrap();
    let (first, rest) = body.split_at(line_end(&body));
    let envelope: Value = serde_json::from_slice(first).unwrap();
    let (second, rest) = rest[1..].split_at(line_end(&rest[1..]));
    let item: Value = serde_json::from_slice(second).unwrap();
    assert_eq!(item["type"], "event");
    let length = usize::try_from(item["length"].as_u64().unwrap()).unwrap();
    let event: Value = serde_json::from_slice(&rest[1..=length]).unwrap();
    let id = |place: &Value| Uuid::parse_str(place["event_id"].as_str().unwrap()).unwrap();
    assert_eq!(id(&envelope), id(&event));
    assert!(event["timestamp"].is_number(), "{event}");
    tracker.0.lock().unwrap().push(event);
}

/// Fails as it is told to, and says more than it should.
struct Failing;

#[async_trait]
impl Handler for Failing {
    fn name(&self) -> &'static str {
        "failing"
    }

    async fn run(&self, job: &JobQueued, _: &Run) -> Result<Done, Failure> {
        let severity = match job.arguments["severity"].as_str() {
            "low" => Severity::Low,
            "medium" => Severity::Medium,
            "high" => Severity::High,
            _ => Severity::Critical,
        };
        let message = format!(
            "postgres://ann:{}@db/x is gone; it was asked with Authorization: Bearer {}",
            SECRETS[2], SECRETS[3]
        );
        Err(Failure::new(severity, message)
            .at("source", "bigquery")
            .at("repository", "octo/cat")
            .at("note", format!("with {}, at last", SECRETS[0]))
            .at("tried", SECRETS[1])
            .at("github_token", SECRETS[4])
            .at("address", format!("https://x/y?api_key={}", SECRETS[5])))
    }
}

fn wanted(severity: &str) -> JobQueued {
    JobQueued {
        job: Uuid::now_v7(),
        name: "failing".to_owned(),
        queue: Queue::Scraping,
        cause: Cause::Hand {
            actor: "ann".to_owned(),
            reason: "a test".to_owned(),
        },
        arguments: BTreeMap::from([("severity".to_owned(), severity.to_owned())]),
        attempts: 1,
        time_limit: 60,
        overlap: Overlap::Allowed,
        queued_at: SystemClock.now(),
    }
}

/// Has jobs fail, one after the other; returns the traces in which they did.
async fn fail(log: &EventLog) -> BTreeMap<String, String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let stop = CancellationToken::new();
    let settings = WorkerSettings {
        worker: "worker".to_owned(),
        queues: vec![(Queue::Scraping, 1)],
        lease: Duration::from_secs(30),
    };
    let working = work(
        log.clone(),
        vec![Arc::new(Failing)],
        settings,
        Arc::clone(&clock),
        stop.clone(),
    );
    let working = tokio::spawn(working);
    let mut queue = QueueLog::new(log.clone(), Queue::Scraping, clock);
    for severity in ["low", "medium", "high", "critical"] {
        let job = wanted(severity);
        queue.enqueue(&job).await.unwrap();
        queue.wait(job.job).await.unwrap();
    }
    stop.cancel();
    working.await.unwrap().unwrap();
    let mut subscription = log.subscribe(LogStream::Jobs, 0).await.unwrap();
    let mut traces = BTreeMap::new();
    while traces.len() < 4 {
        for message in subscription.next_batch(100).await.unwrap() {
            let envelope = events::Envelope::decode(&message.payload).unwrap();
            if let Event::JobFailed(failed) = envelope.event {
                let severity = failed.failure.severity.as_str().to_owned();
                let trace = message.published_in.unwrap().trace_id().to_string();
                traces.insert(severity, trace);
            }
        }
    }
    traces
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_severe_is_told_with_its_context_and_without_secrets() {
    let tracker = Tracker::default();
    let dsn = tracker.start().await;
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let telemetry = Telemetry::start(&TelemetrySettings {
        service: "leaderboard-worker".to_owned(),
        format: LogFormat::Json,
        level: "error".to_owned(),
        otlp_endpoint: None,
        error_tracker: Some(TrackerSettings {
            dsn,
            release: "leaderboard@1.2.3".to_owned(),
            secrets: vec![SECRETS[0].to_owned()],
        }),
    })
    .unwrap();
    let traces = fail(&log).await;
    let told = tracker.until(2).await;
    for (event, (severity, level)) in told
        .iter()
        .zip([("high", None), ("critical", Some("fatal"))])
    {
        let text = event.to_string();
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} is told: {text}");
        }
        assert_eq!(event["level"].as_str(), level, "{event}");
        assert_eq!(event["release"], "leaderboard@1.2.3");
        assert_eq!(event["exception"]["values"][0]["type"], "job_failed");
        assert_eq!(event["extra"]["context.tried"], "[removed]");
        for (tag, value) in [
            ("service", "leaderboard-worker"),
            ("job", "failing"),
            ("source", "bigquery"),
            ("repository", "octo/cat"),
            ("severity", severity),
            ("trace_id", &traces[severity]),
        ] {
            assert_eq!(event["tags"][tag], value, "{tag}: {event}");
        }
        let trace = &event["contexts"]["trace"]["trace_id"];
        assert_eq!(trace, &traces[severity]);
        let why = event["exception"]["values"][0]["value"].as_str().unwrap();
        assert!(why.contains("is gone"), "{why}");
    }

    // Thousands of the same are told some times only; the end of the process waits
    // for those.
    for number in 0..5_000 {
        tracing::error!(target: "jobs::worker", number, "job_failed");
    }
    telemetry.shutdown();
    let told = tracker.told().len();
    assert!((20..=60).contains(&told), "{told} are told");
}

/// A worker that ends with the test.
struct Worker {
    process: Child,
    directory: TempDir,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Worker {
    async fn start(servers: &Servers, dsn: &str) -> Self {
        let (_, database) = servers.fresh_database().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut command = Command::new(program().unwrap());
        command
            .args(["serve", "worker"])
            .env("NATS_URL", servers.nats.url())
            .env("LEADERBOARD_DATABASE_URL", database)
            .env("LEADERBOARD_DATA_DIR", directory.path())
            .env("SENTRY_DSN", dsn)
            .stderr(Stdio::null());
        Self {
            process: command.spawn().unwrap(),
            directory,
        }
    }

    /// Asks for a job that cannot be done, and waits until it has failed.
    fn fail(&self, servers: &Servers) {
        let output = Command::new(program().unwrap())
            .args(["job", "run", "read-bigquery", "--wait"])
            .args(["--actor", "ann"])
            .env("NATS_URL", servers.nats.url())
            .env("LEADERBOARD_DATA_DIR", self.directory.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("is not set"), "{said}");
    }

    /// Asks it to end; how long that takes.
    fn stop(&mut self) -> Duration {
        let started = Instant::now();
        let id = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(self.process.wait().unwrap().success());
        started.elapsed()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_ends_has_told_everything() {
    let tracker = Tracker::default();
    let dsn = tracker.start().await;
    let servers = Servers::start().await.unwrap();
    let mut worker = Worker::start(&servers, &dsn).await;
    worker.fail(&servers);
    worker.stop();
    let told = tracker.told();
    assert_eq!(told.len(), 1, "{told:?}");
    let version = format!("leaderboard@{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(told[0]["release"], version);
    assert_eq!(told[0]["tags"]["service"], "leaderboard-worker");
    assert_eq!(told[0]["tags"]["job"], "read-bigquery");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_that_is_not_there_harms_nothing() {
    let servers = Servers::start().await.unwrap();
    // One that takes connections and never answers, and one that takes none.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = |listener: &std::net::TcpListener| {
        format!("http://key@{}/7", listener.local_addr().unwrap())
    };
    let addresses = [address(&silent), address(&closed)];
    drop(closed);
    for dsn in addresses {
        let mut worker = Worker::start(&servers, &dsn).await;
        worker.fail(&servers);
        let ended = worker.stop();
        assert!(ended < Duration::from_secs(20), "it ended after {ended:?}");
    }
    let mut none = Command::new(program().unwrap());
    none.args(["doctor"])
        .env("SENTRY_DSN", "http://confidential");
    let output = none.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("SENTRY_DSN cannot be used"), "{said}");
    assert!(!said.contains("confidential"), "{said}");
}
