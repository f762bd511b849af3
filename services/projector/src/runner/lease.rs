//! Leases: each projection has one owner at a time, and a former owner can
//! commit nothing.

use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use postgres::within;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::{ProjectionError, ProjectorSettings};

/// How long the database may take to answer about a lease. A statement may
/// wait that long for a batch of another projector to end.
const ANSWER_LIMIT: Duration = Duration::from_secs(12);

/// The right to run a projection, until another projector takes it.
pub(super) struct Lease {
    projection: &'static str,
    epoch: i64,
    /// The checkpoint when the lease was taken.
    pub(super) sequence: u64,
    /// The database's process that a batch is under way in; 0 for none.
    backend: AtomicI32,
}

impl Lease {
    /// Waits until the projection has no owner, then owns it.
    pub(super) async fn acquire(
        pool: &PgPool,
        projection: &'static str,
        stream: &str,
        settings: &ProjectorSettings,
    ) -> Result<Self, ProjectionError> {
        let made = sqlx::query!(
            "INSERT INTO projections (projection, stream) VALUES ($1, $2)
             ON CONFLICT (projection) DO NOTHING",
            projection,
            stream,
        );
        within(ANSWER_LIMIT, made.execute(pool)).await?;
        let mut attempts = tokio::time::interval(settings.lease / 5);
        loop {
            attempts.tick().await;
            let take = sqlx::query!(
                r#"UPDATE projections
                   SET owner = $2, epoch = epoch + 1,
                       lease_expires_at = clock_timestamp() + make_interval(secs => $3)
                   WHERE projection = $1 AND lease_expires_at < clock_timestamp()
                   RETURNING epoch, sequence"#,
                projection,
                settings.owner,
                settings.lease.as_secs_f64(),
            );
            let taken = within(ANSWER_LIMIT, take.fetch_optional(pool)).await?;
            if let Some(row) = taken {
                let sequence = u64::try_from(row.sequence).unwrap_or_default();
                return Ok(Self {
                    projection,
                    epoch: row.epoch,
                    sequence,
                    backend: AtomicI32::new(0),
                });
            }
        }
    }

    /// Renews the lease for as long as it is ours; returns why it no longer
    /// is. A database that has not answered for so long is taken for lost:
    /// somebody else may own the projection, and what is under way may never
    /// end.
    pub(super) async fn keep(
        &self,
        pool: &PgPool,
        settings: &ProjectorSettings,
    ) -> ProjectionError {
        let mut beats = tokio::time::interval(settings.lease / 3);
        let mut renewed = Instant::now();
        loop {
            beats.tick().await;
            let patience = settings.lease.max(ANSWER_LIMIT);
            match within(patience, self.renew(pool, settings.lease)).await {
                Ok(true) => {
                    renewed = Instant::now();
                    if let Err(error) = within(patience, self.check_batch(pool)).await {
                        return error.into();
                    }
                }
                Ok(false) => return ProjectionError::LeaseLost(self.projection),
                Err(error) if renewed.elapsed() > settings.lease => return error.into(),
                Err(_) => {}
            }
        }
    }

    /// Begins the transaction of a batch, and remembers which of the
    /// database's processes it is in.
    pub(super) async fn begin(
        &self,
        pool: &PgPool,
    ) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        within(ANSWER_LIMIT, async {
            let mut transaction = pool.begin().await?;
            let backend = sqlx::query_scalar("SELECT pg_backend_pid()")
                .fetch_one(&mut *transaction)
                .await?;
            self.backend.store(backend, Ordering::Relaxed);
            Ok(transaction)
        })
        .await
    }

    /// Commits a batch.
    pub(super) async fn commit(
        &self,
        transaction: Transaction<'static, Postgres>,
    ) -> Result<(), sqlx::Error> {
        transaction.commit().await?;
        self.backend.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// Fails when the database's process that the batch is under way in is
    /// gone: its end was not heard of here, and never will be. Without this
    /// the lease would be renewed for ever for a batch that never ends.
    async fn check_batch(&self, pool: &PgPool) -> Result<(), sqlx::Error> {
        let backend = self.backend.load(Ordering::Relaxed);
        if backend == 0 {
            return Ok(());
        }
        let runs: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)")
                .bind(backend)
                .fetch_one(pool)
                .await?;
        if runs || self.backend.load(Ordering::Relaxed) != backend {
            return Ok(());
        }
        Err(sqlx::Error::Io(std::io::Error::new(
            std::io::ErrorKind::ConnectionAborted,
            "the database ended the batch's connection without a word",
        )))
    }

    async fn renew(&self, pool: &PgPool, lease: Duration) -> Result<bool, sqlx::Error> {
        let renewed = sqlx::query!(
            "UPDATE projections
             SET lease_expires_at = clock_timestamp() + make_interval(secs => $3)
             WHERE projection = $1 AND epoch = $2",
            self.projection,
            self.epoch,
            lease.as_secs_f64(),
        )
        .execute(pool)
        .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Moves the checkpoint within a batch's transaction, and tells readers.
    /// Fails when the lease or the checkpoint is no longer what it was: then
    /// the whole transaction must be given up.
    pub(super) async fn advance(
        &self,
        transaction: &mut PgConnection,
        projection: &'static str,
        from: u64,
        to: u64,
    ) -> Result<(), ProjectionError> {
        let moved = sqlx::query!(
            "UPDATE projections SET sequence = $4, updated_at = clock_timestamp()
             WHERE projection = $1 AND epoch = $2 AND sequence = $3",
            projection,
            self.epoch,
            from.cast_signed(),
            to.cast_signed(),
        )
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() != 1 {
            return Err(ProjectionError::LeaseLost(projection));
        }
        sqlx::query!(
            "SELECT pg_notify('leaderboard_changes', $1)",
            to.to_string()
        )
        .execute(transaction)
        .await?;
        Ok(())
    }
}

/// Gives a projection up, so that another projector need not wait for the
/// lease to run out. It does run out if this fails.
pub(super) async fn release(pool: &PgPool, projection: &'static str, owner: &str) {
    let release = sqlx::query!(
        "UPDATE projections SET lease_expires_at = '-infinity', owner = NULL
         WHERE projection = $1 AND owner = $2",
        projection,
        owner,
    );
    if let Err(error) = within(ANSWER_LIMIT, release.execute(pool)).await {
        tracing::debug!(projection, %error, "lease_not_released");
    }
}
