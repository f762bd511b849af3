//! Every service is restarted, one process after the other, while people read,
//! GitHub delivers and jobs are done: nobody is refused, nothing is lost and nothing
//! is there twice.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use event_log::{EventLog, LogStream};
use events::{Event, Subject};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tests::{
    Servers, events_of, generated_documents, program, project_until, projector_settings, publish,
    read_model_dump, wait_until_projected,
};

const SECRET: &str = "a secret of sixteen";

/// What a service takes at most to finish what it does (docs/operations.md).
const LONGEST_END: Duration = Duration::from_secs(60);

/// How long it may take until a process that was started is well.
const PATIENCE: Duration = Duration::from_secs(120);

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// A process of a service.
struct Instance {
    name: &'static str,
    arguments: Vec<String>,
    health: String,
    log: PathBuf,
    process: Child,
}

impl Drop for Instance {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The servers that services are given.
struct Deployment {
    nats: String,
    database: String,
    directory: tempfile::TempDir,
}

impl Deployment {
    /// Two processes of a service; `door` is its flag for where it listens.
    async fn pair(&self, service: &'static str, door: &str, more: &[&str]) -> Vec<Instance> {
        let mut pair = Vec::new();
        for number in 0..2 {
            let mut arguments = vec!["serve".to_owned(), service.to_owned()];
            let address = format!("127.0.0.1:{}", free_port());
            arguments.extend([door.to_owned(), address.clone()]);
            let health = match service {
                "query-api" => format!("http://{address}/health/ready"),
                "command-api" => {
                    let metrics = format!("127.0.0.1:{}", free_port());
                    arguments.extend(["--metrics-listen".to_owned(), metrics.clone()]);
                    format!("http://{metrics}/health")
                }
                _ => format!("http://{address}/health"),
            };
            arguments.extend(more.iter().map(ToString::to_string));
            arguments.extend(["--nats-url".to_owned(), self.nats.clone()]);
            arguments.extend(["--database-url".to_owned(), self.database.clone()]);
            let log = self
                .directory
                .path()
                .join(format!("{service}-{number}.log"));
            let process = spawn(&arguments, &log);
            let instance = Instance {
                name: service,
                arguments,
                health,
                log,
                process,
            };
            pair.push(instance);
        }
        for instance in &pair {
            instance.is_well().await;
        }
        pair
    }
}

fn spawn(arguments: &[String], log: &Path) -> Child {
    let output = File::options().create(true).append(true).open(log).unwrap();
    Command::new(program().unwrap())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output.try_clone().unwrap())
        .stderr(output)
        .spawn()
        .unwrap()
}

impl Instance {
    /// Where it takes requests.
    fn address(&self) -> String {
        format!("http://{}", self.arguments[3])
    }

