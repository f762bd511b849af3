//! A running system with something of everything: each service, a standby, sources to
//! read from, and somebody to tell.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;
use tests::archive::gzip;
use tests::torture::servers::free_port;
use tests::{COMMAND_KEY, Follower, program, workspace};

use super::collector::{Collector, ERRORS_KEY, SUBSCRIBERS_SECRET};
use super::programs::Running;
use super::sources::{BIGQUERY_TOKEN, GITHUB_TOKEN, Sources};

/// What nobody may find in a log: the password of a database, tokens, secrets of
/// webhooks, keys.
pub(super) const SECRETS: [&str; 7] = [
    PASSWORD,
    GITHUB_TOKEN,
    WEBHOOK_SECRET,
    COMMAND_KEY,
    ERRORS_KEY,
    SUBSCRIBERS_SECRET,
    BIGQUERY_TOKEN,
];

const PASSWORD: &str = "hunter2hunter2";
const WEBHOOK_SECRET: &str = "a secret of sixteen";

/// Deliveries with a wrong signature that an alert is for.
const FORGED: usize = 12;

/// All services in one process, with their servers.
struct Demo {
    _process: Running,
    // Whoever writes to a pipe that nobody holds is ended.
    _said: BufReader<ChildStdout>,
    api: String,
    webhooks: String,
    /// The database's address, and the log's.
    database: String,
    nats: String,
}

impl Demo {
    fn start(directory: &Path, collector: &Collector, sources: &Sources) -> Self {
        let mut process = leaderboard(directory)
            .args(["--otlp-endpoint", &collector.traces()])
            .args(["--sentry-dsn", &collector.errors()])
            .args(["demo", "--listen", "127.0.0.1:0"])
            .args(["--webhook-listen", "127.0.0.1:0"])
            .args(["--webhook-secret", WEBHOOK_SECRET])
            .args(["--command-key", &format!("ann={COMMAND_KEY}")])
            // Progress is told at each third of it.
            .args(["--job-lease", "3"])
            .args(sources.flags())
            .arg(an_hour(directory, 23, 400))
            .stdout(Stdio::piped())
            .stderr(log_of(directory))
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let process = Running(process);
        let said = read_until(&mut output, "Ctrl-C");
        let after = |text: &str| {
            let line = said.iter().find_map(|line| line.strip_prefix(text));
            let address = line.and_then(|line| line.split_whitespace().next());
            address.unwrap().trim_end_matches('.').to_owned()
        };
        let endpoints = std::fs::read(directory.join("data/endpoints.json")).unwrap();
        let endpoints: Value = serde_json::from_slice(&endpoints).unwrap();
        Self {
            _process: process,
            _said: output,
            api: after("The page is at "),
            webhooks: after("Webhooks and commands are taken at "),
            database: endpoints["database"].as_str().unwrap().to_owned(),
            nats: endpoints["nats"].as_str().unwrap().to_owned(),
        }
    }
}

/// Everything that runs, and where it is watched.
pub(super) struct System {
    // Ended in this order: each before what it needs.
    _others: Vec<Running>,
    _standby: Follower,
    demo: Demo,
    pub(super) sources: Sources,
    directory: TempDir,
    http: reqwest::Client,
    /// A query API that has a standby.
    reader: String,
    /// One that has no database.
    stranded: String,
    /// What there is to scrape: each component and its address.
    pub(super) targets: Vec<(String, String)>,
}

