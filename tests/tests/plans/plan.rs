//! Plans as Postgres writes them to its log (`auto_explain`).

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tests::big_tables::big_table_of;

/// A statement that was executed, and what it read of big tables.
pub(crate) struct Plan {
    pub(crate) statement: String,
    pub(crate) reads: BTreeMap<&'static str, Read>,
}

/// What a statement read of a table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Read {
    /// Rows that were looked at, whether they were wanted or not.
    pub(crate) rows: f64,
    /// Of these, by scans of the whole table.
    pub(crate) scanned: f64,
    /// How it was read.
    pub(crate) nodes: Vec<String>,
}

/// All plans in a server's log, in order.
pub(crate) fn plans(log: &Path) -> Vec<Plan> {
    let text = std::fs::read_to_string(log).unwrap();
    let mut lines = text.lines().peekable();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if !line.ends_with("plan:") {
            continue;
        }
        let mut json = String::new();
        // What belongs to an entry is indented by a tab.
        while let Some(more) = lines.next_if(|line| line.starts_with('\t')) {
            json.push_str(more);
            json.push('\n');
        }
        let told: Value = serde_json::from_str(&json).unwrap();
        let mut reads = BTreeMap::new();
        look_at(&told["Plan"], &mut reads);
        let statement = told["Query Text"].as_str().unwrap().to_owned();
        found.push(Plan { statement, reads });
    }
    found
}

/// Adds up what a node of a plan and those below it read.
fn look_at(node: &Value, reads: &mut BTreeMap<&'static str, Read>) {
    for below in node["Plans"].as_array().into_iter().flatten() {
        look_at(below, reads);
    }
    let kind = node["Node Type"].as_str().unwrap();
    let table = node["Relation Name"].as_str().and_then(big_table_of);
    let Some(table) = table.filter(|_| kind.contains("Scan")) else {
        return;
    };
    let number = |name: &str| node[name].as_f64().unwrap_or(0.0);
    let each = number("Actual Rows")
        + number("Rows Removed by Filter")
        + number("Rows Removed by Index Recheck");
    let rows = each * number("Actual Loops");
    let read = reads.entry(table).or_default();
    read.rows += rows;
    if kind == "Seq Scan" {
        read.scanned += rows;
    }
    if rows > 0.0 {
        let how = node["Index Name"].as_str().unwrap_or_default();
        read.nodes.push(format!("{kind} {how} ({rows} rows)"));
    }
}