    async fn is_well(&self) {
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let waiting = async {
            loop {
                looks.tick().await;
                let answer = reqwest::get(&self.health).await;
                if answer.is_ok_and(|answer| answer.status().is_success()) {
                    return;
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        waited.unwrap_or_else(|_| panic!("{} is not well: {said}", self.name));
    }

    /// Asks it to end, starts another in its place, and returns how long the end
    /// took.
    async fn roll(&mut self) -> Duration {
        let since = Instant::now();
        let id = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        let mut looks = tokio::time::interval(Duration::from_millis(10));
        let status = loop {
            looks.tick().await;
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < LONGEST_END, "{} does not end", self.name);
        };
        let took = since.elapsed();
        assert!(status.success(), "{} ended with {status}", self.name);
        self.process = spawn(&self.arguments, &self.log);
        self.is_well().await;
        took
    }
}

/// What stands before two processes: whom the one does not answer, the other does.
#[derive(Clone)]
struct Balancer {
    addresses: Vec<String>,
    http: reqwest::Client,
}

impl Balancer {
    fn of(pair: &[Instance]) -> Self {
        Self {
            addresses: pair.iter().map(Instance::address).collect(),
            http: reqwest::Client::new(),
        }
    }

    /// The first answer there is.
    async fn send(
        &self,
        turn: u64,
        request: impl Fn(&reqwest::Client, &str) -> reqwest::RequestBuilder,
    ) -> (reqwest::StatusCode, Value) {
        let since = Instant::now();
        let mut turn = usize::try_from(turn).unwrap();
        loop {
            let address = &self.addresses[turn % self.addresses.len()];
            turn += 1;
            if let Ok(answer) = request(&self.http, address).send().await {
                let status = answer.status();
                if let Ok(body) = answer.json().await {
                    return (status, body);
                }
            }
            assert!(since.elapsed() < PATIENCE, "nobody answers at {address}");
            tokio::task::yield_now().await;
        }
    }
}

/// Reads until told to stop; no answer may be an error.
async fn read(balancer: Balancer, done: Arc<AtomicBool>) -> u64 {
    let mut answers = 0;
    while !done.load(Ordering::Relaxed) {
        let limit = 1 + answers % 50;
        let path = format!("/api/v1/leaderboards/global?class=everyone&limit={limit}");
        let ask = |http: &reqwest::Client, address: &str| http.get(format!("{address}{path}"));
        let (status, answer) = balancer.send(answers, ask).await;
        assert!(status.is_success(), "{status}: {answer}");
        answers += 1;
    }
    answers
}

/// Delivers stars, each by somebody else, until told to stop; every one is taken.
async fn deliver(balancer: Balancer, done: Arc<AtomicBool>, delivered: Arc<AtomicU64>) {
    while !done.load(Ordering::Relaxed) {
        let number = delivered.load(Ordering::Relaxed);
        let visitor = 1_000_000 + number;
        let body = json!({
            "action": "created", "starred_at": "2024-02-29T23:30:00Z",
            "sender": { "id": visitor, "login": format!("visitor-{visitor}"), "type": "User" },
            "repository": { "id": 4_242, "full_name": "octo/rolling" },
        });
        let body = body.to_string();
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        let signature = mac.chain_update(&body).finalize().into_bytes();
        let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        let post = |http: &reqwest::Client, address: &str| {
            http.post(format!("{address}/webhooks/github"))
                .header("x-github-event", "star")
                .header("x-github-delivery", format!("delivery-{number}"))
                .header("x-hub-signature-256", format!("sha256={signature}"))
                .body(body.clone())
        };
        let (status, answer) = balancer.send(number, post).await;
        assert!(status.is_success(), "{status}: {answer}");
        delivered.fetch_add(1, Ordering::Relaxed);
    }
}

/// Asks for jobs, one after the other, until told to stop; every one is done.
async fn work(nats: String, done: Arc<AtomicBool>) -> u64 {
    let mut jobs = 0;
    while !done.load(Ordering::Relaxed) {
        let output = tokio::process::Command::new(program().unwrap())
            .args(["job", "run", "keep-partitions", "--wait", "--timeout", "2m"])
            .args(["--actor", "tests", "--nats-url", &nats])
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}");
        jobs += 1;
    }
    jobs
}

/// Somebody who subscribed to everything: the ids of what they were told.
#[derive(Clone, Default)]
struct Subscriber(Arc<Mutex<BTreeSet<String>>>);

impl Subscriber {
    /// Starts to listen; returns the notifier's file about it.
    async fn start(&self, directory: &Path) -> PathBuf {
        let router = Router::new()
            .route("/hook", post(told))
            .with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let file = directory.join("subscribers.toml");
        let settings = format!(
            "[webhooks.ours]\nurl = \"http://{address}/hook\"\n\
             secrets = [\"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\"]\n\
             contributions = {{ from_start = true }}\n"
        );
        std::fs::write(&file, settings).unwrap();
        file
    }

