//! The running program lets in whom it was told to: keys follow their file,
//! readers are limited by address and key, and what is logged is changed while
//! it runs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Servers, program, projector_settings};
use tokio_util::sync::CancellationToken;

/// How long something may take that must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A service of the program, which ends with the test.
struct Service {
    process: Child,
    log: BufReader<ChildStderr>,
    address: String,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn leaderboard(directory: &TempDir) -> Command {
    let mut command = Command::new(program().unwrap());
    command.arg("--data-dir").arg(directory.path());
    command
}

impl Service {
    /// Starts one, and waits until it says where it is.
    fn start(command: &mut Command) -> Self {
        let command = command.env("LOG_FORMAT", "json");
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = piped.spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let address = line.split_whitespace().last();
        let address = address.unwrap_or_default().trim_end_matches('.').to_owned();
        Self {
            log: BufReader::new(process.stderr.take().unwrap()),
            process,
            address,
        }
    }

    /// Reads the log until a line is the one that is waited for.
    fn logged(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut line = String::new();
            let read = self.log.read_line(&mut line).unwrap();
            assert!(read > 0, "the program ended");
            let line = serde_json::from_str(&line).unwrap_or_default();
            if is_it(&line) {
                return line;
            }
        }
    }

    fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status();
        assert!(sent.unwrap().success());
    }
}

/// Makes a key by the command; returns its secret and its line.
fn new_key(directory: &TempDir, name: &str, scopes: &str) -> (String, String) {
    let mut command = leaderboard(directory);
    command.args(["key", "new", name, "--scope", scopes, "--json"]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let made: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("key"), text("line"))
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

fn command_api(directory: &TempDir, servers: &Servers, keys: &Path) -> Command {
    let mut command = leaderboard(directory);
    command.args(["serve", "command-api", "--webhook-listen", "127.0.0.1:0"]);
    command.args(["--nats-url", &servers.nats.url()]);
    command.arg("--keys-file").arg(keys);
    command
}

/// Whether a line tells of a change of what is logged, to this, by somebody.
fn is_change(line: &Value, level: &str, actor: &str) -> bool {
    line["message"] == "log_level_changed"
        && line["level_wanted"] == level
        && line["actor"] == actor
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_logged_is_changed_while_it_runs() {
    let servers = Servers::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let (keys, level) = (
        directory.path().join("keys"),
        directory.path().join("level"),
    );
    let (key, line) = new_key(&directory, "ann", "operate");
    write(&keys, &line);
    let mut command = command_api(&directory, &servers, &keys);
    let mut service = Service::start(command.arg("--log-level-file").arg(&level));
    let (http, address) = (Client::new(), service.address.clone());
    let change = |body: Value| {
        let request = http.post(format!("{address}/api/v1/log-level"));
        request.bearer_auth(&key).json(&body).send()
    };

    let wanted = json!({ "level": "debug", "reason": "to look closer" });
    let changed = change(wanted).await.unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    let changed: Value = changed.json().await.unwrap();
    assert_eq!(
        (&changed["level"], &changed["level_at_start"]),
        (&json!("debug"), &json!("info"))
    );
    let told = service.logged(|line| is_change(line, "debug", "ann"));
    assert_eq!(
        (&told["reason"], &told["before"]),
        (&json!("to look closer"), &json!("info"))
    );
    http.get(format!("{address}/livez")).send().await.unwrap();
    service.logged(|line| line["level"] == "DEBUG");

    // Back by the command line; it is told who did it, whatever is logged.
    let mut reset = leaderboard(&directory);
    reset.args([
        "log-level",
        "error",
        "--reason",
        "quiet",
        "--json",
        "--key",
        &key,
    ]);
    let output = reset.args(["--command-api", &address]).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["level"], "error");
    service.logged(|line| is_change(line, "error", "ann"));

    // For a while only.
    change(json!({ "level": "trace", "for_seconds": 1 }))
        .await
        .unwrap();
    service.logged(|line| is_change(line, "trace", "ann"));
    service.logged(|line| is_change(line, "info", "leaderboard"));

    // By a file, at a signal.
    write(&level, "warn\n");
    service.signal("-HUP");
    service.logged(|line| is_change(line, "warn", "SIGHUP"));
    write(&level, "");
    service.signal("-HUP");
    service.logged(|line| is_change(line, "info", "SIGHUP"));

    let refused = change(json!({ "level": "loud=very" })).await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let refused = change(json!({ "level": "debug", "for_seconds": 0 }))
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);

    let expected = [
        ("info", "SIGHUP"),
        ("warn", "SIGHUP"),
        ("info", "leaderboard"),
        ("trace", "ann"),
        ("error", "ann"),
        ("debug", "ann"),
    ];
    is_in_the_audit(&servers, &directory, &expected).await;
}

