//! The users of nats/permissions.conf on a real nats-server: with its own each
//! service does its work, and none can say what is not its to say.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use async_nats::jetstream::{self, consumer};
use async_nats::{Client, ConnectOptions, Event, ServerError};
use event_log::{EventLog, LogSettings, LogStream};
use futures::StreamExt;
use hmac::{Hmac, Mac};
use leaderboard::parts::Binaries;
use sha2::Sha256;
use tempfile::TempDir;
use tests::{Servers, program, webhook_of, workspace};
use tokio::sync::mpsc;

/// How long is waited for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

const USERS: [&str; 8] = [
    "operator",
    "worker",
    "scheduler",
    "notifier",
    "command-api",
    "projector",
    "subscriber",
    "system",
];

const WEBHOOK_SECRET: &str = "a secret of the webhooks";
const COMMAND_KEY: &str = "a secret of ann's own";

/// A password that is as good as its user's name in this test.
fn password(user: &str) -> String {
    format!("{user}-knows")
}

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A nats-server that knows its users, as it is deployed.
struct Guarded {
    port: u16,
    directory: TempDir,
    _server: Running,
}

impl Guarded {
    async fn start() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let tools = workspace().join(".tools");
        let binaries = Binaries::locate(&path.to_string_lossy(), &tools).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let mut server = Command::new(binaries.nats_server);
        server
            .arg("-c")
            .arg(workspace().join("nats/secured-node.conf"))
            .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-sd"])
            .arg(directory.path().join("streams"))
            .stderr(Stdio::null());
        for user in USERS {
            let name = user.to_uppercase().replace('-', "_");
            server.env(format!("NATS_{name}_PASSWORD"), password(user));
        }
        let guarded = Self {
            port,
            directory,
            _server: Running(server.spawn().unwrap()),
        };
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        let coming = async {
            while guarded.log("operator").await.is_err() {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, coming).await.unwrap();
        guarded
    }

    fn url(&self, user: &str) -> String {
        format!("nats://{user}:{}@127.0.0.1:{}", password(user), self.port)
    }

    async fn log(&self, user: &str) -> Result<EventLog, event_log::LogError> {
        let settings = LogSettings {
            url: self.url(user),
            credentials: None,
            replicas: 1,
        };
        EventLog::connect(&settings).await
    }

    /// The program, as a user of the log.
    fn leaderboard(&self, user: &str, database: &str) -> Command {
        let mut command = Command::new(program().unwrap());
        command
            .env("NATS_URL", self.url(user))
            .env("LEADERBOARD_DATABASE_URL", database)
            .env("LEADERBOARD_DATA_DIR", self.directory.path());
        command
    }

    fn succeed(&self, user: &str, database: &str, arguments: &[&str]) {
        let output = self
            .leaderboard(user, database)
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{user}, {arguments:?}: {said}");
    }

    fn serve(&self, service: &str, database: &str, arguments: &[&str]) -> Service {
        let mut process = self
            .leaderboard(service, database)
            .args(["serve", service])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        Service {
            _process: Running(process),
            output,
        }
    }

    /// A connection as a user, and what the server objects to in it.
    async fn connect(&self, user: &str) -> (Client, mpsc::UnboundedReceiver<String>) {
        let (tell, told) = mpsc::unbounded_channel();
        let inbox = match user {
            "subscriber" => "_INBOX_SUBSCRIBER",
            _ => "_INBOX",
        };
        let options = ConnectOptions::with_user_and_password(user.to_owned(), password(user))
            .custom_inbox_prefix(inbox)
            .event_callback(move |event| {
                if let Event::ServerError(ServerError::Other(error)) = event {
                    let _ = tell.send(error);
                }
                std::future::ready(())
            });
        (options.connect(self.url(user)).await.unwrap(), told)
    }
}

struct Service {
    _process: Running,
    output: BufReader<ChildStdout>,
}

