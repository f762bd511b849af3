//! The connection pool.

use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// The database's address, such as `postgres://user@127.0.0.1/leaderboard`.
    pub url: String,
    /// Connections kept at most.
    pub max_connections: u32,
    /// What the connections are for, shown in `pg_stat_activity`.
    pub application_name: String,
}

/// A transaction whose client has gone silent (stopped, cut off) is ended
/// after this time, so that it cannot hold up the client that takes over.
const IDLE_TRANSACTION_LIMIT: &str = "10s";

/// Opens a pool. Connections are made when they are needed, so this succeeds
/// while the database is down.
///
/// # Errors
/// When the address cannot be read.
pub fn connect(settings: &PoolSettings) -> Result<PgPool, sqlx::Error> {
    let options: PgConnectOptions = settings.url.parse()?;
    // Every statement is timed where it matters, in metrics; a command's output
    // is no place for the driver's own opinion of them.
    let options = options
        .log_slow_statements(log::LevelFilter::Debug, Duration::from_secs(1))
        .application_name(&settings.application_name)
        .options([(
            "idle_in_transaction_session_timeout",
            IDLE_TRANSACTION_LIMIT,
        )]);
    Ok(PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy_with(options))
}
