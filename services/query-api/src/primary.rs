//! Whether the primary database is there: asked in the background while a standby is
//! read in its place, so that nobody who reads waits to find out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::PgPool;

/// How long the primary may take to answer that it is there again.
const ANSWER_LIMIT: Duration = Duration::from_secs(6);

/// How long it is left alone between questions.
const PAUSE: Duration = Duration::from_millis(250);

/// The primary, and whether it was away when it was asked last.
#[derive(Debug)]
pub(crate) struct Primary {
    pool: PgPool,
    is_away: AtomicBool,
}

impl Primary {
    /// One that is there, for all that is known.
    pub(crate) fn new(pool: PgPool) -> Self {
        Self {
            pool,
            is_away: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_away(&self) -> bool {
        self.is_away.load(Ordering::Relaxed)
    }

    /// Notes that it did not answer, and asks until it does.
    pub(crate) fn note_away(self: &Arc<Self>) {
        if self.is_away.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::warn!("primary_away");
        let primary = Arc::downgrade(self);
        tokio::spawn(async move {
            // As long as anybody may want to know.
            while let Some(primary) = primary.upgrade() {
                if primary.answers().await {
                    primary.is_away.store(false, Ordering::Relaxed);
                    tracing::info!("primary_back");
                    return;
                }
                drop(primary);
                tokio::time::sleep(PAUSE).await;
            }
        });
    }

    async fn answers(&self) -> bool {
        let asked = sqlx::query_scalar!(r#"SELECT 1 AS "one!""#).fetch_one(&self.pool);
        let answered = tokio::time::timeout(ANSWER_LIMIT, asked).await;
        matches!(answered, Ok(Ok(_)))
    }
}
