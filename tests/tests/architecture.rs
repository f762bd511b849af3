//! The layout is the architecture: which crate may import which.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};
use tests::workspace;

/// What each crate may import of this workspace. Data flows one way: shared
/// crates import no service, services import no other service, the read side
/// does not know the log, the write side does not know the database.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("access", &["runtime"]),
    ("bigquery", &[]),
    ("domain", &[]),
    ("encryption", &[]),
    ("openapi", &[]),
    ("runtime", &[]),
    ("events", &["domain"]),
    ("event-log", &["domain", "encryption", "events", "runtime"]),
    ("decisions", &["domain", "events", "event-log"]),
    ("jobs", &["domain", "events", "event-log", "runtime"]),
    ("postgres", &["encryption", "runtime"]),
    ("translation", &["domain", "events"]),
    (
        "scraper",
        &[
            "bigquery",
            "decisions",
            "domain",
            "events",
            "event-log",
            "jobs",
            "runtime",
            "translation",
        ],
    ),
    (
        "command-api",
        &[
            "access",
            "decisions",
            "domain",
            "events",
            "event-log",
            "jobs",
            "openapi",
            "runtime",
            "translation",
        ],
    ),
    (
        "projector",
        &[
            "domain",
            "events",
            "event-log",
            "jobs",
            "postgres",
            "runtime",
        ],
    ),
    (
        "reporter",
        &["domain", "events", "event-log", "jobs", "runtime"],
    ),
    (
        "scheduler",
        &["domain", "events", "event-log", "jobs", "runtime"],
    ),
    ("notifier", &["domain", "events", "event-log", "runtime"]),
    (
        "query-api",
        &["access", "domain", "openapi", "postgres", "runtime"],
    ),
];

#[test]
fn crates_import_only_what_the_architecture_allows() {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let members: BTreeSet<String> = metadata
        .packages
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let allowed: BTreeMap<&str, &[&str]> = MAY_IMPORT.iter().copied().collect();
    for package in &metadata.packages {
        let Some(allowed) = allowed.get(package.name.as_str()) else {
            let wires_everything = ["leaderboard", "tests", "fuzz", "benches"];
            assert!(
                wires_everything.contains(&package.name.as_str()),
                "{} has no rule",
                package.name
            );
            continue;
        };
        for dependency in &package.dependencies {
            if dependency.kind != DependencyKind::Development && members.contains(&dependency.name)
            {
                assert!(
                    allowed.contains(&dependency.name.as_str()),
                    "{} may not import {}",
                    package.name,
                    dependency.name
                );
            }
        }
    }
}

#[test]
fn only_the_event_log_names_its_client() {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let importers: Vec<&str> = metadata
        .packages
        .iter()
        .filter(|package| {
            package.dependencies.iter().any(|dependency| {
                dependency.name == "async-nats" && dependency.kind == DependencyKind::Normal
            })
        })
        .map(|package| package.name.as_str())
        // Benches measure it bare; the torture says to the log what event-log
        // never would.
        .filter(|name| !["benches", "tests"].contains(name))
        .collect();
    assert_eq!(importers, ["event-log"]);
}

#[test]
fn the_domain_does_no_input_or_output() {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let domain = metadata
        .packages
        .iter()
        .find(|package| package.name == "domain")
        .unwrap();
    let pure = [
        "chrono",
        "compact_str",
        "ed25519-dalek",
        "percent-encoding",
        "schemars",
        "serde",
        "serde_json",
        "serde_json_canonicalizer",
        "sha2",
        "thiserror",
        "uuid",
    ];
    for dependency in &domain.dependencies {
        if dependency.kind == DependencyKind::Normal {
            assert!(
                pure.contains(&dependency.name.as_str()),
                "domain imports {}",
                dependency.name
            );
        }
    }
}

/// Each generation has types of its own, and a statement that is prepared for
/// one must run in another: what goes in and comes out is of built-in types.
#[test]
fn statements_exchange_values_of_built_in_types_only() {
    let mut checked = 0;
    for entry in std::fs::read_dir(workspace().join(".sqlx")).unwrap() {
        let text = std::fs::read(entry.unwrap().path()).unwrap();
        let statement: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let columns = statement["describe"]["columns"].as_array().unwrap().iter();
        let types = columns.map(|column| &column["type_info"]);
        let parameters = &statement["describe"]["parameters"]["Left"];
        for built_in in types.chain(parameters.as_array().into_iter().flatten()) {
            assert!(
                built_in.is_string(),
                "{} has a value of {built_in}; cast it to text",
                statement["query"]
            );
        }
        checked += 1;
    }
    assert!(checked > 100);
}
