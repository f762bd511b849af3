//! Where the servers that run from a data directory are, so that commands
//! given beside them need no addresses.

use std::path::{Path, PathBuf};

use anyhow::Context;
use event_log::LogSettings;
use serde::{Deserialize, Serialize};

use crate::cli::Options;

/// Addresses of running servers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) api: Option<String>,
    pub(crate) nats: Option<String>,
    pub(crate) database: Option<String>,
}

fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("endpoints.json")
}

impl Endpoints {
    /// Writes the addresses down for other commands.
    pub(crate) fn write(&self, data_dir: &Path) -> anyhow::Result<()> {
        let path = file(data_dir);
        std::fs::write(&path, serde_json::to_vec_pretty(self)?)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Takes the addresses back when the servers stop.
    pub(crate) fn remove(data_dir: &Path) {
        // A file that is gone already is what is wanted.
        let _ = std::fs::remove_file(file(data_dir));
    }

    fn read(data_dir: &Path) -> Self {
        std::fs::read(file(data_dir))
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }
}

const START: &str = "start everything with `leaderboard up`";

impl Options {
    fn running(&self) -> Endpoints {
        Endpoints::read(&self.data_dir)
    }

    /// The query API's address.
    pub(crate) fn api_url(&self) -> anyhow::Result<String> {
        self.api
            .clone()
            .or_else(|| self.running().api)
            .with_context(|| {
                format!(
                    "no query API is running from {}; {START}, or name one with --api",
                    self.data_dir.display()
                )
            })
    }

    /// How to reach the log.
    pub(crate) fn log_settings(&self) -> anyhow::Result<LogSettings> {
        let running = self.running();
        let is_opening = running.api.is_some();
        let url = self.nats_url.clone().or(running.nats).with_context(|| {
            let directory = self.data_dir.display();
            if is_opening {
                return format!("the event log of {directory} is being opened; try again soon");
            }
            format!(
                "no event log is running from {directory}; {START}, or name one with --nats-url"
            )
        })?;
        Ok(LogSettings {
            url,
            credentials: self.nats_credentials.clone(),
            replicas: self.nats_replicas,
        })
    }

    /// The database's address.
    pub(crate) fn database(&self) -> anyhow::Result<String> {
        self.database_url
            .clone()
            .or_else(|| self.running().database)
            .with_context(|| {
                format!(
                    "no database is running from {}; {START}, or name one with --database-url",
                    self.data_dir.display()
                )
            })
    }
}