impl System {
    /// Starts it; `collector` is sent everything that leaves it.
    pub(super) async fn start(collector: &Collector) -> Self {
        let directory = open_directory();
        let sources = Sources::start().await;
        let demo = Demo::start(directory.path(), collector, &sources);
        let place = directory.path().join("follower");
        std::fs::create_dir(&place).unwrap();
        let standby = Follower::of(&demo.database, &place).unwrap();
        let copy = standby.url(demo.database.rsplit_once('/').unwrap().1);
        let subscribers = directory.path().join("subscribers.toml");
        std::fs::write(&subscribers, collector.subscribers()).unwrap();
        let [reader, stranded, notifier] =
            [(); 3].map(|()| format!("127.0.0.1:{}", free_port().unwrap()));
        let of_reader = ["--listen", &reader, "--replica-database-url", &copy];
        // Nobody is where its database should be.
        let nowhere = format!("postgres://nobody:{PASSWORD}@127.0.0.1:1/none");
        let of_stranded = ["--listen", &stranded, "--database-url", &nowhere];
        let subscribers = subscribers.to_str().unwrap();
        let of_notifier = ["--metrics-listen", &notifier, "--subscribers", subscribers];
        let others = [
            ("query-api", of_reader),
            ("query-api", of_stranded),
            ("notifier", of_notifier),
        ]
        .map(|(service, flags)| serve(directory.path(), service, &flags));
        let at = |component: &str, address: &str| (component.to_owned(), address.to_owned());
        Self {
            _others: others.into(),
            _standby: standby,
            targets: vec![
                at("demo", demo.api.trim_start_matches("http://")),
                at("query-api", &reader),
                at("query-api", &stranded),
                at("notifier", &notifier),
            ],
            demo,
            sources,
            directory,
            http: reqwest::Client::new(),
            reader: format!("http://{reader}"),
            stranded: format!("http://{stranded}"),
        }
    }

    /// Uses everything, and nothing goes wrong.
    pub(super) async fn use_everything(&self) {
        let budget = ["budget", "set", "--daily", "5", "--monthly", "50"];
        self.command(&[&budget[..], &["--actor", "ann"]].concat());
        self.command(&["track", "octo/cat", "--actor", "ann"]);
        for job in ["vacuum", "audit-scores", "refresh-stale", "read-bigquery"] {
            self.command(&["job", "run", job, "--wait", "--actor", "ann"]);
        }
        self.command(&["replay", "start"]);
        let board = "leaderboards/global?class=everyone";
        let first = self.ask(&self.demo.api, board).await;
        // Whatever is still projected meanwhile makes a later answer a new one.
        for _ in 0..50 {
            self.ask(&self.demo.api, board).await;
        }
        let login = first["leaderboard"][0]["login"].as_str().unwrap();
        let rank = format!("leaderboards/global/ranks/{login}?class=everyone");
        self.ask(&self.demo.api, &rank).await;
        let range = "leaderboards/global?period=2024-02-28..2024-02-29";
        self.ask(&self.demo.api, range).await;
        self.ask(&self.reader, board).await;
    }

    /// Lets go wrong what can: each error that is counted anywhere happens.
    pub(super) async fn break_everything(&self) {
        let job = ["job", "run", "refresh-stale", "--actor", "ann"];
        let failing = [&job[..], &["--set", "stale_hours=soon", "--wait"]].concat();
        let failed = self.run(&failing);
        assert_eq!(failed.code(), Some(1));
        self.sources.limit_github();
        self.command(&["track", "octo/dog", "--actor", "ann"]);
        self.command(&job);

        for _ in 0..FORGED {
            let forged = self
                .http
                .post(format!("{}/webhooks/github", self.demo.webhooks))
                .header("X-GitHub-Event", "push")
                .header("X-GitHub-Delivery", "1")
                .header("X-Hub-Signature-256", "sha256=00")
                .body("{}");
            assert_eq!(
                forged.send().await.unwrap().status(),
                StatusCode::UNAUTHORIZED
            );
        }
        let board = format!("{}/api/v1/leaderboards/global", self.stranded);
        let answer = self.http.get(board).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        let nothing = self
            .http
            .get(format!("{}/api/v1/nothing", self.demo.api))
            .send();
        assert_eq!(nothing.await.unwrap().status(), StatusCode::NOT_FOUND);
        self.interrupt_the_projector().await;
    }

    /// Has a batch given up once.
    async fn interrupt_the_projector(&self) {
        let pool = sqlx::PgPool::connect(&self.demo.database).await.unwrap();
        let make = "CREATE SEQUENCE faults;
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('faults') = 1 THEN
                    RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON daily_counts
            FOR EACH ROW EXECUTE FUNCTION fail()";
        sqlx::raw_sql(make).execute(&pool).await.unwrap();
        let file = an_hour(self.directory.path(), 22, 20);
        self.command(&["ingest", "--wait", file.to_str().unwrap()]);
    }