    /// Waits until they were told of everything that is on the log.
    async fn is_told_all(&self, log: &EventLog) {
        let all = log.read_all(LogStream::Contributions, "contributions.v1.>", 0);
        let all = all.await.unwrap().into_iter();
        let all: BTreeSet<String> = all.map(|said| said.envelope.id.to_string()).collect();
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let waiting = async {
            while !all.is_subset(&self.0.lock().unwrap()) {
                looks.tick().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        let known = self.0.lock().unwrap();
        let missing = all.difference(&known).count();
        assert!(waited.is_ok(), "{missing} of {} were never told", all.len());
    }
}

async fn told(State(subscriber): State<Subscriber>, headers: HeaderMap) -> StatusCode {
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    subscriber.0.lock().unwrap().insert(id);
    StatusCode::NO_CONTENT
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_is_restarted_under_load_and_nobody_notices() {
    let servers = Servers::start().await.unwrap();
    let (pool, database) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let deployment = Deployment {
        nats: servers.nats.url(),
        database,
        directory: tempfile::tempdir().unwrap(),
    };
    let schedule = deployment.directory.path().join("schedule.toml");
    std::fs::write(&schedule, "[jobs.check-boards]\ncron = \"* * * * *\"\n").unwrap();
    let metrics = "--metrics-listen";
    let schedule = ["--schedule", schedule.to_str().unwrap()];
    let secret = ["--webhook-secret", SECRET];
    let subscriber = Subscriber::default();
    let subscribers = subscriber.start(deployment.directory.path()).await;
    let subscribers = ["--subscribers", subscribers.to_str().unwrap()];
    let mut services = [
        deployment
            .pair("projector", metrics, &["--lease", "2"])
            .await,
        deployment.pair("query-api", "--listen", &[]).await,
        deployment
            .pair("command-api", "--webhook-listen", &secret)
            .await,
        deployment
            .pair("worker", metrics, &["--job-lease", "3"])
            .await,
        deployment.pair("scheduler", metrics, &schedule).await,
        deployment.pair("notifier", metrics, &subscribers).await,
    ];

    let done = Arc::new(AtomicBool::new(false));
    let delivered = Arc::new(AtomicU64::new(0));
    let (readers, doors) = (Balancer::of(&services[1]), Balancer::of(&services[2]));
    let reading = tokio::spawn(read(readers, Arc::clone(&done)));
    let delivering = tokio::spawn(deliver(doors, Arc::clone(&done), Arc::clone(&delivered)));
    let working = tokio::spawn(work(deployment.nats.clone(), Arc::clone(&done)));
    let events = events_of(&generated_documents(25, 1_000).unwrap()).unwrap();
    let publishing = tokio::spawn({
        let log = log.clone();
        async move {
            for batch in events.chunks(20) {
                publish(&log, batch, 20).await.unwrap();
                tokio::task::yield_now().await;
            }
        }
    });

    for pair in &mut services {
        for instance in pair {
            let before = delivered.load(Ordering::Relaxed);
            let took = instance.roll().await;
            println!("{} ended within {} ms", instance.name, took.as_millis());
            // The others go on meanwhile, and with it afterwards.
            let mut looks = tokio::time::interval(Duration::from_millis(10));
            while delivered.load(Ordering::Relaxed) == before {
                looks.tick().await;
            }
        }
    }
    // Due times are told of once, whoever noticed them.
    let due = Subject::of_schedule("check-boards");
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    let fired = loop {
        looks.tick().await;
        let said = log
            .read_all(LogStream::Schedule, due.as_str(), 0)
            .await
            .unwrap();
        let fired = said
            .into_iter()
            .filter_map(|said| match said.envelope.event {
                Event::ScheduleFired(fired) => Some(fired.trigger),
                _ => None,
            });
        let fired: Vec<_> = fired.collect();
        if !fired.is_empty() {
            break fired;
        }
    };
    assert_eq!(fired.iter().collect::<BTreeSet<_>>().len(), fired.len());
    publishing.await.unwrap();
    done.store(true, Ordering::Relaxed);
    let (answers, jobs) = (reading.await.unwrap(), working.await.unwrap());
    delivering.await.unwrap();
    let delivered = delivered.load(Ordering::Relaxed);
    println!("{answers} answers, {delivered} deliveries, {jobs} jobs");
    assert!(answers > 10 && delivered > 10 && jobs > 0);

    wait_until_projected(&pool, &log).await.unwrap();
    subscriber.is_told_all(&log).await;
    for pair in &mut services {
        pair.clear();
    }
    let stars: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM contribution_events WHERE kind = 'star' AND repository = '4242'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(u64::try_from(stars).unwrap(), delivered);
    let done: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM jobs WHERE name = 'keep-partitions' AND state = 'completed'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(u64::try_from(done).unwrap() >= jobs, "{done} of {jobs}");
    // A projector that nobody disturbs makes the same of the same log.
    let (undisturbed, _) = servers.fresh_database().await.unwrap();
    project_until(&undisturbed, &log, projector_settings("alone", 1_000))
        .await
        .unwrap();
    assert_eq!(
        read_model_dump(&pool).await.unwrap(),
        read_model_dump(&undisturbed).await.unwrap()
    );
}
