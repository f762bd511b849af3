//! What documents tell people to type can be typed: every command is read by the
//! program's own command line, and every file, target and service that is named is
//! there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use clap::CommandFactory;
use leaderboard::cli::CommandLine;
use serde_json::Value;
use tests::workspace;

/// Documents for people.
fn documents() -> Vec<(String, String)> {
    let docs = std::fs::read_dir(workspace().join("docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().display()));
    let mut names: Vec<String> = docs.filter(|name| name.ends_with(".md")).collect();
    names.extend(["README.md", "SECURITY.md", "CONTRIBUTING.md"].map(str::to_owned));
    names.sort();
    let read = |name: String| {
        let text = std::fs::read_to_string(workspace().join(&name)).unwrap();
        (name, text)
    };
    names.into_iter().map(read).collect()
}

/// What is in blocks for a shell, line by line, and what is marked as code within
/// sentences.
fn code(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (place, part) in text.split("```").enumerate() {
        if place % 2 == 1 {
            let (language, body) = part.split_once('\n').unwrap_or((part, ""));
            if ["sh", "bash"].contains(&language) {
                let body = body.replace("\\\n", " ");
                found.extend(body.lines().map(str::to_owned));
            }
            continue;
        }
        let marked = part.split('`').skip(1).step_by(2);
        found.extend(marked.map(|words| words.replace('\n', " ")));
    }
    found
}

/// The words of a command, as a shell takes them, up to what ends it.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut is_word) = (String::new(), None, false);
    for character in line.chars() {
        match (quote, character) {
            (Some(mark), _) if character == mark => quote = None,
            (Some(_), _) => word.push(character),
            (None, '"' | '\'') => (quote, is_word) = (Some(character), true),
            (None, '|' | ';' | '>' | '<' | '&') => break,
            (None, '#') if !is_word => break,
            (None, _) if character.is_whitespace() => {
                if is_word {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            (None, _) => {
                word.push(character);
                is_word = true;
            }
        }
    }
    if is_word {
        words.push(word);
    }
    words
}

/// What our program is asked, if a line asks it; services of the compose file stand
/// for it.
fn asked(line: &str, compose: &Value) -> Option<Vec<String>> {
    let words = words(line);
    let is_setting = |word: &&String| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        })
    };
    let words: Vec<String> = words.iter().skip_while(is_setting).cloned().collect();
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    let after = |place: usize| Some(words.get(place..)?.to_vec());
    match texts[..] {
        ["leaderboard" | "target/release/leaderboard", ..] => after(1),
        ["docker", "compose", "run", "--rm", service, ..] => {
            let service = &compose["services"][service];
            assert!(service.is_object(), "no such service: {line}");
            let entrance = service["entrypoint"].as_array();
            let mut all: Vec<String> = entrance
                .into_iter()
                .flatten()
                .skip(1)
                .map(|word| word.as_str().unwrap().to_owned())
                .collect();
            all.extend(after(5)?);
            if all.last().is_some_and(|last| last == "backup") {
                all.push("make".to_owned());
            }
            Some(all)
        }
        ["kubectl", .., "--", "leaderboard"] => Some(Vec::new()),
        ["kubectl", ..] => {
            let place = texts
                .windows(2)
                .position(|pair| pair == ["--", "leaderboard"])?;
            after(place + 2)
        }
        _ => None,
    }
}

#[test]
fn every_command_that_is_told_of_can_be_typed() {
    let compose = std::fs::read_to_string(workspace().join("docker-compose.yml")).unwrap();
    let compose: Value = serde_saphyr::from_str(&compose).unwrap();
    let mut wrong = Vec::new();
    let mut read = 0;
    for (name, text) in documents() {
        for line in code(&text) {
            let Some(arguments) = asked(&line, &compose) else {
                continue;
            };
            let arguments = filled_in(arguments);
            read += 1;
            let all = std::iter::once("leaderboard".to_owned()).chain(arguments.clone());
            if let Err(error) = CommandLine::command().try_get_matches_from(all)
                && !is_only_named(&arguments, error.kind())
            {
                let said = error.to_string();
                wrong.push(format!("{name}: {line}: {}", said.lines().next().unwrap()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 100, "only {read} commands were found");
}

/// A command as somebody types it: with something in place of what the document
/// leaves to them, or has them put into the environment.
fn filled_in(mut arguments: Vec<String>) -> Vec<String> {
    // What is left out altogether is more than the document wants to tell.
    let is_value = arguments
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|word| word.starts_with("--"));
    if !is_value && arguments.last().is_some_and(|last| last == "…") {
        arguments.pop();
    }
    for word in &mut arguments {
        match word.as_str() {
            "ID" => "00000000-0000-0000-0000-000000000007".clone_into(word),
            "NAME" => "scraping".clone_into(word),
            _ => {}
        }
    }
    if arguments.first().is_some_and(|first| first == "log-level") {
        // LEADERBOARD_KEY.
        arguments.extend(["--key".to_owned(), "key".to_owned()]);
    }
    arguments
}

/// Whether a sentence speaks of a command, and gives none of what it needs.
fn is_only_named(arguments: &[String], error: clap::error::ErrorKind) -> bool {
    use clap::error::ErrorKind;
    let names_only = arguments.iter().all(|word| !word.starts_with('-'));
    names_only
        && matches!(
            error,
            ErrorKind::MissingRequiredArgument
                | ErrorKind::MissingSubcommand
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        )
        || matches!(error, ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

#[test]
fn every_target_of_make_that_is_told_of_is_there() {
    let makefile = std::fs::read_to_string(workspace().join("Makefile")).unwrap();
    let targets: BTreeSet<&str> = makefile
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(target, _)| target)
        .collect();
    for (name, text) in documents() {
        for line in code(&text) {
            if let ["make", target, ..] =
                words(&line).iter().map(String::as_str).collect::<Vec<_>>()[..]
            {
                assert!(targets.contains(target), "{name}: {line}");
            }
        }
    }
}

#[test]
fn every_file_of_ours_that_is_named_is_there() {
    const OURS: [&str; 9] = [
        "benches/",
        "deploy/",
        "docs/",
        "fuzz/",
        "migrations/",
        "nats/",
        "services/",
        "shared/",
        "tests/",
    ];
    let mut missing = Vec::new();
    for (name, text) in documents() {
        for path in code(&text) {
            let is_path = OURS.iter().any(|ours| path.starts_with(ours))
                && !path.contains([' ', '*', '{', '<', '…']);
            let is_there = |path: &str| workspace().join(path).exists();
            if is_path && !is_there(path.split('#').next().unwrap()) {
                missing.push(format!("{name}: {path}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
