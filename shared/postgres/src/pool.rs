//! The connection pool.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, Row};

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

/// How long a connection may take to say that it is alive. One that lies in a
/// network that swallows everything never does; without a limit each would
/// hold its place in the pool for ever, until none is left.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// How the server finds out that a client is gone without a word: it asks
/// after some seconds of silence, and gives up after this many questions.
const KEEPALIVES: [(&str, &str); 4] = [
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "3"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "15s"),
];

/// Waits for the database no longer than this.
///
/// # Errors
/// What the database answers, or that it does not.
pub async fn within<T>(
    limit: Duration,
    asking: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(limit, asking).await {
        Ok(answer) => answer,
        Err(_) => Err(sqlx::Error::Io(std::io::Error::new(
            std::io::ErrorKind::TimedOut,
            format!("the database did not answer within {limit:?}"),
        ))),
    }
}

async fn is_alive(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    within(ANSWER_LIMIT, connection.ping()).await?;
    Ok(true)
}

/// Whether a connection may be used by others. A `BEGIN` that was given up while it was on
/// its way opens a transaction that the driver does not know of: what others did then
/// would be theirs and not be committed. Such a connection is closed.
///
/// Outside of a transaction a statement is one of its own, which begins with it.
async fn is_free(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let asked = sqlx::raw_sql("SELECT transaction_timestamp() = statement_timestamp()");
    let answer = within(ANSWER_LIMIT, asked.fetch_one(connection)).await?;
    answer.try_get(0)
}

/// Opens a pool. Connections are made when they are needed, so this succeeds
/// while the database is down.
///
/// # Errors
/// When the address cannot be read.
pub fn connect(settings: &PoolSettings) -> Result<PgPool, sqlx::Error> {
    let options = options(settings)?;
    Ok(PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(Duration::from_secs(5))
        // Asked here, with a limit, instead of by the driver without one.
        .test_before_acquire(false)
        .before_acquire(|connection, _| Box::pin(is_alive(connection)))
        .after_release(|connection, _| Box::pin(is_free(connection)))
        .connect_lazy_with(options))
}

/// How each connection is made.
pub(crate) fn options(settings: &PoolSettings) -> Result<PgConnectOptions, sqlx::Error> {
    let options: PgConnectOptions = settings.url.parse()?;
    // Every statement is timed where it matters, in metrics; a command's output
    // is no place for the driver's own opinion of them.
    Ok(options
        .log_slow_statements(log::LevelFilter::Debug, Duration::from_secs(1))
        .application_name(&settings.application_name)
        .options([(
            "idle_in_transaction_session_timeout",
            IDLE_TRANSACTION_LIMIT,
        )])
        .options(KEEPALIVES))
}
