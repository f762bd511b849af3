//! Dead letters by the command line, many at a time.

use chrono::{DateTime, Utc};
use serde_json::Value;
use tests::{System, star_of};

fn lines() -> Vec<u8> {
    let at: DateTime<Utc> = "2016-01-01T15:10:00Z".parse().unwrap();
    let star = star_of((7, "octo/cat"), at, 1).to_string();
    // A third line that nobody can read is the system's own.
    format!("{star}\n{{\"repo\":\"octo/cat\",\n{{\"repo\":\"octo/catalogue\",\n").into_bytes()
}

fn json_lines(output: &str) -> Vec<Value> {
    let lines = output.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn many_are_counted_confirmed_and_done_something_about() {
    let system = System::start("2016-01-01-15", &lines()).unwrap();
    let letters = |arguments: &[&str]| {
        let arguments = [&["dead-letters"], arguments].concat();
        system.run(&arguments)
    };
    let refusal = |arguments: &[&str]| letters(arguments).unwrap_err().to_string();
    let count = |arguments: &[&str]| {
        let arguments = [&["redrive", "--dry-run", "--json"], arguments].concat();
        let output = letters(&arguments).unwrap();
        json_lines(&output)[0]["dead_letters"].as_u64().unwrap()
    };
    assert_eq!(count(&["--all"]), 3);
    assert_eq!(count(&["--repository", "octo/cat"]), 1);
    assert_eq!(count(&["--service", "scraper", "--error", "NOT JSON"]), 3);
    assert_eq!(count(&["--stream", "contributions"]), 0);
    assert_eq!(count(&["--until", "2016-01-01"]), 0);
    let shown = letters(&["redrive", "--dry-run", "--all"]).unwrap();
    assert!(shown.contains("3 dead letters are meant; nothing is done about them."));

    assert!(refusal(&["redrive"]).contains("say which"));
    assert!(refusal(&["redrive", "--all"]).contains("3 dead letters are meant; say --yes"));
    assert!(refusal(&["discard", "--all", "--yes"]).contains("--reason"));
    assert!(refusal(&["redrive", "--repository", "alone", "--yes"]).contains("owner/name"));
    // They are damaged at their source: each says so, and stays.
    let still = refusal(&["redrive", "--all", "--yes"]);
    assert!(
        still.contains("3 of 3 dead letters stay as they are"),
        "{still}"
    );

    let one = [
        "discard",
        "--repository",
        "octo/cat",
        "--reason",
        "cut",
        "--json",
    ];
    assert_eq!(json_lines(&letters(&one).unwrap()).len(), 1);
    let rest = [
        "discard",
        "--all",
        "--yes",
        "--reason",
        "cut short at the archive",
    ];
    let said = letters(&rest).unwrap();
    assert!(said.contains("dead letters were discarded"), "{said}");
}
