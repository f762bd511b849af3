//! What can go wrong while projecting.

use domain::jobs::Severity;
use thiserror::Error;

/// An error of a projection.
#[derive(Debug, Error)]
pub enum ProjectionError {
    /// The database refused or could not be reached.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The log could not be read.
    #[error(transparent)]
    Log(#[from] event_log::LogError),
    /// Somebody else owns the projection now, or its checkpoint moved.
    #[error("the lease of projection {0} was lost to another projector")]
    LeaseLost(&'static str),
    /// The generation is held at a sequence for a moment, to be compared with
    /// another or exchanged; the runner waits it out.
    #[error("the projection may not go beyond sequence {0} for now")]
    Paused(u64),
    /// The read models know of messages that the log does not hold.
    #[error(
        "projection {projection} of generation {generation} is at message {checkpoint} of the \
         stream {stream}, which ends at {last}: the log is another one, or was restored from a \
         backup that is older than the database; what is published now would be passed over, so \
         nothing is projected; give it the right log, or make the read models anew \
         (docs/operations.md, Restore)"
    )]
    AheadOfLog {
        /// The projection.
        projection: &'static str,
        /// The generation's number.
        generation: i32,
        /// The stream it follows.
        stream: &'static str,
        /// The last sequence that is in the read models.
        checkpoint: u64,
        /// The last sequence of the stream.
        last: u64,
    },
    /// A projection ended in a way it never should.
    #[error("a projection ended: {0}")]
    Ended(String),
    /// Reading a batch ended before its time.
    #[error("a batch was not read to its end: {0}")]
    Reading(String),
    /// What is stored cannot be read back.
    #[error("stored {what} cannot be read: {detail}")]
    Corrupt {
        /// What it is.
        what: &'static str,
        /// What is wrong with it.
        detail: String,
    },
}

/// What made a projection start again: what its log and its metrics name it by, and
/// whether it passes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The database cannot be reached, or ended the connection.
    DatabaseAway,
    /// It takes nothing: it is a standby, or was told to.
    DatabaseReadOnly,
    /// Its disk is full.
    DatabaseFull,
    /// It has too few connections, memory or the like.
    DatabaseBusy,
    /// It broke a transaction off in favour of another: a deadlock, or one that could
    /// not come after it.
    DatabaseConflict,
    /// It answered with another error.
    DatabaseError,
    /// The log cannot be read.
    Log,
    /// Another projector owns the projection.
    Lease,
    /// The program, or what is stored, is at fault.
    Fault,
}

impl Cause {
    /// The cause as it is logged and counted.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::DatabaseAway => "database_away",
            Self::DatabaseReadOnly => "database_read_only",
            Self::DatabaseFull => "database_full",
            Self::DatabaseBusy => "database_busy",
            Self::DatabaseConflict => "database_conflict",
            Self::DatabaseError => "database_error",
            Self::Log => "log",
            Self::Lease => "lease",
            Self::Fault => "fault",
        }
    }

    /// How bad it is: what passes by itself is of low severity.
    pub(crate) fn severity(self) -> Severity {
        match self {
            Self::DatabaseAway
            | Self::DatabaseBusy
            | Self::DatabaseConflict
            | Self::Log
            | Self::Lease => Severity::Low,
            Self::DatabaseReadOnly | Self::DatabaseFull | Self::DatabaseError | Self::Fault => {
                Severity::High
            }
        }
    }

    /// By the error's SQLSTATE (PostgreSQL 18, appendix A).
    fn of_database(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed => Self::DatabaseAway,
            sqlx::Error::Database(error) => match error.code().as_deref().unwrap_or_default() {
                "25006" => Self::DatabaseReadOnly,
                "53100" => Self::DatabaseFull,
                code if code.starts_with("53") => Self::DatabaseBusy,
                // That a session was idle for too long (25P03) is said to one that was
                // paused.
                code if code.starts_with("08") || code.starts_with("57") || code == "25P03" => {
                    Self::DatabaseAway
                }
                code if code.starts_with("40") => Self::DatabaseConflict,
                _ => Self::DatabaseError,
            },
            _ => Self::DatabaseError,
        }
    }
}

impl ProjectionError {
    /// What made a projection start again.
    pub(crate) fn cause(&self) -> Cause {
        match self {
            Self::Database(error) => Cause::of_database(error),
            Self::Log(_) | Self::AheadOfLog { .. } => Cause::Log,
            Self::LeaseLost(_) | Self::Paused(_) => Cause::Lease,
            Self::Ended(_) | Self::Reading(_) | Self::Corrupt { .. } => Cause::Fault,
        }
    }

    /// Whether the data of the batch is at fault, so that trying again cannot
    /// help: some message of it must be set aside.
    #[must_use]
    pub fn is_poison(&self) -> bool {
        match self {
            // A partition that was dropped meanwhile is made again with the next try.
            Self::Database(sqlx::Error::Database(error)) if is_without_partition(&**error) => false,
            Self::Database(sqlx::Error::Database(error)) => {
                // Classes 22 (data exception) and 23 (constraint violation)
                // of the SQL standard.
                error
                    .code()
                    .is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
            }
            Self::Database(sqlx::Error::Encode(_)) => true,
            _ => false,
        }
    }
}

/// Whether a row found no partition: a violated check (23514) of no constraint, where
/// every check of a table has a name.
fn is_without_partition(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().is_some_and(|code| code == "23514") && error.constraint().is_none()
}
