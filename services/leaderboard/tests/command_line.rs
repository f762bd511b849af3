//! The command line as shells, scripts and readers of manuals know it.

use std::io::Read;
use std::process::{Command, Stdio};

use clap::CommandFactory;
use leaderboard::cli::CommandLine;

/// Commands that print no JSON, and why.
const WITHOUT_JSON: &[(&str, &str)] = &[
    ("asyncapi", "it prints a document, which is JSON already"),
    ("commands", "it prints a document in Markdown"),
    ("completions", "it prints what a shell reads"),
    ("configuration", "it prints a document in Markdown"),
    (
        "declare",
        "it is done or it fails, and its exit code says which",
    ),
    ("demo", "it serves until it is stopped"),
    ("man", "it writes pages"),
    (
        "migrate",
        "it is done or it fails, and its exit code says which",
    ),
    ("openapi", "it prints a document, which is JSON already"),
    ("probe", "its exit code is its answer"),
    ("serve", "it serves until it is stopped"),
    ("snapshot", "it prints a file, which is JSON already"),
    ("up", "it serves until it is stopped"),
];

fn leaderboard() -> Command {
    Command::new(env!("CARGO_BIN_EXE_leaderboard"))
}

/// Commands that do something, by their path.
fn verbs() -> Vec<(String, clap::Command)> {
    fn collect(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
        for below in command.get_subcommands() {
            let path = format!("{path} {}", below.get_name());
            let acts = !below.is_subcommand_required_set();
            if acts {
                found.push((path.trim().to_owned(), below.clone()));
            }
            collect(below, &path, found);
        }
    }
    let mut found = Vec::new();
    collect(&CommandLine::command(), "", &mut found);
    assert!(found.len() > 40, "only {} commands were found", found.len());
    found
}

#[test]
fn every_command_prints_json_or_says_why_not() {
    let mut excused: Vec<&str> = Vec::new();
    for (path, command) in verbs() {
        let prints_json = command.get_arguments().any(|one| one.get_id() == "json");
        let excuse = WITHOUT_JSON.iter().find(|(name, _)| *name == path);
        assert!(
            prints_json != excuse.is_some(),
            "{path}: --json is {prints_json}, and it is excused by {excuse:?}"
        );
        excused.extend(excuse.map(|(name, _)| *name));
    }
    let named: Vec<&str> = WITHOUT_JSON.iter().map(|(name, _)| *name).collect();
    excused.sort_unstable();
    assert_eq!(excused, named, "a command is excused that is not there");
}

#[test]
fn completions_name_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let output = leaderboard().args(["completions", shell]).output().unwrap();
        assert!(output.status.success());
        let script = String::from_utf8(output.stdout).unwrap();
        for (path, command) in verbs() {
            let is_shown = !command.is_hide_set();
            let name = command.get_name();
            assert!(
                !is_shown || script.contains(name),
                "{shell} does not know {path}"
            );
        }
        // Where the shell is there, it can read it.
        if let Ok(status) = Command::new(shell).args(["-c", "true"]).status() {
            assert!(status.success());
            let mut reading = Command::new(shell)
                .arg("-n")
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            let mut input = reading.stdin.take().unwrap();
            std::io::Write::write_all(&mut input, script.as_bytes()).unwrap();
            drop(input);
            assert!(reading.wait().unwrap().success(), "{shell} cannot read it");
        }
    }
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let directory = tempfile::tempdir().unwrap();
    let mut writing = leaderboard();
    writing.arg("man").arg("--dir").arg(directory.path());
    let output = writing.output().unwrap();
    assert!(output.status.success());
    let shown = verbs()
        .into_iter()
        .filter(|(_, command)| !command.is_hide_set());
    for (path, command) in shown {
        let file = format!("leaderboard-{}.1", path.replace(' ', "-"));
        let page = std::fs::read_to_string(directory.path().join(&file)).unwrap();
        assert!(page.contains(".SH SYNOPSIS"), "{file}");
        let about = command.get_about().unwrap().to_string();
        let first = about.split_whitespace().next().unwrap().to_owned();
        assert!(page.contains(&first), "{file} does not say: {about}");
    }
    let whole = std::fs::read_to_string(directory.path().join("leaderboard.1")).unwrap();
    assert!(whole.contains("ingest") && whole.contains("doctor"));
}

#[test]
fn who_has_read_enough_ends_it_without_a_complaint() {
    let mut printing = leaderboard()
        .arg("openapi")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = printing.stdout.take().unwrap();
    output.read_exact(&mut [0; 16]).unwrap();
    drop(output);
    let ended = printing.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && said.is_empty(), "{said}");
}

/// Runs a command on a terminal of its own, where `script` (util-linux) can
/// make one.
fn on_a_terminal(arguments: &str, no_color: &str) -> Option<String> {
    let program = env!("CARGO_BIN_EXE_leaderboard");
    let output = Command::new("script")
        .args(["-qec", &format!("{program} {arguments}"), "/dev/null"])
        .env("NO_COLOR", no_color)
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn colours_are_for_terminals_whose_reader_wants_them() {
    let directory = tempfile::tempdir().unwrap();
    let nothing_there = directory.path().join("data");
    let arguments = format!("--data-dir {} doctor", nothing_there.display());
    let output = leaderboard().args(arguments.split(' ')).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("ILL") && !said.contains('\u{1b}'), "{said}");
    let Some(coloured) = on_a_terminal(&arguments, "") else {
        println!("skipped: colours on terminals: script is not installed");
        return;
    };
    assert!(coloured.contains("\u{1b}["), "{coloured}");
    let plain = on_a_terminal(&arguments, "1").unwrap();
    assert!(
        plain.contains("ILL") && !plain.contains('\u{1b}'),
        "{plain}"
    );
}