/// Waits until the query API tells of changes of what is logged, newest first: to
/// which level, and by whom.
async fn is_in_the_audit(servers: &Servers, directory: &TempDir, expected: &[(&str, &str)]) {
    let (pool, database) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let stop = CancellationToken::new();
    let settings = projector_settings("projector", 100);
    let projecting = tokio::spawn(projector::run(pool, log, settings, stop.clone()));
    let mut command = leaderboard(directory);
    command.args(["serve", "query-api", "--listen", "127.0.0.1:0"]);
    let api = Service::start(command.args(["--database-url", &database]));
    let audit = format!("{}/api/v1/audit?what=log_level.changed", api.address);
    let told = async {
        let mut looks = tokio::time::interval(Duration::from_millis(100));
        loop {
            looks.tick().await;
            let answer: Value = reqwest::get(&audit).await.unwrap().json().await.unwrap();
            let entries = answer["entries"].as_array().unwrap().clone();
            if entries.len() == expected.len() {
                return entries;
            }
        }
    };
    let told = tokio::time::timeout(PATIENCE, told).await.unwrap();
    for (entry, (level, actor)) in told.iter().zip(expected) {
        assert_eq!(entry["detail"]["level"], *level, "{told:#?}");
        assert_eq!(entry["actor"], *actor, "{told:#?}");
        assert_eq!(entry["subject"], "command-api");
    }
    let first = told.last().unwrap();
    assert_eq!(first["reason"], "to look closer");
    assert_eq!(first["detail"]["before"], "info");
    let page = format!("{}/decisions?what=log_level.changed", api.address);
    let page = reqwest::get(page).await.unwrap().text().await.unwrap();
    assert!(page.contains("Log level changed") && page.contains("to look closer"));
    stop.cancel();
    projecting.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_made_takes_anothers_place_and_is_taken_back() {
    let servers = Servers::start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    let (old, old_line) = new_key(&directory, "ann", "read,track");
    write(&keys, &old_line);
    let service = Service::start(&mut command_api(&directory, &servers, &keys));
    let http = Client::new();
    let tracked = format!("{}/api/v1/tracked", service.address);
    let status = async |key: &str| {
        let asked = http.get(&tracked).bearer_auth(key).send().await;
        asked.unwrap().status()
    };
    let until = async |key: &str, expected| {
        let waiting = async {
            let mut looks = tokio::time::interval(Duration::from_millis(100));
            while status(key).await != expected {
                looks.tick().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "it is never {expected}");
    };
    assert_eq!(status(&old).await, StatusCode::OK);

    let (new, new_line) = new_key(&directory, "ann", "read");
    assert_eq!(status(&new).await, StatusCode::UNAUTHORIZED);
    write(&keys, &format!("{old_line}\n{new_line}\n"));
    until(&new, StatusCode::OK).await;
    assert_eq!(status(&old).await, StatusCode::OK, "both hold for a while");
    write(&keys, &format!("{new_line}\n"));
    until(&old, StatusCode::UNAUTHORIZED).await;
    assert_eq!(status(&new).await, StatusCode::OK);

    // An end that was long ago.
    let ended = new_line.replace(" never ", " 2020-01-01 ");
    write(&keys, &ended);
    until(&new, StatusCode::UNAUTHORIZED).await;
    let refused = http.get(&tracked).bearer_auth(&new).send().await.unwrap();
    let told: Value = refused.json().await.unwrap();
    assert!(
        told["detail"]
            .as_str()
            .unwrap()
            .contains("ended at 2020-01-01"),
        "{told}"
    );
}

/// The query API behind a proxy, with what it needs to know readers by.
struct Readers {
    service: Service,
    http: Client,
    key: String,
    _servers: Servers,
    _directory: TempDir,
}

impl Readers {
    async fn start() -> Self {
        let servers = Servers::start().await.unwrap();
        let (_, database) = servers.fresh_database().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let keys = directory.path().join("keys");
        let (key, line) = new_key(&directory, "ann", "read");
        write(&keys, &line);
        let mut command = leaderboard(&directory);
        command.args(["serve", "query-api", "--listen", "127.0.0.1:0"]);
        command.args(["--database-url", &database, "--allowed-host", "127.0.0.1"]);
        command.args(["--trusted-proxy", "127.0.0.1", "--rate-limit", "2/1h"]);
        command
            .args(["--key-rate-limit", "3/1h", "--keys-file"])
            .arg(&keys);
        Self {
            service: Service::start(&mut command),
            http: Client::new(),
            key,
            _servers: servers,
            _directory: directory,
        }
    }

    /// Asks as somebody at an address, as the proxy says.
    async fn ask(&self, path: &str, address: &str, key: Option<&str>) -> Response {
        let url = format!("{}{path}", self.service.address);
        let request = self.http.get(url).header("x-forwarded-for", address);
        let request = match key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        request.send().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_are_limited_by_address_and_by_key() {
    let readers = Readers::start().await;
    let (page, reader) = ("/about", "203.0.113.9");
    for expected in [200, 200, 429] {
        let answer = readers.ask(page, reader, None).await;
        assert_eq!(answer.status().as_u16(), expected);
        assert!(answer.headers().contains_key("ratelimit"));
        assert_eq!(
            answer.headers().contains_key("retry-after"),
            expected == 429
        );
    }
    let spoofed = format!("198.51.100.1, {reader}");
    assert_eq!(
        readers.ask(page, &spoofed, None).await.status(),
        429,
        "others may write that"
    );
    assert_eq!(readers.ask(page, "203.0.113.10", None).await.status(), 200);
    for expected in [200, 200, 200, 429] {
        let answer = readers.ask(page, reader, Some(&readers.key)).await;
        assert_eq!(answer.status().as_u16(), expected);
    }
    let metrics = readers
        .ask("/metrics", reader, None)
        .await
        .text()
        .await
        .unwrap();
    for counted in [
        "{policy=\"address\"} 2",
        "{policy=\"key\"} 1",
        "{policy=\"images\"} 0",
    ] {
        let line = format!("api_requests_limited_total{counted}");
        assert!(metrics.contains(&line), "{line} is not in {metrics}");
    }
    let url = format!("{}/about", readers.service.address);
    let misled = readers.http.get(url).header("host", "rebound.example.net");
    let misled = misled.send().await.unwrap();
    assert_eq!(misled.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_memory_costs_nothing_and_tells_nobody_elses_allowance() {
    let readers = Readers::start().await;
    let board = "/api/v1/leaderboards/global";
    let waiting = async {
        for reader in 0..u32::MAX {
            // Somebody else each time, for whom two would not be too many.
            let address = format!("2001:db8:{:x}:{:x}::1", reader >> 16, reader & 0xffff);
            let answer = readers.ask(board, &address, None).await;
            assert_eq!(answer.status(), StatusCode::OK);
            if !answer.headers().contains_key("ratelimit") {
                return;
            }
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "nothing is ever answered from memory");
    for _ in 0..5 {
        let answer = readers.ask(board, "203.0.113.9", None).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(!answer.headers().contains_key("ratelimit-policy"));
    }
}
