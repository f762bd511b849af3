//! The program as a person uses it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

fn leaderboard(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_leaderboard"));
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools");
    command
        .arg("--data-dir")
        .arg(data)
        .arg("--tools")
        .arg(tools);
    command
}

/// Reads what the program says until a line holds a text.
fn read_until(output: &mut BufReader<ChildStdout>, text: &str) -> Vec<String> {
    let mut said = Vec::new();
    loop {
        let mut line = String::new();
        let read = output.read_line(&mut line).unwrap();
        assert!(read > 0, "the program ended after saying: {said:#?}");
        let is_last = line.contains(text);
        said.push(line);
        if is_last {
            return said;
        }
    }
}

fn interrupt(process: &mut Child) {
    let asked = Command::new("kill")
        .args(["-INT", &process.id().to_string()])
        .status()
        .unwrap();
    assert!(asked.success());
    let status = process.wait().unwrap();
    assert!(status.success(), "{status}");
}

/// The process id of the private Postgres, as it notes it down.
fn postmaster(data: &Path) -> Option<String> {
    let noted = std::fs::read_to_string(data.join("postgres/data/postmaster.pid")).ok()?;
    noted.lines().next().map(str::to_owned)
}

/// Kills the private Postgres; returns when there is another one that answers.
fn kill_postgres(data: &Path) {
    let before = postmaster(data);
    let killed = Command::new("kill")
        .args(["-KILL", before.as_deref().unwrap()])
        .status();
    assert!(killed.unwrap().success());
    let began = Instant::now();
    let is_back = || {
        let status = leaderboard(data).args(["replay", "status"]).output();
        postmaster(data) != before && status.unwrap().status.success()
    };
    while !is_back() {
        assert!(began.elapsed() < Duration::from_secs(60), "it stays away");
    }
}

fn asked(data: &Path, arguments: &[&str]) -> Value {
    let output = leaderboard(data)
        .args(arguments)
        .arg("--json")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn whoever_is_asked_to_stop_while_the_log_is_opened_stops_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open).unwrap();
    let data = directory.path().join("data");
    for _ in 0..3 {
        let mut up = leaderboard(&data)
            .args(["up", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(up.stdout.take().unwrap());
        // Readers are answered; the log and its services may be, or not.
        read_until(&mut output, "Leaderboard is at");
        interrupt(&mut up);
        assert!(!data.join("endpoints.json").exists());
    }
}

#[test]
fn a_demonstration_runs_answers_stops_and_starts_again() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(
        directory.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    // Events of a file, so that the test is the same with and without network.
    let hour = "2024-02-29T23:00:00Z".parse().unwrap();
    let file = directory.path().join("hour.json.gz");
    std::fs::write(
        &file,
        scraper::generator::generate_hour_gzip(9, hour, 400).unwrap(),
    )
    .unwrap();

    let mut demo = leaderboard(&data)
        .args(["demo", "--listen", "127.0.0.1:0"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(demo.stdout.take().unwrap());
    let said = read_until(&mut output, "Ctrl-C").concat();
    assert!(said.contains("invented-"), "the board is shown: {said}");

    let board = asked(&data, &["top", "--class", "everyone", "--limit", "3"]);
    let leader = board["leaderboard"][0]["login"]
        .as_str()
        .unwrap()
        .to_owned();
    let profile = asked(&data, &["contributor", &leader]);
    assert_eq!(profile["contributor"]["login"], leader.as_str());
    let explanation = asked(&data, &["explain", &leader, "--limit", "200"]);
    assert_eq!(explanation["meta"]["totals"]["agrees"], true);
    let coverage = asked(&data, &["coverage"]);
    assert_eq!(coverage["coverage"]["units"][0]["events"], 400);
    assert_eq!(asked(&data, &["coverage", "--holes"])["holes"], json!([]));
    let hours = ["--from", "2024-02-29T20", "--until", "2024-02-29T21"];
    let holes = asked(&data, &[&["coverage", "--holes"][..], &hours].concat());
    assert_eq!(holes["holes"][0]["hours"], 2);
    assert_eq!(holes["holes"][0]["ways"][0]["source"], "archive");
    let planned = [&["coverage", "repair", "--dry-run"][..], &hours].concat();
    let planned = asked(&data, &planned);
    assert_eq!(planned["files"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&planned["api"], &planned["bigquery"]),
        (&json!([]), &json!([]))
    );
    let repository = profile["contributor"]["repositories"][0]["name"].as_str();
    let own = ["coverage", "--repository", repository.unwrap()];
    let day = ["--from", "2024-02-29", "--until", "2024-02-29"];
    let judged = asked(&data, &[&own[..], &day].concat());
    assert_eq!(
        judged["hours"][23]["verdict"], "unknown",
        "nobody else can tell"
    );
    assert_eq!(judged["hours"][22]["verdict"], "missing");
    assert_eq!(asked(&data, &["dead-letters"])["dead_letters"], json!([]));
    asked(&data, &["doctor"]);
    // The same file again adds nothing.
    let again = asked(&data, &["ingest", "--wait", file.to_str().unwrap()]);
    assert_eq!(again["events"], 400);
    assert_eq!(
        asked(&data, &["top", "--class", "everyone", "--limit", "3"])["leaderboard"],
        board["leaderboard"]
    );
    interrupt(&mut demo);

    let mut up = leaderboard(&data)
        .args(["up", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(up.stdout.take().unwrap());
    read_until(&mut output, "Ctrl-C");
    assert_eq!(
        asked(&data, &["top", "--class", "everyone", "--limit", "3"])["leaderboard"],
        board["leaderboard"]
    );
    // A server that is killed comes back, and what is taken in afterwards counts.
    read_until(&mut output, "Events are taken in");
    kill_postgres(&data);
    let more = directory.path().join("more.json.gz");
    let hour = "2024-03-01T00:00:00Z".parse().unwrap();
    let events = scraper::generator::generate_hour_gzip(10, hour, 100).unwrap();
    std::fs::write(&more, events).unwrap();
    let taken = asked(&data, &["ingest", "--wait", more.to_str().unwrap()]);
    assert_eq!(taken["events"], 100);
    let day = ["top", "--class", "everyone", "--period", "2024-03-01"];
    assert_ne!(asked(&data, &day)["leaderboard"], json!([]));
    interrupt(&mut up);
}

#[test]
fn a_command_without_servers_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let output = leaderboard(directory.path()).arg("top").output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("leaderboard up"), "{said}");
}

#[test]
fn each_cause_of_a_failure_is_told_once() {
    let directory = tempfile::tempdir().unwrap();
    let nobody = "postgres://postgres@127.0.0.1:1/leaderboard";
    let output = leaderboard(directory.path())
        .args(["migrate", "--database-url", nobody])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    for words in [
        "the database leaderboard at 127.0.0.1:1 is not ready",
        "cannot migrate the database",
        "while executing",
        "timed out",
    ] {
        assert_eq!(said.matches(words).count(), 1, "{words}: {said}");
    }
}

#[test]
fn documents_that_are_made_of_this_program_are_up_to_date() {
    for (command, document) in [
        ("configuration", "configuration.md"),
        ("commands", "commands.md"),
        ("asyncapi", "asyncapi.json"),
    ] {
        let output = leaderboard(Path::new(".data")).arg(command).output();
        let printed = String::from_utf8(output.unwrap().stdout).unwrap();
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let written = std::fs::read_to_string(docs.join(document)).unwrap();
        assert!(
            printed == written,
            "docs/{document} is out of date; run: make documents"
        );
    }
}