    async fn ask(&self, api: &str, path: &str) -> Value {
        let asked = self.http.get(format!("{api}/api/v1/{path}"));
        let answer = asked.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// Publishes a message that nobody can read.
    pub(super) async fn park_a_message(&self) {
        let client = async_nats::connect(&self.demo.nats).await.unwrap();
        let subject = "contributions.v1.unknown.nobody.nothing";
        let log = async_nats::jetstream::new(client);
        let published = log.publish(subject, "no event".into()).await.unwrap();
        published.await.unwrap();
    }

    /// Takes the stream of contributions away.
    pub(super) async fn lose_the_log(&self) {
        let client = async_nats::connect(&self.demo.nats).await.unwrap();
        let log = async_nats::jetstream::new(client);
        log.delete_stream("CONTRIBUTIONS").await.unwrap();
    }

    /// What every process has logged until now.
    pub(super) fn logs(&self) -> Vec<String> {
        let files = std::fs::read_dir(logs(self.directory.path())).unwrap();
        let files = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        files.collect()
    }

    /// The lines of all that, as far as they are events.
    pub(super) fn logged(&self) -> Vec<Value> {
        let logs = self.logs();
        let lines = logs.iter().flat_map(|log| log.lines());
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Starts a command.
    pub(super) fn start_command(&self, arguments: &[&str]) -> Child {
        let mut command = leaderboard(self.directory.path());
        command.args(arguments).stdout(Stdio::null());
        let command = command.stderr(log_of(self.directory.path()));
        command.spawn().unwrap()
    }

    /// Runs a command to its end.
    pub(super) fn run(&self, arguments: &[&str]) -> ExitStatus {
        self.start_command(arguments).wait().unwrap()
    }

    /// Runs a command that must succeed.
    pub(super) fn command(&self, arguments: &[&str]) {
        let ended = self.run(arguments);
        assert!(ended.success(), "{arguments:?}: {:#?}", self.logs());
    }
}

/// A service of its own, at the servers of the demo.
fn serve(directory: &Path, service: &str, flags: &[&str]) -> Running {
    let mut command = leaderboard(directory);
    command.args(["serve", service]).args(flags);
    command.stdout(Stdio::null()).stderr(log_of(directory));
    Running(command.spawn().unwrap())
}

/// A directory that servers may enter, who may run as another user.
fn open_directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).unwrap();
    directory
}

/// Where everything that is logged is kept.
fn logs(directory: &Path) -> PathBuf {
    directory.join("logs")
}

/// A file of its own for what a process logs.
fn log_of(directory: &Path) -> File {
    std::fs::create_dir_all(logs(directory)).unwrap();
    let name = format!("{}.log", uuid::Uuid::now_v7());
    File::create(logs(directory).join(name)).unwrap()
}

/// A file of an hour of a day, with a line at its end that nobody can read.
fn an_hour(directory: &Path, hour: u32, events: usize) -> PathBuf {
    let at = format!("2024-02-29T{hour}:00:00Z").parse().unwrap();
    let mut bytes = scraper::generator::generate_hour_gzip(9, at, events).unwrap();
    // A second member of the file.
    bytes.extend(gzip(["{\"type\":\"PushEvent\","]).unwrap());
    let file = directory.join(format!("2024-02-29-{hour}.json.gz"));
    std::fs::write(&file, bytes).unwrap();
    file
}

fn read_until(output: &mut BufReader<ChildStdout>, text: &str) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    while !said.last().is_some_and(|line| line.contains(text)) {
        let mut line = String::new();
        let read = output.read_line(&mut line).unwrap();
        assert!(read > 0, "the program ended after saying {said:#?}");
        said.push(line);
    }
    said
}

fn leaderboard(directory: &Path) -> Command {
    let mut command = Command::new(program().unwrap());
    command
        .args(["--log-format", "json"])
        .args(["--log-level", "info,scraper=debug,projector=debug"])
        .arg("--data-dir")
        .arg(directory.join("data"))
        .arg("--tools")
        .arg(workspace().join(".tools"));
    command
}
