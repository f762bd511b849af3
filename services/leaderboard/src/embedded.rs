//! Everything on one machine: the private servers, migrated and declared.

use std::path::Path;

use anyhow::Context;
use event_log::{EventLog, LogSettings};
use sqlx::PgPool;

use crate::cli::Options;
use crate::parts::{Binaries, Nats, Postgres};
use crate::services::open_pool;

/// The database of the embedded Postgres.
const DATABASE: &str = "leaderboard";

/// The private servers, ready for the services.
pub(crate) struct Embedded {
    pub(crate) postgres: Postgres,
    pub(crate) nats: Nats,
    pub(crate) pool: PgPool,
    pub(crate) log: EventLog,
}

impl Embedded {
    /// Starts the servers on a data directory and makes them ready.
    pub(crate) async fn start(options: &Options) -> anyhow::Result<Self> {
        let binaries = Binaries::locate(&options.path, &options.tools)?;
        let data_dir: &Path = &options.data_dir;
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("cannot make {}", data_dir.display()))?;
        let (postgres_directory, nats_directory) =
            (data_dir.join("postgres"), data_dir.join("nats"));
        let (postgres, nats) = tokio::try_join!(
            Postgres::start(&binaries, &postgres_directory),
            Nats::start(&binaries, &nats_directory),
        )?;
        postgres.ensure_database(DATABASE).await?;
        let pool = open_pool(&postgres.url(DATABASE))?;
        postgres::migrate(&pool).await?;
        let settings = LogSettings {
            url: nats.url(),
            credentials: None,
            replicas: 1,
        };
        let log = EventLog::connect(&settings).await?;
        log.declare_streams().await?;
        Ok(Self {
            postgres,
            nats,
            pool,
            log,
        })
    }

    /// The database's address.
    pub(crate) fn database_url(&self) -> String {
        self.postgres.url(DATABASE)
    }

    /// Stops the servers in order.
    pub(crate) async fn stop(mut self) {
        self.pool.close().await;
        tokio::join!(self.postgres.stop(), self.nats.stop());
    }
}
