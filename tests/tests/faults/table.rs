//! The table of faults: made of what the tests see, and held against the document.

use std::fs::File;
use std::io::{Read, Seek, Write};

use tests::workspace;

/// The variable that lets the tests write the document instead of reading it.
const WRITE: &str = "LEADERBOARD_WRITE_FAULTS";

const HEADS: [&str; 6] = [
    "fault",
    "what happens",
    "what people see meanwhile",
    "when it is over",
    "what is told",
    "nothing is lost, because",
];

/// One fault, as a test saw it.
pub(crate) struct Row {
    pub(crate) fault: &'static str,
    /// What happens in the program.
    pub(crate) happens: String,
    /// What people are answered meanwhile.
    pub(crate) seen: String,
    /// When and how it recovers.
    pub(crate) over: String,
    /// Severity, event of the log, metric.
    pub(crate) told: String,
    /// What was compared afterwards.
    pub(crate) kept: String,
}

fn lines(rows: &[Row]) -> String {
    let mut text = format!(
        "| {} |\n|{}\n",
        HEADS.join(" | "),
        " --- |".repeat(HEADS.len())
    );
    for row in rows {
        let cells = [
            row.fault,
            &row.happens,
            &row.seen,
            &row.over,
            &row.told,
            &row.kept,
        ];
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

/// Holds the part of the document that is about a dependency against what was seen.
pub(crate) fn hold(dependency: &str, rows: &[Row]) {
    let is_writing = std::env::var_os(WRITE).is_some_and(|value| value == "1");
    let path = workspace().join("docs/faults.md");
    let mut file = File::options()
        .read(true)
        .write(is_writing)
        .open(&path)
        .unwrap();
    // Several tests write parts of the same document.
    file.lock().unwrap();
    let mut document = String::new();
    file.read_to_string(&mut document).unwrap();
    let (begin, end) = (
        format!("<!-- {dependency} -->\n"),
        format!("<!-- end of {dependency} -->\n"),
    );
    let (before, rest) = document.split_once(&begin).unwrap();
    let (written, after) = rest.split_once(&end).unwrap();
    let seen = lines(rows);
    if is_writing {
        let document = [before, &begin, &seen, &end, after].concat();
        file.rewind().unwrap();
        file.set_len(0).unwrap();
        file.write_all(document.as_bytes()).unwrap();
        return;
    }
    assert_eq!(
        written, seen,
        "docs/faults.md says something else of {dependency}; {WRITE}=1 writes what is so"
    );
}
