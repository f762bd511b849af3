//! The program as processes whose log and metrics are read.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tests::program;

/// How long anything may take that must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn free_address() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().to_string()
}

/// A service in a process of its own.
pub(crate) struct Process {
    log: PathBuf,
    /// Where it says that it is well, and its metrics.
    address: String,
    process: Child,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Process {
    /// Starts a service whose health and metrics are at an address.
    pub(crate) fn start(directory: &Path, service: &str, address: &str, more: &[&str]) -> Self {
        let log = directory.join(format!("{service}.log"));
        let said = std::fs::File::create(&log).unwrap();
        let process = Command::new(program().unwrap())
            .args(["--log-level", "info", "--log-format", "json"])
            .args(["serve", service])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(said)
            .spawn()
            .unwrap();
        Self {
            log,
            address: format!("http://{address}"),
            process,
        }
    }

    /// Waits until it is well.
    pub(crate) async fn is_well(&self, path: &str) {
        let waited = until(async || {
            let answer = reqwest::get(format!("{}{path}", self.address)).await;
            answer.is_ok_and(|answer| answer.status().is_success())
        });
        assert!(
            waited.await,
            "{}",
            std::fs::read_to_string(&self.log).unwrap()
        );
    }

    /// Where its log ends now.
    pub(crate) fn mark(&self) -> usize {
        std::fs::read_to_string(&self.log).unwrap().len()
    }

    /// What it logged since a mark under a name, as far as it is wanted.
    pub(crate) fn said(
        &self,
        since: usize,
        name: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Vec<Value> {
        let said = std::fs::read_to_string(&self.log).unwrap();
        let said = said[since..].lines().map(serde_json::from_str::<Value>);
        said.filter_map(Result::ok)
            .filter(|line| line["message"] == name && wanted(line))
            .collect()
    }

    /// Waits until it logs something under a name, and returns the first of it.
    pub(crate) async fn waits_to_say(
        &self,
        since: usize,
        name: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let waited = until(async || !self.said(since, name, &wanted).is_empty());
        let log = || std::fs::read_to_string(&self.log).unwrap()[since..].to_owned();
        assert!(waited.await, "{name} is never logged: {}", log());
        self.said(since, name, wanted).remove(0)
    }

    /// A metric with its labels as they are served; 0 when there is none.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = reqwest::get(format!("{}/metrics", self.address)).await;
        let text = text.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map_or(0.0, |value| value.trim().parse().unwrap())
    }
}

/// Looks until something is so; false when it takes too long.
pub(crate) async fn until(mut is_so: impl AsyncFnMut() -> bool) -> bool {
    let mut looks = tokio::time::interval(Duration::from_millis(20));
    let waiting = async {
        while !is_so().await {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.is_ok()
}
