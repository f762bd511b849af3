//! A real Prometheus that watches a running system by the deployed rules.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use runtime::metrics::{Kind, METRICS, TRACED};
use runtime::{Clock, SystemClock};
use serde_json::Value;
use tempfile::TempDir;
use tests::{program, workspace};

use super::collector::Collector;
use super::files::{alerts, dashboards, monitoring};
use super::programs::is_installed;
use super::query::{Selector, selectors};

/// How long answers may be missing that must come.
const PATIENCE: Duration = Duration::from_secs(120);

/// Metrics that say nothing while all is well and no other source is asked.
const QUIET: [&str; 14] = [
    "bigquery_bytes_billed_total",
    "circuit_open",
    "errors_told_total",
    "github_points_left",
    "github_requests_left",
    "github_requests_total",
    "projection_restarts_total",
    "rank_boards_bytes",
    "schedule_fired_total",
    "standby_lag_seconds",
    "standby_reads_total",
    "standby_usable",
    "subscriber_messages_behind",
    "subscriber_messages_total",
];

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Servers it has started end with it when it is asked to.
        let id = self.0.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).status();
        let _ = self.0.wait();
    }
}

/// A system with something of everything that a small machine can have.
struct System {
    _demo: Running,
    _said: BufReader<ChildStdout>,
    directory: TempDir,
    http: reqwest::Client,
    api: String,
    webhooks: String,
}

impl System {
    /// Starts it; its traces are sent to `collector`.
    fn start(collector: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).unwrap();
        let hour = "2024-02-29T23:00:00Z".parse().unwrap();
        let mut events = scraper::generator::generate_hour_gzip(9, hour, 400).unwrap();
        // A second member of the file, with a line that nobody can read.
        events.extend(gzip(b"{\"type\":\"PushEvent\",\n"));
        let file = directory.path().join("2024-02-29-23.json.gz");
        std::fs::write(&file, events).unwrap();
        let mut demo = leaderboard(directory.path())
            .args(["--otlp-endpoint", collector])
            .args(["demo", "--listen", "127.0.0.1:0"])
            .args(["--webhook-listen", "127.0.0.1:0", "--webhook-secret"])
            .arg("a secret of sixteen")
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(demo.stdout.take().unwrap());
        let demo = Running(demo);
        let said = read_until(&mut output, "Ctrl-C");
        let after = |text: &str| {
            let line = said.iter().find_map(|line| line.strip_prefix(text));
            let address = line.and_then(|line| line.split_whitespace().next());
            address.unwrap().trim_end_matches('.').to_owned()
        };
        Self {
            _demo: demo,
            _said: output,
            directory,
            http: reqwest::Client::new(),
            api: after("The page is at "),
            webhooks: after("Webhooks and commands are taken at "),
        }
    }

    /// Does what makes metrics appear that nothing else does.
    async fn use_everything(&self) {
        let budget = ["budget", "set", "--daily", "5", "--monthly", "50"];
        let vacuum = ["job", "run", "vacuum", "--wait"];
        let audit = ["job", "run", "audit-scores", "--wait"];
        for arguments in [&budget[..], &vacuum, &audit] {
            let output = leaderboard(self.directory.path())
                .args(arguments)
                .args(["--actor", "ann"])
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{arguments:?}: {said}");
        }
        let board = "leaderboards/global?class=everyone";
        let first = self.ask(board).await;
        // Whatever is still projected meanwhile makes a later answer a new one.
        for _ in 0..50 {
            assert_eq!(self.ask(board).await, first);
        }
        let login = first["leaderboard"][0]["login"].as_str().unwrap();
        self.ask(&format!("leaderboards/global/ranks/{login}?class=everyone"))
            .await;
        self.ask("leaderboards/global?period=2024-02-28..2024-02-29")
            .await;
        let refused = self
            .http
            .post(format!("{}/webhooks/github", self.webhooks))
            .header("X-GitHub-Event", "push")
            .header("X-GitHub-Delivery", "1")
            .header("X-Hub-Signature-256", "sha256=00")
            .body("{}");
        assert_eq!(refused.send().await.unwrap().status(), 401);
    }

    async fn ask(&self, path: &str) -> Value {
        let asked = self.http.get(format!("{}/api/v1/{path}", self.api));
        let answer = asked.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        let mut answer: Value = answer.json().await.unwrap();
        answer["meta"] = Value::Null;
        answer
    }
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
        .arg("--data-dir")
        .arg(directory.join("data"))
        .arg("--tools")
        .arg(workspace().join(".tools"));
    command
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A Prometheus with the deployed rules, which looks every second.
struct Prometheus {
    _server: Running,
    _directory: TempDir,
    url: String,
    http: reqwest::Client,
}

