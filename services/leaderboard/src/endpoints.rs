//! Where the servers that run from a data directory are, so that commands
//! given beside them need no addresses.

use std::path::{Path, PathBuf};

use anyhow::Context;
use event_log::{Encryption, EventLog, LogSettings};
use events::ErasureKey;
use serde::{Deserialize, Serialize};

use crate::cli::Options;

/// Addresses of running servers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Endpoints {
    pub(crate) api: Option<String>,
    pub(crate) nats: Option<String>,
    pub(crate) database: Option<String>,
    #[serde(default)]
    pub(crate) commands: Option<String>,
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

    /// The command API's address, if none is given.
    pub(crate) fn command_api_url(&self, given: Option<&str>) -> anyhow::Result<String> {
        let given = given.filter(|given| !given.is_empty()).map(str::to_owned);
        given.or_else(|| self.running().commands).with_context(|| {
            format!(
                "no command API is running from {}; start one with a key, or name one with --command-api",
                self.data_dir.display()
            )
        })
    }

    /// A connection to the log, guarded against what was erased from it.
    pub(crate) async fn connect_log(&self) -> anyhow::Result<EventLog> {
        let log = self.open_log().await?;
        self.guard(log)
    }

    /// A connection to the log as it is.
    pub(crate) async fn open_log(&self) -> anyhow::Result<EventLog> {
        let encryption = Encryption {
            authorities: self.nats_root_certificate.clone(),
            certificate: self.nats_certificate.clone(),
            key: self.nats_certificate_key.clone(),
            first: self.nats_tls_first,
        };
        Ok(EventLog::connect_encrypted(&self.log_settings()?, &encryption).await?)
    }

    /// The same log, with the key by which people who were erased are known
    /// again, if there is one.
    pub(crate) fn guard(&self, log: EventLog) -> anyhow::Result<EventLog> {
        Ok(match self.erasure_key()? {
            Some(key) => log.guarded_by(key),
            None => log,
        })
    }

    /// An empty one is none: whoever starts containers hands on what may not be set.
    fn given_erasure_key(&self) -> Option<&str> {
        self.erasure_key.as_deref().filter(|key| !key.is_empty())
    }

    fn erasure_key(&self) -> anyhow::Result<Option<ErasureKey>> {
        let given = match self.given_erasure_key() {
            Some(given) => Some(given.to_owned()),
            None => std::fs::read_to_string(self.erasure_key_file()).ok(),
        };
        given.map(|key| Ok(key.parse()?)).transpose()
    }

    fn erasure_key_file(&self) -> PathBuf {
        self.data_dir.join("erasure.key")
    }

    /// Where the key is, in words.
    pub(crate) fn erasure_key_place(&self) -> String {
        match self.given_erasure_key() {
            Some(_) => "LEADERBOARD_ERASURE_KEY".to_owned(),
            None => self.erasure_key_file().display().to_string(),
        }
    }

    /// The key, or a new one, kept in the data directory.
    pub(crate) fn erasure_key_or_new(&self) -> anyhow::Result<ErasureKey> {
        if let Some(key) = self.erasure_key()? {
            return Ok(key);
        }
        let file = self.erasure_key_file();
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
        let key = ErasureKey::from_bytes(bytes);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let writing = options.open(&file);
        let mut writing = writing.with_context(|| {
            format!(
                "cannot write {}; where no data directory lasts, give all services a key in \
                 LEADERBOARD_ERASURE_KEY: openssl rand -hex 32",
                file.display()
            )
        })?;
        std::io::Write::write_all(&mut writing, key.to_hexadecimal().as_bytes())?;
        Ok(key)
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::CommandLine;

    fn options(data: &Path, key: &str) -> Options {
        let data = data.to_str().unwrap();
        let flags = ["leaderboard", "doctor", "--data-dir", data];
        let flags = flags.into_iter().chain(["--erasure-key", key]);
        CommandLine::parse_from(flags).options
    }

    #[test]
    fn an_empty_erasure_key_is_none_and_a_new_one_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path().join("data");
        let absent = options(&directory, "").erasure_key_or_new().unwrap_err();
        let told = format!("{absent:#}");
        assert!(told.contains("LEADERBOARD_ERASURE_KEY"), "{told}");
        assert!(options(&directory, "").erasure_key().unwrap().is_none());

        std::fs::create_dir(&directory).unwrap();
        let made = options(&directory, "").erasure_key_or_new().unwrap();
        let kept = options(&directory, "").erasure_key().unwrap().unwrap();
        assert_eq!(kept.to_hexadecimal(), made.to_hexadecimal());
        assert!(options(&directory, "short").erasure_key().is_err());
    }
}
