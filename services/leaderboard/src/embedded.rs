//! The private servers of one machine, each ready for the services: the
//! database migrated, the streams declared.

use std::convert::Infallible;
use std::path::PathBuf;

use anyhow::Context;
use event_log::{EventLog, LogSettings};
use sqlx::PgPool;

use crate::cli::Options;
use crate::parts::{Binaries, Nats, Postgres, keep};
use crate::services::{migrate, open_pool};

/// The database of the embedded Postgres.
const DATABASE: &str = "leaderboard";

/// A part's directory below the data directory, which is made.
fn directory(options: &Options, part: &str) -> anyhow::Result<PathBuf> {
    let data_dir = &options.data_dir;
    std::fs::create_dir_all(data_dir)
        .with_context(|| format!("cannot make {}", data_dir.display()))?;
    Ok(data_dir.join(part))
}

/// The private database.
pub(crate) struct EmbeddedDatabase {
    postgres: Postgres,
    pub(crate) pool: PgPool,
}

impl EmbeddedDatabase {
    /// Starts the server and makes the database ready.
    pub(crate) async fn start(options: &Options) -> anyhow::Result<Self> {
        let binaries = Binaries::locate(&options.path, &options.tools)?;
        let postgres = Postgres::start(&binaries, &directory(options, "postgres")?).await?;
        postgres.ensure_database(DATABASE).await?;
        let pool = open_pool(&postgres.url(DATABASE)).await?;
        migrate(&pool).await?;
        Ok(Self { postgres, pool })
    }

    /// The database's address.
    pub(crate) fn url(&self) -> String {
        self.postgres.url(DATABASE)
    }

    /// Starts the server again whenever it has ended by itself.
    pub(crate) async fn keep(&mut self) -> Infallible {
        keep(&mut self.postgres).await
    }

    /// Stops the server in order.
    pub(crate) async fn stop(mut self) {
        self.pool.close().await;
        self.postgres.stop().await;
    }
}

/// The private event log.
pub(crate) struct EmbeddedLog {
    nats: Nats,
    pub(crate) log: EventLog,
}

impl EmbeddedLog {
    /// Starts the server, which looks through what it stores, and declares the
    /// streams.
    pub(crate) async fn start(options: &Options) -> anyhow::Result<Self> {
        let binaries = Binaries::locate(&options.path, &options.tools)?;
        let nats = Nats::start(&binaries, &directory(options, "nats")?).await?;
        let settings = LogSettings {
            url: nats.url(),
            credentials: None,
            replicas: 1,
        };
        // It is there from the beginning, so that nobody needs to be told of it.
        let key = options.erasure_key_or_new()?;
        let log = EventLog::connect(&settings).await?.guarded_by(key);
        log.declare_streams().await?;
        Ok(Self { nats, log })
    }

    /// The log's address.
    pub(crate) fn url(&self) -> String {
        self.nats.url()
    }

    /// Starts the server again whenever it has ended by itself.
    pub(crate) async fn keep(&mut self) -> Infallible {
        keep(&mut self.nats).await
    }

    /// Stops the server in order.
    pub(crate) async fn stop(mut self) {
        self.nats.stop().await;
    }
}
