//! The version of the data, learned from the projector as it commits.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::primary::Primary;
use crate::queries::snapshot::{ReadGeneration, Snapshot};
use crate::standby::{Standby, is_away};

/// The channel the projector announces its commits on.
const CHANNEL: &str = "leaderboard_changes";

/// How long a lost notification may go unnoticed.
const RECHECK: Duration = Duration::from_secs(2);

/// How long the database may take to say how far it is.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How long to wait before listening again after a failure.
const RECONNECT: Duration = Duration::from_secs(1);

/// How far the read models have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct DataVersion {
    /// The last sequence of the log whose contributions are in the boards.
    pub(crate) contributions: i64,
    /// How far all other projections are: coverage changes answers too.
    pub(crate) others: i64,
    /// How often readers were given other tables: those of another generation
    /// may say something else at the same sequence.
    pub(crate) switches: i64,
    /// The version of the policy that boards without one of their own are
    /// scored by.
    pub(crate) policy: u32,
}

impl DataVersion {
    /// Whether what is of this version holds everything that is of another.
    pub(crate) fn covers(self, other: Self) -> bool {
        self.contributions >= other.contributions
            && self.others >= other.others
            && self.switches >= other.switches
    }

    /// Whether it is of what was known at an instant, and never changes.
    pub(crate) fn is_past(self) -> bool {
        self.switches < 0
    }
}

/// The version as last heard of; `None` while it is not known, and then
/// nothing may be answered from memory.
pub(crate) type KnownVersion = watch::Receiver<Option<DataVersion>>;

/// Keeps `known` up to date until shutdown.
pub(crate) async fn follow_changes(
    pool: PgPool,
    generation: ReadGeneration,
    (primary, standby): (Arc<Primary>, Option<Arc<Standby>>),
    known: watch::Sender<Option<DataVersion>>,
    shutdown: CancellationToken,
) {
    loop {
        let listening = shutdown
            .run_until_cancelled(listen(&pool, &generation, standby.as_deref(), &known))
            .await;
        // Until it is back, every answer comes from the database.
        known.send_replace(None);
        let Some(Err(error)) = listening else { return };
        if standby.is_some() && is_away(&error) {
            primary.note_away();
        }
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            channel = CHANNEL,
            "change_listener_lost"
        );
        if shutdown
            .run_until_cancelled(tokio::time::sleep(RECONNECT))
            .await
            .is_none()
        {
            return;
        }
    }
}

/// Listens until the connection fails. The table is read after every
/// notification instead of trusting its payload: several projections announce
/// on the channel, and a notification may have been lost before.
async fn listen(
    pool: &PgPool,
    generation: &ReadGeneration,
    standby: Option<&Standby>,
    known: &watch::Sender<Option<DataVersion>>,
) -> Result<std::convert::Infallible, sqlx::Error> {
    let connecting = async {
        let mut listener = PgListener::connect_with(pool).await?;
        // A reconnection of the listener's own would hide what was missed.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok::<_, sqlx::Error>(listener)
    };
    let mut listener = tokio::time::timeout(ANSWER_LIMIT, connecting)
        .await
        .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
    loop {
        // A database that does not answer is not listened to: what is kept in
        // memory may be older than what others are told.
        let version = tokio::time::timeout(ANSWER_LIMIT, Snapshot::open(pool, generation))
            .await
            .map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??
            .version();
        if let Some(standby) = standby {
            standby.await_version(version).await;
        }
        known.send_if_modified(|known| known.replace(version) != Some(version));
        // Silence and news are treated alike; only a lost connection is not.
        if let Ok(received) = tokio::time::timeout(RECHECK, listener.try_recv()).await {
            received?.ok_or(std::io::Error::from(std::io::ErrorKind::ConnectionReset))?;
            while listener.next_buffered().is_some() {}
        }
    }
}
