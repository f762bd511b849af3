//! Real servers for one test, on free ports, stopped when the test ends.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Context;
use event_log::{EventLog, LogSettings};
use leaderboard::parts::{Binaries, Nats, Postgres};
use projector::ProjectorSettings;
use sqlx::PgPool;
use tempfile::TempDir;

use crate::template;

/// A Postgres and a nats-server of this test's own.
pub struct Servers {
    /// The database server.
    pub postgres: Postgres,
    /// The log's server.
    pub nats: Nats,
    databases: AtomicU32,
    _directory: TempDir,
}

/// The root of the workspace.
#[must_use]
pub fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// A temporary directory that servers may enter, who may run as another user.
pub(crate) fn readable_directory() -> anyhow::Result<TempDir> {
    let directory = tempfile::Builder::new()
        .prefix("leaderboard-test-")
        .tempdir()?;
    std::fs::set_permissions(
        directory.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    Ok(directory)
}

impl Servers {
    /// Starts both.
    ///
    /// # Errors
    /// When a program is missing (`make tools` fetches them) or fails.
    pub async fn start() -> anyhow::Result<Self> {
        // Once a process; a second call finds it done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let binaries = Binaries::locate(&path.to_string_lossy(), &workspace().join(".tools"))?;
        let directory = readable_directory()?;
        let (postgres_directory, nats_directory) = (
            directory.path().join("postgres"),
            directory.path().join("nats"),
        );
        template::copy_to(&binaries, &postgres_directory).await?;
        let (postgres, nats) = tokio::try_join!(
            Postgres::start(&binaries, &postgres_directory),
            Nats::start(&binaries, &nats_directory),
        )?;
        Ok(Self {
            postgres,
            nats,
            databases: AtomicU32::new(0),
            _directory: directory,
        })
    }

    /// A fresh database with the present schema; returns its pool and address.
    ///
    /// # Errors
    /// What the server answers.
    pub async fn fresh_database(&self) -> anyhow::Result<(PgPool, String)> {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        template::make_database(&self.postgres, &name).await?;
        let url = self.postgres.url(&name);
        let pool = postgres::connect(&postgres::PoolSettings {
            url: url.clone(),
            max_connections: 8,
            application_name: "tests".to_owned(),
        })?;
        Ok((pool, url))
    }

    /// A connection to the log, with all streams declared.
    ///
    /// # Errors
    /// What the server answers.
    pub async fn log(&self) -> anyhow::Result<EventLog> {
        let settings = LogSettings {
            url: self.nats.url(),
            credentials: None,
            replicas: 1,
        };
        let log = EventLog::connect(&settings).await?;
        log.declare_streams().await?;
        Ok(log)
    }
}

/// Settings of a projector in tests: short leases, batches of a given size.
#[must_use]
pub fn projector_settings(owner: &str, largest_batch: usize) -> ProjectorSettings {
    ProjectorSettings {
        owner: owner.to_owned(),
        lease: Duration::from_secs(2),
        largest_batch,
    }
}

/// A file of real GitHub events, if this checkout stands beside them; a test
/// that needs it reports itself skipped otherwise.
///
/// # Panics
/// When the file is absent although real data is required.
#[must_use]
pub fn real_data(test: &str, relative: &str) -> Option<PathBuf> {
    let path = workspace().join("../shared/data").join(relative);
    if path.exists() {
        return Some(path);
    }
    let required =
        std::env::var_os("LEADERBOARD_REQUIRE_REAL_DATA").is_some_and(|value| value == "1");
    assert!(!required, "{test} needs {}", path.display());
    println!("skipped: {test}: {} is absent", path.display());
    None
}

/// The program under test, as cargo built it beside this one.
///
/// # Errors
/// When it was not built.
pub fn program() -> anyhow::Result<PathBuf> {
    let tests = std::env::current_exe()?;
    // Tests are in a directory below it, programs in the same.
    let mut directories = tests.ancestors().skip(1).take(2);
    directories
        .find_map(|target| Some(target.join("leaderboard")).filter(|program| program.exists()))
        .context("the leaderboard program is not built; run: cargo build -p leaderboard")
}
