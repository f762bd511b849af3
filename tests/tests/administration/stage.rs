//! What the tests share: both APIs, a projector and a worker, on real servers,
//! with stand-ins for what is read.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use command_api::{Commands, Doors, Secrets, Webhooks};
use domain::jobs::Queue;
use event_log::{EventLog, LogStream};
use events::{ContributionRecorded, DeadLetterRecorded, Envelope, Event};
use hmac::{Hmac, Mac};
use jobs::{Finished, QueueLog, WorkerSettings, work};
use leaderboard::DatabaseLetters;
use projector::{MaintenanceParts, maintenance_handlers};
use query_api::{Api, Settings};
use reqwest::{Client, Method, StatusCode};
use runtime::{CircuitBreaker, Clock, FixedClock};
use scheduler::{Timekeeper, usual_schedule};
use scraper::sources::archive::ArchiveBases;
use scraper::work::{ResolveDeadLetters, ScrapingParts, publish_circuit_changes};
use serde_json::Value;
use sha2::Sha256;
use sqlx::PgPool;
use tests::bigquery::Warehouse;
use tests::github::Github;
use tests::{Asker, Servers, listen, projector_settings, publish, wait_until_projected};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long is waited for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Who does the jobs.
const WORKER: &str = "worker";

const KEY: &str = "0123456789abcdef0123";
const SECRET: &str = "a secret of sufficient length";

/// The day of the tests.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-11-10T12:00:00Z".parse().unwrap()
}

/// Everything that runs.
pub(crate) struct Stage {
    pub(crate) pool: PgPool,
    pub(crate) log: EventLog,
    pub(crate) github: Github,
    pub(crate) warehouse: Warehouse,
    clock: Arc<FixedClock>,
    client: Client,
    answers: String,
    commands: String,
    _stop: DropGuard,
    _servers: Servers,
}

