//! A standby of the database, which is read in place of the primary as long as it
//! holds everything that was heard of.
//!
//! A standby is behind by nature. So news of a change are announced once the
//! standby has it too; if that takes long, they are announced all the same, and the
//! primary is read until the standby has caught up. A snapshot of the standby that
//! is older than what was announced answers nothing: nobody who reads here sees
//! anything go back.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;

use crate::queries::snapshot::{ReadGeneration, Snapshot};
use crate::version::DataVersion;

/// How long a change may take to reach the standby before the primary is read.
const LAG_LIMIT: Duration = Duration::from_millis(500);

/// How often is looked meanwhile.
const LOOK: Duration = Duration::from_millis(5);

/// How long the standby may take to open a snapshot.
const ANSWER_LIMIT: Duration = Duration::from_secs(1);

/// A standby, and whether it is read.
#[derive(Debug)]
pub(crate) struct Standby {
    pool: PgPool,
    /// Its own: it may be behind with what is active, too.
    generation: ReadGeneration,
    is_usable: AtomicBool,
    /// The last version that was announced here: nothing older is answered.
    announced: Mutex<DataVersion>,
    /// Since when it lacks something of what was heard of.
    behind_since: Mutex<Option<Instant>>,
}

impl Standby {
    /// One that is read once it has shown that it is not behind.
    pub(crate) fn new(pool: PgPool) -> Self {
        metrics::gauge!("standby_usable").set(0.0);
        Self {
            pool,
            generation: ReadGeneration::default(),
            is_usable: AtomicBool::new(false),
            announced: Mutex::new(DataVersion::default()),
            behind_since: Mutex::default(),
        }
    }

    pub(crate) fn is_usable(&self) -> bool {
        self.is_usable.load(Ordering::Relaxed)
    }

    /// Has the primary read until the standby was looked at again.
    pub(crate) fn rest(&self) {
        self.set_usable(false);
    }

    fn set_usable(&self, is_usable: bool) {
        if self.is_usable.swap(is_usable, Ordering::Relaxed) != is_usable {
            tracing::info!(is_usable, "standby_changed");
        }
        metrics::gauge!("standby_usable").set(f64::from(u8::from(is_usable)));
    }

    fn announced(&self) -> DataVersion {
        *self
            .announced
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the standby has a version, unless it is known to be behind or
    /// takes too long. Then that is announced.
    pub(crate) async fn await_version(&self, version: DataVersion) {
        let since = Instant::now();
        let patience = if self.is_usable() {
            LAG_LIMIT
        } else {
            Duration::ZERO
        };
        let is_usable = loop {
            match self.open().await {
                Ok(snapshot) if snapshot.version().covers(version) => break true,
                Ok(_) if since.elapsed() < patience => tokio::time::sleep(LOOK).await,
                Ok(_) => break false,
                Err(error) => {
                    tracing::debug!(%error, "standby_not_read");
                    break false;
                }
            }
        };
        let mut announced = self
            .announced
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *announced = version;
        drop(announced);
        self.show_lag(since, is_usable);
        self.set_usable(is_usable);
    }

    /// Shows how long it has lacked what was heard of, or took to get it.
    fn show_lag(&self, heard: Instant, has_it: bool) {
        let mut behind = self
            .behind_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let since = *behind.get_or_insert(heard);
        metrics::gauge!("standby_lag_seconds").set(since.elapsed().as_secs_f64());
        if has_it {
            *behind = None;
        }
    }

    /// A snapshot of the standby that is not older than what was announced; none
    /// when there is none to be had.
    pub(crate) async fn snapshot(&self) -> Option<Snapshot> {
        let opened = self.open().await;
        let outcome = match &opened {
            Ok(snapshot) if snapshot.version().covers(self.announced()) => "read",
            Ok(_) => "behind",
            Err(error) => {
                tracing::warn!(error = error as &dyn std::error::Error, "standby_away");
                "away"
            }
        };
        metrics::counter!("standby_reads_total", "outcome" => outcome).increment(1);
        if outcome == "read" {
            return opened.ok();
        }
        self.rest();
        None
    }

    async fn open(&self) -> Result<Snapshot, sqlx::Error> {
        let opening = Snapshot::open(&self.pool, &self.generation);
        let opened = tokio::time::timeout(ANSWER_LIMIT, opening).await;
        opened.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))?
    }

    /// Whether it answers at all.
    pub(crate) async fn answers(&self) -> bool {
        self.open().await.is_ok()
    }
}

/// Whether an error says that a server is not there, and not that a question was
/// wrong.
pub(crate) fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Tls(_) => true,
        // Operator intervention, such as a server that starts or stops; connections;
        // too few of them, or too little memory or disk (PostgreSQL 18, appendix A).
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            ["57P", "08", "53"]
                .iter()
                .any(|class| code.starts_with(class))
        }),
        sqlx::Error::PoolClosed => true,
        _ => false,
    }
}
