//! A real Prometheus that watches a running system by the deployed rules: every query
//! of a panel and of an alert is answered with something.

use std::collections::BTreeSet;

use runtime::metrics::{Kind, METRICS, TRACED};

use super::collector::Collector;
use super::files::{Alert, alerts, dashboards};
use super::programs::is_installed;
use super::prometheus::Prometheus;
use super::query::{as_numbers, grown, selectors};
use super::system::System;

/// The metrics that are served at some addresses, by their names in our list.
async fn served(targets: &[(String, String)]) -> BTreeSet<&'static str> {
    let mut types = BTreeSet::new();
    for (_, address) in targets {
        let text = reqwest::get(format!("http://{address}/metrics")).await;
        let text = text.unwrap().text().await.unwrap();
        let lines = text.lines();
        let lines = lines.filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
        types.extend(lines.map(str::to_owned));
    }
    let names = METRICS.iter().map(|(name, ..)| *name);
    let there: BTreeSet<&str> = names.filter(|name| types.contains(*name)).collect();
    let strangers: Vec<&String> = types
        .iter()
        .filter(|name| !there.contains(name.as_str()))
        .collect();
    assert!(strangers.is_empty(), "not in the list: {strangers:?}");
    there
}

impl Alert {
    /// Whether it is about series that are not there, and nothing else.
    fn is_of_absence(&self) -> bool {
        self.query.starts_with("absent(") && !self.query.contains(" or ")
    }
}

/// Nothing has gone wrong yet: what alerts ask the growth of is there, at nothing, and
/// none of them fires.
async fn all_is_well(prometheus: &Prometheus) {
    for alert in alerts() {
        for grown in grown(&alert.query) {
            prometheus.answers(&alert.name, &grown).await;
        }
    }
    let rules = prometheus.rules().await;
    let of_alerts = rules.iter().filter(|rule| !rule.state.is_empty());
    assert_eq!(of_alerts.count(), alerts().len());
    for rule in rules {
        let name = &rule.name;
        assert_eq!(rule.health, "ok", "{name}");
        assert_ne!(rule.state, "firing", "{name} fires although all is well");
    }
}

/// Everything was used, and went wrong: every metric is served, and every query of a
/// panel or an alert is answered.
async fn all_is_answered(prometheus: &Prometheus, system: &System) {
    for (name, kind, _) in METRICS {
        let part = match kind {
            Kind::Histogram => "_count",
            Kind::Counter | Kind::Gauge => "",
        };
        let query = format!("max(count_over_time({name}{part}[1m])) >= 2");
        prometheus.answers("two samples", &query).await;
    }
    let names: BTreeSet<&str> = METRICS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(served(&system.targets).await, names);
    let panels = dashboards()
        .into_iter()
        .flat_map(|dashboard| dashboard.queries);
    for (panel, query) in panels {
        let query = query.replace("$__rate_interval", "1m");
        prometheus.answers(&panel, &query).await;
    }
    for alert in alerts() {
        for selector in selectors(&alert.query) {
            let series = selector.name + &selector.labels;
            prometheus.answers(&alert.name, &series).await;
        }
        if !alert.is_of_absence() {
            let (query, numbers) = (&alert.query, as_numbers(&alert.query));
            let is_answered =
                async || prometheus.has(query).await || prometheus.has(&numbers).await;
            prometheus.wait(query, is_answered).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_system_answers_every_query() {
    if !is_installed("prometheus") {
        return;
    }
    let _ = rustls::crypto::ring::default_provider().install_default();
    let collector = Collector::start().await;
    let system = System::start(&collector).await;
    let prometheus = Prometheus::start(&system.targets);
    system.use_everything().await;
    all_is_well(&prometheus).await;
    // From a bucket to a trace that was collected.
    for histogram in TRACED {
        let leads = async || {
            let traces = prometheus.exemplars(histogram).await;
            traces.iter().any(|trace| collector.has(trace))
        };
        prometheus.wait(histogram, leads).await;
    }
    system.break_everything().await;
    all_is_answered(&prometheus, &system).await;
    drop(system);
    let mut of_absence: Vec<Alert> = alerts();
    of_absence.retain(|alert| alert.is_of_absence() || alert.name == "ServiceDown");
    assert_eq!(of_absence.len(), 3);
    for alert in of_absence {
        prometheus.answers(&alert.name, &alert.query).await;
    }
}
