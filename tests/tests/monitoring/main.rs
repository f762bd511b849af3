//! What watches a deployment asks for what there is: every metric of a rule or
//! a dashboard exists, every alert has its runbook and its test, and a real
//! Prometheus gets an answer to every query from a running system, and a real
//! Alertmanager tells whoever is on call.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alertmanager;
mod collector;
mod files;
mod key_events;
mod programs;
mod prometheus;
mod query;
mod running;
mod sources;
mod system;
mod telling;

use std::collections::BTreeSet;

use files::{alerts, dashboards, monitoring, recordings, targets, text};
use programs::checked_by;
use query::selectors;
use runtime::metrics::{Kind, METRICS, TRACED};
use serde_json::Value;
use tests::workspace;

/// Series that Prometheus makes itself.
const OF_PROMETHEUS: [&str; 2] = ["ALERTS", "up"];

/// Names that may be asked for: ours, with those of the parts of histograms,
/// those of recording rules, and Prometheus' own.
fn known_names() -> BTreeSet<String> {
    let ours = METRICS.iter().flat_map(|(name, kind, _)| match kind {
        Kind::Histogram => ["_bucket", "_sum", "_count"]
            .map(|part| format!("{name}{part}"))
            .to_vec(),
        Kind::Counter | Kind::Gauge => vec![(*name).to_owned()],
    });
    let recorded = recordings().into_iter().map(|rule| rule.name);
    let others = OF_PROMETHEUS.map(str::to_owned);
    ours.chain(recorded).chain(others).collect()
}

#[test]
fn every_metric_in_a_query_is_one_that_is_there() {
    let known = known_names();
    let alerts = alerts().into_iter().map(|alert| (alert.name, alert.query));
    let recordings = recordings().into_iter().map(|rule| (rule.name, rule.query));
    let panels = dashboards()
        .into_iter()
        .flat_map(|dashboard| dashboard.queries);
    let mut queries = 0;
    for (place, query) in alerts.chain(recordings).chain(panels) {
        let asked = selectors(&query);
        assert!(!asked.is_empty(), "{place} asks for nothing: {query}");
        for selector in asked {
            let name = selector.name;
            assert!(known.contains(&name), "{place} asks for {name}: {query}");
        }
        queries += 1;
    }
    assert!(queries > 100, "only {queries} queries were found");
}

#[test]
fn panels_of_what_leads_to_traces_show_the_way() {
    let mut shown = BTreeSet::new();
    for target in targets() {
        let query = target["expr"].as_str().unwrap_or_default().to_owned();
        let asked = selectors(&query).into_iter();
        let mut asked =
            asked.filter_map(|asked| asked.name.strip_suffix("_bucket").map(str::to_owned));
        let traced = asked.find(|name| TRACED.contains(&name.as_str()));
        assert_eq!(target["exemplar"] == true, traced.is_some(), "{query}");
        shown.extend(traced);
    }
    assert_eq!(shown, TRACED.map(str::to_owned).into());
    let sources = monitoring().join("grafana/provisioning/datasources/datasources.yml");
    let sources: Value = serde_saphyr::from_str(&text(&sources)).unwrap();
    let destination = &sources["datasources"][0]["jsonData"]["exemplarTraceIdDestinations"][0];
    assert_eq!(destination["name"], "trace_id");
    assert_eq!(
        destination["datasourceUid"],
        sources["datasources"][1]["uid"]
    );
    let compose = text(&workspace().join("docker-compose.yml"));
    assert!(compose.contains("--enable-feature=exemplar-storage"));
}

#[test]
fn every_recording_is_used() {
    let alerts = alerts().into_iter().map(|alert| alert.query);
    let panels = dashboards()
        .into_iter()
        .flat_map(|dashboard| dashboard.queries);
    let used: BTreeSet<String> = alerts
        .chain(panels.map(|(_, query)| query))
        .flat_map(|query| selectors(&query))
        .map(|selector| selector.name)
        .collect();
    for rule in recordings() {
        assert!(used.contains(&rule.name), "nobody asks for {}", rule.name);
    }
}

#[test]
fn every_alert_has_a_severity_a_section_in_the_runbook_and_tests() {
    let runbook = text(&workspace().join("docs/runbook.md"));
    let sections: BTreeSet<String> = runbook
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|title| title.to_lowercase().replace(' ', "-"))
        .collect();
    let tests = text(&monitoring().join("tests/alerts.test.yml"));
    let mut linked = BTreeSet::new();
    for alert in alerts() {
        let name = &alert.name;
        let severity = alert.severity.as_str();
        assert!(
            ["critical", "warning", "info"].contains(&severity),
            "{name}"
        );
        assert!(!alert.summary.is_empty(), "{name}");
        let link = alert.runbook.strip_prefix("docs/runbook.md#");
        let section = link.unwrap_or_default().to_owned();
        assert!(sections.contains(&section), "{name}: {}", alert.runbook);
        for case in ["fires", "is quiet"] {
            let case = format!("- name: {name} {case}\n");
            assert!(tests.contains(&case), "there is no test {case}");
        }
        linked.insert(section);
    }
    let told: BTreeSet<String> = sections
        .into_iter()
        .filter(|section| !["how-to-look", "not-in-the-alerts"].contains(&section.as_str()))
        .collect();
    assert_eq!(told, linked, "sections of the runbook that no alert names");
}

#[test]
fn every_metric_is_told_of_in_the_documents_and_nothing_else_is() {
    let told = text(&workspace().join("docs/monitoring.md"));
    let rows: BTreeSet<&str> = told
        .lines()
        .skip_while(|line| !line.starts_with("| metric |"))
        .skip(2)
        .map_while(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let there: BTreeSet<&str> = METRICS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(rows, there);
}

#[test]
fn the_makers_of_prometheus_find_no_fault() {
    let directory = monitoring();
    checked_by(
        "promtool",
        &["check", "config", "prometheus.yml"],
        &directory,
    );
    let tests = ["test", "rules", "tests/alerts.test.yml"];
    checked_by("promtool", &tests, &directory);
    checked_by("amtool", &["check-config", "alertmanager.yml"], &directory);
}

/// Rows of a table in the answers to the operations guide, cell by cell.
fn answered(header: &str) -> Vec<Vec<String>> {
    let told = text(&workspace().join("docs/guide.md"));
    let rows = told.lines().skip_while(|line| !line.starts_with(header));
    let rows = rows.skip(2).take_while(|line| line.starts_with('|'));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).collect()
}

#[test]
fn what_the_guide_is_answered_with_is_there() {
    let alerts: BTreeSet<String> = alerts().into_iter().map(|alert| alert.name).collect();
    let answers = answered("| the guide's alert |");
    assert_eq!(answers.len(), 6);
    for row in answers {
        assert!(alerts.contains(&row[2]), "there is no alert {}", row[2]);
    }
    let known = text(&workspace().join("docs/configuration.md"));
    let is_variable = |word: &&str| {
        let letters = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
        word.contains('_') && word.bytes().all(letters)
    };
    // A file of Google's own libraries, and of ours.
    let elsewhere = |name: &&str| *name != "GOOGLE_APPLICATION_CREDENTIALS";
    let mut variables = 0;
    for row in answered("| the guide's variable |") {
        let is_same = row[2].starts_with("the same");
        let same = if is_same { row[1].as_str() } else { "" };
        let named = same.split('`').chain(row[2].split('`'));
        for name in named.filter(is_variable).filter(elsewhere) {
            assert!(known.contains(&format!("| `{name}`")), "there is no {name}");
            variables += 1;
        }
    }
    assert!(variables > 10, "only {variables} variables were found");
}