impl Prometheus {
    fn start(api: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let target = api.trim_start_matches("http://");
        let rules = monitoring().join("rules/*.rules.yml");
        let configuration = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
             rule_files: ['{}']\n\
             scrape_configs:\n\
             - job_name: leaderboard\n  \
               static_configs: [{{ targets: ['{target}'], labels: {{ component: demo }} }}]\n",
            rules.display()
        );
        let file = directory.path().join("prometheus.yml");
        std::fs::write(&file, configuration).unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        let server = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--enable-feature=exemplar-storage")
            .arg("--storage.tsdb.path")
            .arg(directory.path().join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            _server: Running(server),
            _directory: directory,
            url: format!("http://127.0.0.1:{port}/api/v1"),
            http: reqwest::Client::new(),
        }
    }

    /// What it answers to a query; nothing while it cannot be reached.
    async fn ask(&self, query: &str) -> Option<Vec<Value>> {
        let address = format!("{}/query", self.url);
        let asked = self.http.get(address).query(&[("query", query)]).send();
        let answer: Value = asked.await.ok()?.json().await.ok()?;
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().cloned()
    }

    /// The traces that the buckets of a histogram lead to.
    async fn exemplars(&self, histogram: &str) -> BTreeSet<String> {
        let (query, now) = (format!("{histogram}_bucket"), SystemClock.now().timestamp());
        let (start, end) = ((now - 3_600).to_string(), (now + 60).to_string());
        let asked = self.http.get(format!("{}/query_exemplars", self.url));
        let asked = asked.query(&[("query", &query), ("start", &start), ("end", &end)]);
        let answer: Value = asked.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["status"], "success", "{histogram}: {answer}");
        let series = answer["data"].as_array().unwrap().iter();
        let exemplars = series.flat_map(|series| series["exemplars"].as_array().unwrap());
        let traces = exemplars.map(|exemplar| exemplar["labels"]["trace_id"].as_str().unwrap());
        traces.map(str::to_owned).collect()
    }

    async fn has(&self, query: &str) -> bool {
        self.ask(query).await.is_some_and(|found| !found.is_empty())
    }

    /// Whether a query is answered as it can be: with something, unless it
    /// asks for series of which there are none.
    async fn is_answered(&self, query: &str) -> bool {
        if self.has(query).await {
            return true;
        }
        for Selector { name, labels } in selectors(query) {
            if self.ask(&format!("{name}{labels}")).await == Some(Vec::new()) {
                return true;
            }
        }
        false
    }

    /// Waits until there are two samples of whatever there is.
    async fn wait_for_samples(&self) {
        let names = METRICS.iter().filter(|(name, ..)| !QUIET.contains(name));
        for (name, kind, _) in names {
            let part = if *kind == Kind::Histogram {
                "_count"
            } else {
                ""
            };
            let query = format!("max(count_over_time({name}{part}[1m])) >= 2");
            self.wait(&query, || self.has(&query)).await;
        }
    }

    async fn wait<F: Future<Output = bool>>(&self, what: &str, done: impl Fn() -> F) {
        let mut looks = tokio::time::interval(Duration::from_millis(200));
        let waiting = async {
            while !done().await {
                looks.tick().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "there is never an answer to {what}");
    }

    /// How Prometheus itself finds the rules it has evaluated, by name.
    async fn rules(&self) -> Vec<(String, String, String)> {
        let asked = self.http.get(format!("{}/rules", self.url)).send();
        let answer: Value = asked.await.unwrap().json().await.unwrap();
        let groups = answer["data"]["groups"].as_array().unwrap().clone();
        let rules = groups
            .iter()
            .flat_map(|group| group["rules"].as_array().unwrap().clone());
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        rules
            .map(|rule| {
                (
                    word(&rule["name"]),
                    word(&rule["health"]),
                    word(&rule["state"]),
                )
            })
            .collect()
    }
}

/// The metrics that the system serves, by their names in our list.
async fn served(api: &str) -> BTreeSet<&'static str> {
    let text = reqwest::get(format!("{api}/metrics")).await.unwrap();
    let text = text.text().await.unwrap();
    let types: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .map(str::to_owned)
        .collect();
    let names = METRICS.iter().map(|(name, ..)| *name);
    let there: BTreeSet<&str> = names.filter(|name| types.contains(*name)).collect();
    let strangers: Vec<&String> = types
        .iter()
        .filter(|name| !there.contains(name.as_str()))
        .collect();
    assert!(strangers.is_empty(), "not in the list: {strangers:?}");
    there
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_system_answers_every_query() {
    if !is_installed("prometheus") {
        return;
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let collector = Collector::start().await;
    let system = System::start(&collector.address);
    let prometheus = Prometheus::start(&system.api);
    system.use_everything().await;
    prometheus.wait_for_samples().await;

    let served = served(&system.api).await;
    for (name, ..) in METRICS {
        let is_there = served.contains(name) || QUIET.contains(name);
        assert!(is_there, "{name} is in the list, but not served");
    }
    for (place, query) in dashboards()
        .into_iter()
        .flat_map(|dashboard| dashboard.queries)
    {
        let query = query.replace("$__rate_interval", "1m");
        let what = format!("{place}: {query}");
        prometheus
            .wait(&what, || prometheus.is_answered(&query))
            .await;
    }
    // From a bucket to a trace that was collected.
    for histogram in TRACED {
        let leads = async || {
            let traces = prometheus.exemplars(histogram).await;
            traces.iter().any(|trace| collector.has(trace))
        };
        prometheus.wait(histogram, leads).await;
    }
    for alert in alerts() {
        assert!(prometheus.ask(&alert.query).await.is_some());
    }
    let rules = prometheus.rules().await;
    assert_eq!(
        rules.iter().filter(|(.., state)| !state.is_empty()).count(),
        alerts().len()
    );
    for (name, health, state) in rules {
        assert_eq!(health, "ok", "{name}");
        assert_ne!(state, "firing", "{name} fires although all is well");
    }
}