impl Stage {
    pub(crate) async fn start() -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, _) = servers.fresh_database().await.unwrap();
        let log = servers.log().await.unwrap();
        let stop = CancellationToken::new();
        let clock = Arc::new(FixedClock::at(now()));
        let github = Github::start(now()).await.unwrap();
        let warehouse = Warehouse::start().await.unwrap();
        let projecting = projector_settings("projector", 10_000);
        tokio::spawn(projector::run(
            pool.clone(),
            log.clone(),
            projecting,
            stop.clone(),
        ));
        let schedule = usual_schedule();
        let mut keeper = Timekeeper::new(log.clone(), clock.clone());
        keeper.define(&schedule).await.unwrap();
        let parts = ScrapingParts {
            log: log.clone(),
            clock: clock.clone(),
            github: Arc::new(github.client(&["one"]).unwrap()),
            archives: ArchiveBases(Vec::new()),
            bigquery: Some(warehouse.settings()),
            bigquery_circuit: Arc::new(CircuitBreaker::of("bigquery")),
            floor: NaiveDate::from_ymd_opt(2026, 11, 9),
            comparison: None,
        };
        tokio::spawn(publish_circuit_changes(&parts, WORKER, &stop));
        employ(&parts, &pool, stop.clone());
        let api = Api::new(
            pool.clone(),
            Settings::default(),
            clock.clone(),
            Arc::new(String::new),
        );
        let (listener, answers) = listen().await.unwrap();
        tokio::spawn(query_api::serve(Arc::new(api), listener, stop.clone()));
        let (listener, commands) = listen().await.unwrap();
        let doors = doors(&log, &clock);
        tokio::spawn(command_api::serve(doors, listener, stop.clone()));
        Self {
            pool,
            log,
            github,
            warehouse,
            clock,
            client: Client::new(),
            answers,
            commands,
            _stop: stop.drop_guard(),
            _servers: servers,
        }
    }

    /// Somebody who asks for jobs by way of the log.
    pub(crate) fn asker(&self) -> Asker {
        Asker {
            log: self.log.clone(),
            clock: self.clock.clone(),
        }
    }

    /// Lets time pass, here and at GitHub. No job may be running.
    pub(crate) fn pass(&self, time: TimeDelta) {
        let now = self.clock.now() + time;
        self.clock.set(now);
        self.github.set_time(now);
    }

    /// Asks until the answer is as it should be.
    pub(crate) async fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let asking = async {
            let mut looks = tokio::time::interval(Duration::from_millis(50));
            loop {
                looks.tick().await;
                let answer = self.get(path).await;
                if is_so(&answer) {
                    return answer;
                }
            }
        };
        let asked = tokio::time::timeout(PATIENCE, asking).await;
        asked.unwrap_or_else(|_| panic!("{path} is never as it should be"))
    }

    /// Waits until everything on the log is in the read models, and asks.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let text = self.page(path).await;
        serde_json::from_str(&text).unwrap()
    }

    /// The same of a page.
    pub(crate) async fn page(&self, path: &str) -> String {
        wait_until_projected(&self.pool, &self.log).await.unwrap();
        let asked = self.client.get(format!("{}{path}", self.answers)).send();
        let answer = asked.await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        text
    }

    /// Sends a command.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let request = self
            .client
            .request(method, format!("{}{path}", self.commands));
        let answer = request.bearer_auth(KEY).json(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Sends a command that asks for a job, and waits for its end.
    pub(crate) async fn have_done(&self, method: Method, path: &str, body: &Value) -> Finished {
        wait_until_projected(&self.pool, &self.log).await.unwrap();
        let (status, answer) = self.send(method, path, body).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{path}: {answer}");
        let job = answer["job"].as_str().unwrap().parse().unwrap();
        for queue in [Queue::Maintenance, Queue::Scraping] {
            let mut queue = QueueLog::new(self.log.clone(), queue, self.clock.clone());
            queue.catch_up().await.unwrap();
            if queue.state().knows(job) {
                return queue.wait(job).await.unwrap();
            }
        }
        panic!("{answer}: in no queue");
    }

    /// The same of a job that must succeed: what was done.
    pub(crate) async fn done(&self, path: &str, body: &Value) -> String {
        match self.have_done(Method::POST, path, body).await {
            Finished::Completed(completed) => {
                assert_eq!(completed.left_out, [], "{path}");
                completed.summary
            }
            other => panic!("{path}: {other:?}"),
        }
    }

    /// Delivers a webhook as GitHub does.
    pub(crate) async fn deliver(&self, event: &str, delivery: &str, body: &[u8]) -> StatusCode {
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        let signature = mac.chain_update(body).finalize().into_bytes();
        let hexadecimal: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        let request = self
            .client
            .post(format!("{}/webhooks/github", self.commands));
        let answer = request
            .header("x-github-event", event)
            .header("x-github-delivery", delivery)
            .header("x-hub-signature-256", format!("sha256={hexadecimal}"))
            .body(body.to_vec())
            .send();
        answer.await.unwrap().status()
    }

    /// What an older version could not read, which this one can; an hour ago.
    pub(crate) async fn set_aside(&self, letter: DeadLetterRecorded) -> String {
        let id = letter.id().to_string();
        let letter = Envelope::wrap("/tests", Event::DeadLetterRecorded(letter));
        publish(&self.log, &[letter.unwrap()], 1).await.unwrap();
        id
    }

    /// The contributions that count, by key, with the source that each was first
    /// published under.
    pub(crate) async fn contributions(&self) -> Vec<(String, String)> {
        let filter = "contributions.v1.>";
        let recorded = self.log.read_all(LogStream::Contributions, filter, 0).await;
        let recorded = recorded.unwrap().into_iter();
        let sightings = recorded.filter_map(|recorded| match recorded.envelope.event {
            Event::ContributionRecorded(found) => Some(found),
            _ => None,
        });
        let mut found: Vec<(String, String)> = Vec::new();
        for ContributionRecorded { key, source, .. } in sightings {
            if found.iter().all(|(known, _)| *known != key) {
                found.push((key, format!("{:?} {}", source.source, source.reference)));
            }
        }
        wait_until_projected(&self.pool, &self.log).await.unwrap();
        let counted: i64 = sqlx::query_scalar("SELECT count(*) FROM contribution_identities")
            .fetch_one(&self.pool)
            .await
            .unwrap();
        assert_eq!(counted.cast_unsigned(), found.len() as u64, "{found:?}");
        found.sort();
        found
    }
}

fn doors(log: &EventLog, clock: &Arc<FixedClock>) -> Doors {
    Doors {
        webhooks: Some(Arc::new(Webhooks {
            publisher: log.publisher(),
            secrets: Secrets::new([SECRET]).unwrap(),
            clock: clock.clone(),
        })),
        commands: Some(Arc::new(Commands {
            log: log.clone(),
            clock: clock.clone(),
            log_level: None,
        })),
        entrance: Arc::new(tests::entrance(&format!("ann={KEY}"))),
    }
}

/// A worker with every handler that a real one has, but for reports.
fn employ(parts: &ScrapingParts, pool: &PgPool, stop: CancellationToken) {
    let maintenance = MaintenanceParts {
        pool: pool.clone(),
        clock: parts.clock.clone(),
    };
    let mut handlers = scraper::work::handlers(parts);
    handlers.extend(maintenance_handlers(&maintenance));
    handlers.push(Arc::new(ResolveDeadLetters {
        parts: parts.clone(),
        letters: Arc::new(DatabaseLetters(pool.clone())),
    }));
    let settings = WorkerSettings {
        worker: WORKER.to_owned(),
        queues: vec![(Queue::Maintenance, 1), (Queue::Scraping, 1)],
        lease: Duration::from_secs(30),
    };
    let (log, clock) = (parts.log.clone(), parts.clock.clone());
    tokio::spawn(work(log, handlers, settings, clock, stop));
}
