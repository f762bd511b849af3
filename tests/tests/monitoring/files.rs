//! Rules and dashboards as they are deployed.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;
use serde_json::Value;
use tests::workspace;

/// An alert.
pub(super) struct Alert {
    pub(super) name: String,
    pub(super) query: String,
    pub(super) severity: String,
    pub(super) summary: String,
    pub(super) runbook: String,
}

/// A query that is answered under a name of its own.
pub(super) struct Recording {
    pub(super) name: String,
    pub(super) query: String,
}

/// A dashboard: its queries to Prometheus, each with the panel it is of.
pub(super) struct Dashboard {
    pub(super) queries: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct RuleFile {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct Rule {
    alert: Option<String>,
    record: Option<String>,
    expr: String,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    annotations: Annotations,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Labels {
    severity: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Annotations {
    summary: String,
    runbook_url: String,
}

pub(super) fn monitoring() -> PathBuf {
    workspace().join("deploy/monitoring")
}

pub(super) fn text(path: &Path) -> String {
    let read = std::fs::read_to_string(path);
    read.context(path.display().to_string()).unwrap()
}

/// The files of a directory, in the order of their names.
fn files_in(directory: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(monitoring().join(directory)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn rules() -> Vec<Rule> {
    let files = files_in("rules").into_iter();
    files
        .flat_map(|path| {
            let file: RuleFile = serde_saphyr::from_str(&text(&path)).unwrap();
            file.groups.into_iter().flat_map(|group| group.rules)
        })
        .collect()
}

pub(super) fn alerts() -> Vec<Alert> {
    let alerts = rules().into_iter().filter_map(|rule| {
        Some(Alert {
            name: rule.alert?,
            query: rule.expr,
            severity: rule.labels.severity,
            summary: rule.annotations.summary,
            runbook: rule.annotations.runbook_url,
        })
    });
    alerts.collect()
}

pub(super) fn recordings() -> Vec<Recording> {
    let recordings = rules().into_iter().filter_map(|rule| {
        Some(Recording {
            name: rule.record?,
            query: rule.expr,
        })
    });
    recordings.collect()
}

/// What the panels of all dashboards ask for, as it is written.
pub(super) fn targets() -> Vec<Value> {
    let files = files_in("grafana/dashboards").into_iter();
    let all = files.flat_map(|path| {
        let dashboard: Value = serde_json::from_str(&text(&path)).unwrap();
        let panels = dashboard["panels"].as_array().unwrap().clone();
        panels
            .into_iter()
            .flat_map(|panel| panel["targets"].as_array().unwrap().clone())
    });
    all.collect()
}

pub(super) fn dashboards() -> Vec<Dashboard> {
    let files = files_in("grafana/dashboards").into_iter();
    files
        .map(|path| {
            let dashboard: Value = serde_json::from_str(&text(&path)).unwrap();
            let title = dashboard["title"].as_str().unwrap();
            let panels = dashboard["panels"].as_array().unwrap();
            let queries = panels.iter().flat_map(|panel| {
                let place = format!("{title}, {}", panel["title"]);
                let targets = panel["targets"].as_array().unwrap();
                let queries = targets
                    .iter()
                    .filter_map(|target| Some(target["expr"].as_str()?.to_owned()));
                queries.map(move |query| (place.clone(), query))
            });
            Dashboard {
                queries: queries.collect(),
            }
        })
        .collect()
}
