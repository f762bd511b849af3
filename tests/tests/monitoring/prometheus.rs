//! A Prometheus that watches by the deployed rules.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use runtime::{Clock, SystemClock};
use serde_json::Value;

use super::files::monitoring;
use super::programs::{Server, free_address};

/// How long answers may be missing that must come.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// A rule, as Prometheus itself finds it.
pub(super) struct Evaluated {
    pub(super) name: String,
    pub(super) health: String,
    /// Empty, if it is no alert.
    pub(super) state: String,
}

/// By which rules is watched, and who is told.
pub(super) struct Watch<'a> {
    /// Where the rules are.
    pub(super) rules: &'a Path,
    /// The address of an Alertmanager.
    pub(super) alertmanager: Option<&'a str>,
}

/// A Prometheus, which looks every second.
pub(super) struct Prometheus {
    _server: Server,
    url: String,
    http: reqwest::Client,
}

impl Prometheus {
    /// Starts it with the deployed rules; each target is a component and its address.
    pub(super) fn start(targets: &[(String, String)]) -> Self {
        let watch = Watch {
            rules: &monitoring(),
            alertmanager: None,
        };
        Self::watching(targets, &watch)
    }

    /// Starts it to watch in a certain way.
    pub(super) fn watching(targets: &[(String, String)], watch: &Watch<'_>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let rules = watch.rules.join("rules/*.rules.yml");
        let mut configuration = format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\n\
             rule_files: ['{}']\n\
             scrape_configs:\n\
             - job_name: leaderboard\n  static_configs:\n",
            rules.display()
        );
        for (component, address) in targets {
            let target = format!("targets: ['{address}'], labels: {{ component: {component} }}");
            configuration += &format!("  - {{ {target} }}\n");
        }
        if let Some(alertmanager) = watch.alertmanager {
            let target = format!("static_configs: [{{ targets: ['{alertmanager}'] }}]");
            configuration += &format!("alerting: {{ alertmanagers: [{{ {target} }}] }}\n");
        }
        let address = free_address();
        let flags = ["--enable-feature=exemplar-storage", "--storage.tsdb.path"];
        Self {
            _server: Server::start("prometheus", directory, &configuration, &address, &flags),
            url: format!("http://{address}/api/v1"),
            http: reqwest::Client::new(),
        }
    }

    /// What it answers to a query; nothing while it cannot be reached.
    async fn ask(&self, query: &str) -> Option<Vec<Value>> {
        let address = format!("{}/query", self.url);
        let asked = self.http.get(address).query(&[("query", query)]).send();
        let answer: Value = asked.await.ok()?.json().await.ok()?;
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        answer["data"]["result"].as_array().cloned()
    }

    /// Whether a query is answered with anything.
    pub(super) async fn has(&self, query: &str) -> bool {
        self.ask(query).await.is_some_and(|found| !found.is_empty())
    }

    /// Waits until a query is answered with something.
    pub(super) async fn answers(&self, whose: &str, query: &str) {
        let what = format!("{whose}: {query}");
        self.wait(&what, || self.has(query)).await;
    }

    /// Waits until something is so.
    pub(super) async fn wait<F: Future<Output = bool>>(&self, what: &str, done: impl Fn() -> F) {
        let mut looks = tokio::time::interval(Duration::from_millis(200));
        let waiting = async {
            while !done().await {
                looks.tick().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "there is never an answer to {what}");
    }

    /// The traces that the buckets of a histogram lead to.
    pub(super) async fn exemplars(&self, histogram: &str) -> BTreeSet<String> {
        let (query, now) = (format!("{histogram}_bucket"), SystemClock.now().timestamp());
        let (start, end) = ((now - 3_600).to_string(), (now + 60).to_string());
        let asked = self.http.get(format!("{}/query_exemplars", self.url));
        let asked = asked.query(&[("query", &query), ("start", &start), ("end", &end)]);
        let answer: Value = asked.send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["status"], "success", "{histogram}: {answer}");
        let series = answer["data"].as_array().unwrap().iter();
        let exemplars = series.flat_map(|series| series["exemplars"].as_array().unwrap());
        let traces = exemplars.map(|exemplar| exemplar["labels"]["trace_id"].as_str().unwrap());
        traces.map(str::to_owned).collect()
    }

    /// All rules.
    pub(super) async fn rules(&self) -> Vec<Evaluated> {
        let asked = self.http.get(format!("{}/rules", self.url)).send();
        let answer: Value = asked.await.unwrap().json().await.unwrap();
        let groups = answer["data"]["groups"].as_array().unwrap().clone();
        let rules = groups
            .iter()
            .flat_map(|group| group["rules"].as_array().unwrap().clone());
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        rules
            .map(|rule| Evaluated {
                name: word(&rule["name"]),
                health: word(&rule["health"]),
                state: word(&rule["state"]),
            })
            .collect()
    }
}