impl Service {
    /// The address that it says it is at.
    fn address(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        let address = line.split_whitespace().last().unwrap_or_default();
        address.trim_end_matches('.').to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_service_does_its_work_as_its_own_user() {
    let servers = Servers::start().await.unwrap();
    let (_, database) = servers.fresh_database().await.unwrap();
    let guarded = Guarded::start().await;
    guarded.succeed("operator", &database, &["declare"]);

    let listen = ["--webhook-listen", "127.0.0.1:0"];
    let secrets = ["--webhook-secret", WEBHOOK_SECRET];
    let key = format!("ann={COMMAND_KEY}");
    let doors = [&listen[..], &secrets, &["--command-key", &key]].concat();
    let _projector = guarded.serve("projector", &database, &[]);
    let _scheduler = guarded.serve("scheduler", &database, &[]);
    let _worker = guarded.serve("worker", &database, &[]);
    let mut command_api = guarded.serve("command-api", &database, &doors);

    let hour = "2024-02-29T23:00:00Z".parse().unwrap();
    let events = scraper::generator::generate_hour_gzip(9, hour, 400).unwrap();
    let file = guarded.directory.path().join("2024-02-29-23.json.gz");
    std::fs::write(&file, events).unwrap();
    let ingest = ["ingest", "--wait", file.to_str().unwrap()];
    guarded.succeed("worker", &database, &ingest);
    let by_ann = ["--actor", "ann"];
    // Whoever asks for jobs from another scheduler needs to be nobody else, and no database.
    let check = ["job", "run", "check-boards", "--wait"];
    let nowhere = "postgres://nobody@127.0.0.1:1/none";
    guarded.succeed("scheduler", nowhere, &[&check[..], &by_ann].concat());
    let track = ["track", "octo/cat", "--reason", "a test"];
    guarded.succeed("operator", &database, &[&track[..], &by_ann].concat());

    let (http, address) = (reqwest::Client::new(), command_api.address());
    let tracked = http
        .put(format!("{address}/api/v1/tracked/octo/dog"))
        .bearer_auth(COMMAND_KEY)
        .json(&serde_json::json!({ "reason": "a test" }))
        .send();
    let tracked = tracked.await.unwrap().status();
    assert!(tracked.is_success(), "{tracked}");
    let documents = tests::generated_documents(9, 400).unwrap();
    let (kind, body) = documents
        .iter()
        .find_map(|(_, document)| webhook_of(&serde_json::from_slice(document).unwrap()))
        .unwrap();
    let body = serde_json::to_vec(&body).unwrap();
    let mac = Hmac::<Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).unwrap();
    let signature = mac.chain_update(&body).finalize().into_bytes();
    let signature: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    let delivered = http
        .post(format!("{address}/webhooks/github"))
        .header("X-GitHub-Event", kind)
        .header("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
        .header("X-Hub-Signature-256", format!("sha256={signature}"))
        .body(body)
        .send();
    let delivered = delivered.await.unwrap().status();
    assert!(delivered.is_success(), "{delivered}");
}

/// What a user is refused: subjects it may not publish to.
const REFUSED: [(&str, &[&str]); 6] = [
    (
        "projector",
        &[
            "contributions.v1.0.octo.cat.commit",
            "decisions.v1.group.web",
            "jobs.v1.scraping",
            "jobs.v1.circuits.github",
            "costs.v1.usd.2026-11",
        ],
    ),
    (
        "scheduler",
        &[
            "contributions.v1.0.octo.cat.commit",
            "decisions.v1.group.web",
            "jobs.v1.circuits.github",
            "costs.v1.usd.2026-11",
        ],
    ),
    (
        "notifier",
        &[
            "contributions.v1.0.octo.cat.commit",
            "decisions.v1.group.web",
            "jobs.v1.scraping",
            "jobs.v1.circuits.github",
            "dead-letters.v1.resolved",
        ],
    ),
    (
        "command-api",
        &[
            "costs.v1.usd.2026-11",
            "coverage.v1.archive.2024-01-01-0",
            "jobs.v1.circuits.github",
            "schedule.v1.vacuum",
        ],
    ),
    ("worker", &["schedule.v1.vacuum", "decisions.v1.group.web"]),
    (
        "subscriber",
        &[
            "contributions.v1.0.octo.cat.commit",
            "coverage.v1.archive.2024-01-01-0",
            "costs.v1.usd.2026-11",
            "dead-letters.v1.scraper",
            "decisions.v1.group.web",
            "jobs.v1.scraping",
            "jobs.v1.circuits.github",
            "reports.v1.notices",
            "schedule.v1.vacuum",
            "$JS.API.CONSUMER.CREATE.CONTRIBUTIONS",
            "$JS.API.CONSUMER.CREATE.CONTRIBUTIONS.mine",
            "$JS.API.CONSUMER.DURABLE.CREATE.CONTRIBUTIONS.mine",
            "$JS.API.CONSUMER.MSG.NEXT.DECISIONS.subscriber",
            "$JS.API.STREAM.MSG.GET.DECISIONS",
            "_INBOX.somebody.else",
        ],
    ),
];

/// What no user but the operator may do to streams.
const OF_THE_OPERATOR: [&str; 6] = [
    "$JS.API.STREAM.CREATE.MINE",
    "$JS.API.STREAM.UPDATE.CONTRIBUTIONS",
    "$JS.API.STREAM.DELETE.CONTRIBUTIONS",
    "$JS.API.STREAM.PURGE.CONTRIBUTIONS",
    "$JS.API.STREAM.MSG.DELETE.CONTRIBUTIONS",
    "$JS.API.STREAM.RESTORE.CONTRIBUTIONS",
];

async fn next_objection(told: &mut mpsc::UnboundedReceiver<String>) -> String {
    let next = tokio::time::timeout(PATIENCE, told.recv()).await;
    next.unwrap().unwrap().to_lowercase()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_says_what_is_not_theirs_to_say() {
    let guarded = Guarded::start().await;
    let operator = guarded.log("operator").await.unwrap();
    operator.declare_streams().await.unwrap();
    let nobody = format!("nats://127.0.0.1:{}", guarded.port);
    assert!(async_nats::connect(nobody).await.is_err());
    let wrong = LogSettings {
        url: format!("nats://worker:guessed@127.0.0.1:{}", guarded.port),
        credentials: None,
        replicas: 1,
    };
    let refused = EventLog::connect(&wrong).await.err().unwrap().to_string();
    assert!(!refused.contains("guessed"), "{refused}");

    for (user, subjects) in REFUSED {
        let (client, mut told) = guarded.connect(user).await;
        for subject in subjects.iter().chain(&OF_THE_OPERATOR) {
            client.publish(*subject, "{}".into()).await.unwrap();
            client.flush().await.unwrap();
            let objection = next_objection(&mut told).await;
            let expected = format!("publish to \"{}\"", subject.to_lowercase());
            assert!(objection.contains(&expected), "{user}: {objection}");
        }
    }
    let (client, mut told) = guarded.connect("subscriber").await;
    for subject in ["_INBOX.>", "contributions.>", "$JS.API.>", "$SYS.>"] {
        let _subscription = client.subscribe(subject).await.unwrap();
        client.flush().await.unwrap();
        let objection = next_objection(&mut told).await;
        assert!(objection.contains("subscription to"), "{objection}");
    }
    for stream in LogStream::ALL {
        let state = operator.state(stream).await.unwrap();
        assert_eq!(state.last_sequence, 0, "{}", stream.name());
    }

    // Whom a worker leaves alone it says itself.
    let (client, mut told) = guarded.connect("worker").await;
    let log = jetstream::new(client);
    let said = log.publish("jobs.v1.circuits.github", "{}".into()).await;
    said.unwrap().await.unwrap();
    assert!(told.try_recv().is_err(), "the server objects to nothing");
    let jobs = operator.state(LogStream::Jobs).await.unwrap();
    assert_eq!(jobs.last_sequence, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_reads_what_it_was_given() {
    let guarded = Guarded::start().await;
    let operator = guarded.log("operator").await.unwrap();
    operator.declare_streams().await.unwrap();
    let events = tests::events_of(&tests::generated_documents(9, 100).unwrap()).unwrap();
    tests::publish(&operator, &events, 1_000).await.unwrap();
    let given = consumer::pull::Config {
        durable_name: Some("subscriber".to_owned()),
        filter_subject: "contributions.v1.*.*.*.*".to_owned(),
        ack_policy: consumer::AckPolicy::Explicit,
        ..Default::default()
    };
    let (client, _) = guarded.connect("operator").await;
    let stream = jetstream::new(client).get_stream("CONTRIBUTIONS").await;
    stream.unwrap().create_consumer(given).await.unwrap();

    let (client, mut told) = guarded.connect("subscriber").await;
    let stream = jetstream::new(client).get_stream("CONTRIBUTIONS").await;
    let mut reading: consumer::PullConsumer =
        stream.unwrap().get_consumer("subscriber").await.unwrap();
    let mut messages = reading.messages().await.unwrap().take(events.len());
    while let Some(message) = messages.next().await {
        message.unwrap().double_ack().await.unwrap();
    }
    let info = reading.info().await.unwrap();
    assert_eq!((info.num_pending, info.num_ack_pending), (0, 0));
    assert!(told.try_recv().is_err(), "the server objects to nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_is_asked_for_user_and_password() {
    let guarded = Guarded::start().await;
    let settings = LogSettings {
        url: guarded.url("operator").replace("-knows", "-guesses"),
        credentials: None,
        replicas: 1,
    };
    let refused = EventLog::connect(&settings).await.err().unwrap();
    let refused = refused.to_string();
    assert!(refused.contains("user and password"), "{refused}");
    assert!(!refused.contains("guesses"), "{refused}");
}
