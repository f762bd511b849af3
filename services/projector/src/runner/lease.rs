//! Leases: each projection has one owner at a time, and a former owner can
//! commit nothing.

use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use postgres::{GenerationPool, within};
use sqlx::{PgConnection, Postgres, Transaction};

use crate::{ProjectionError, ProjectorSettings};

/// How long the database may take to answer about a lease. A statement may
/// wait that long for a batch of another projector to end.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(12);

/// How often a projection that is paused looks whether it may go on.
const PAUSE_LOOK: Duration = Duration::from_millis(20);

/// How far a projection has come, as it is written down with its checkpoint.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    /// The last sequence that is projected.
    pub(super) sequence: u64,
    /// Messages of the stream that are still to come.
    pub(super) pending: u64,
    /// How fast the last batches were projected.
    pub(super) messages_per_second: f64,
}

/// The right to run a projection of a generation, until another projector
/// takes it.
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
        home: &GenerationPool,
        projection: &'static str,
        stream: &str,
        settings: &ProjectorSettings,
    ) -> Result<Self, ProjectionError> {
        within(ANSWER_LIMIT, make(home, projection, stream)).await?;
        let mut attempts = tokio::time::interval(settings.lease / 5);
        loop {
            attempts.tick().await;
            let taken = within(ANSWER_LIMIT, take(home, projection, settings)).await?;
            if let Some((epoch, sequence)) = taken {
                return Ok(Self {
                    projection,
                    epoch,
                    sequence: u64::try_from(sequence).unwrap_or_default(),
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
        home: &GenerationPool,
        settings: &ProjectorSettings,
    ) -> ProjectionError {
        let mut beats = tokio::time::interval(settings.lease / 3);
        let mut renewed = Instant::now();
        loop {
            beats.tick().await;
            let patience = settings.lease.max(ANSWER_LIMIT);
            match within(patience, self.renew(home, settings.lease)).await {
                Ok(true) => {
                    renewed = Instant::now();
                    if let Err(error) = within(patience, self.check_batch(home)).await {
                        return error.into();
                    }
                }
                Ok(false) => return ProjectionError::LeaseLost(self.projection),
                Err(error) if renewed.elapsed() > settings.lease => return error.into(),
                Err(_) => {}
            }
        }
    }

    /// Begins the transaction of a batch that ends at a sequence, and
    /// remembers which of the database's processes it is in. Fails with
    /// [`ProjectionError::Paused`] when the batch goes further than it may.
    pub(super) async fn begin(
        &self,
        home: &GenerationPool,
        to: u64,
    ) -> Result<Transaction<'static, Postgres>, ProjectionError> {
        let begun = within(ANSWER_LIMIT, async {
            let mut transaction = home.begin().await?;
            let begun = sqlx::query!(
                r#"SELECT pg_backend_pid() AS "backend!", pause_at,
                          paused_until > clock_timestamp() AS "is_paused!"
                   FROM projections WHERE projection = $1"#,
                self.projection,
            );
            let begun = begun.fetch_one(&mut *transaction).await?;
            Ok((transaction, begun))
        });
        let (transaction, begun) = begun.await?;
        let pause_at = begun.pause_at.cast_unsigned();
        if begun.is_paused && to > pause_at {
            return Err(ProjectionError::Paused(pause_at));
        }
        self.backend.store(begun.backend, Ordering::Relaxed);
        Ok(transaction)
    }

    /// Commits a batch.
    pub(super) async fn commit(
        &self,
        transaction: Transaction<'static, Postgres>,
    ) -> Result<(), sqlx::Error> {
        postgres::commit(transaction).await?;
        self.backend.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// Fails when the database's process that the batch is under way in is
    /// gone: its end was not heard of here, and never will be. Without this
    /// the lease would be renewed for ever for a batch that never ends.
    async fn check_batch(&self, home: &GenerationPool) -> Result<(), sqlx::Error> {
        let backend = self.backend.load(Ordering::Relaxed);
        if backend == 0 {
            return Ok(());
        }
        let runs: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1)")
                .bind(backend)
                .fetch_one(home.pool())
                .await?;
        if runs || self.backend.load(Ordering::Relaxed) != backend {
            return Ok(());
        }
        Err(sqlx::Error::Io(std::io::Error::new(
            std::io::ErrorKind::ConnectionAborted,
            "the database ended the batch's connection without a word",
        )))
    }

    async fn renew(&self, home: &GenerationPool, lease: Duration) -> Result<bool, sqlx::Error> {
        let mut transaction = home.begin().await?;
        let renewed = sqlx::query!(
            "UPDATE projections
             SET lease_expires_at = clock_timestamp() + make_interval(secs => $3)
             WHERE projection = $1 AND epoch = $2",
            self.projection,
            self.epoch,
            lease.as_secs_f64(),
        )
        .execute(&mut *transaction)
        .await?;
        postgres::commit(transaction).await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Moves the checkpoint within a batch's transaction, and tells readers.
    /// Fails when the lease or the checkpoint is no longer what it was, or
    /// when a pause forbids it: then the whole transaction must be given up.
    pub(super) async fn advance(
        &self,
        transaction: &mut PgConnection,
        from: u64,
        to: Progress,
    ) -> Result<(), ProjectionError> {
        let moved = sqlx::query!(
            "UPDATE projections
             SET sequence = $4, pending = $5, messages_per_second = $6,
                 updated_at = clock_timestamp()
             WHERE projection = $1 AND epoch = $2 AND sequence = $3
               AND (paused_until <= clock_timestamp() OR pause_at >= $4)",
            self.projection,
            self.epoch,
            from.cast_signed(),
            to.sequence.cast_signed(),
            to.pending.cast_signed(),
            to.messages_per_second,
        )
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() != 1 {
            return Err(self.why_not(transaction, from).await?);
        }
        sqlx::query!(
            "SELECT pg_notify('leaderboard_changes', $1)",
            to.sequence.to_string()
        )
        .execute(transaction)
        .await?;
        Ok(())
    }

    /// Why the checkpoint could not be moved.
    async fn why_not(
        &self,
        transaction: &mut PgConnection,
        from: u64,
    ) -> Result<ProjectionError, sqlx::Error> {
        let paused = sqlx::query_scalar!(
            "SELECT pause_at FROM projections
             WHERE projection = $1 AND epoch = $2 AND sequence = $3",
            self.projection,
            self.epoch,
            from.cast_signed(),
        );
        let paused = paused.fetch_optional(transaction).await?;
        Ok(
            paused.map_or(ProjectionError::LeaseLost(self.projection), |at| {
                ProjectionError::Paused(at.cast_unsigned())
            }),
        )
    }

    /// Waits until nothing forbids to go on after a sequence.
    pub(super) async fn wait_while_paused(
        &self,
        home: &GenerationPool,
        after: u64,
    ) -> Result<(), ProjectionError> {
        self.backend.store(0, Ordering::Relaxed);
        let mut looks = tokio::time::interval(PAUSE_LOOK);
        loop {
            looks.tick().await;
            let look = within(ANSWER_LIMIT, async {
                let mut transaction = home.begin().await?;
                let paused = sqlx::query_scalar!(
                    r#"SELECT paused_until > clock_timestamp() AND pause_at <= $2 AS "is_paused!"
                       FROM projections WHERE projection = $1"#,
                    self.projection,
                    after.cast_signed(),
                );
                let paused = paused.fetch_one(&mut *transaction).await?;
                postgres::commit(transaction).await?;
                Ok(paused)
            });
            if !look.await? {
                return Ok(());
            }
        }
    }
}

/// Writes a projection down that never ran before.
async fn make(home: &GenerationPool, projection: &str, stream: &str) -> Result<(), sqlx::Error> {
    let mut transaction = home.begin().await?;
    sqlx::query!(
        "INSERT INTO projections (projection, stream) VALUES ($1, $2)
         ON CONFLICT (projection) DO NOTHING",
        projection,
        stream,
    )
    .execute(&mut *transaction)
    .await?;
    postgres::commit(transaction).await
}

/// Takes a projection that has no owner; returns the epoch and the checkpoint.
async fn take(
    home: &GenerationPool,
    projection: &str,
    settings: &ProjectorSettings,
) -> Result<Option<(i64, i64)>, sqlx::Error> {
    let mut transaction = home.begin().await?;
    let taken = sqlx::query!(
        "UPDATE projections
         SET owner = $2, epoch = epoch + 1,
             lease_expires_at = clock_timestamp() + make_interval(secs => $3)
         WHERE projection = $1 AND lease_expires_at < clock_timestamp()
         RETURNING epoch, sequence",
        projection,
        settings.owner,
        settings.lease.as_secs_f64(),
    );
    let taken = taken.fetch_optional(&mut *transaction).await?;
    postgres::commit(transaction).await?;
    Ok(taken.map(|row| (row.epoch, row.sequence)))
}

/// Gives a projection up, so that another projector need not wait for the
/// lease to run out. It does run out if this fails.
pub(super) async fn release(home: &GenerationPool, projection: &'static str, owner: &str) {
    let release = async {
        let mut transaction = home.begin().await?;
        sqlx::query!(
            "UPDATE projections SET lease_expires_at = '-infinity', owner = NULL
             WHERE projection = $1 AND owner = $2",
            projection,
            owner,
        )
        .execute(&mut *transaction)
        .await?;
        postgres::commit(transaction).await
    };
    if let Err(error) = within(ANSWER_LIMIT, release).await {
        tracing::debug!(projection, %error, "lease_not_released");
    }
}
