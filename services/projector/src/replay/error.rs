//! Why a step of a replay is not taken.

use thiserror::Error;

/// A step of a replay was refused or failed.
#[derive(Debug, Error)]
pub enum ReplayError {
    /// The database refused or could not be reached.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables of the new generation could not be made.
    #[error(transparent)]
    Migration(#[from] postgres::MigrationError),
    /// There is one already.
    #[error(
        "generation {0} is being built; follow it with `leaderboard replay status`, or give it up with `leaderboard replay abort`"
    )]
    Running(i32),
    /// There is one already, and it is not of everything.
    #[error(
        "generation {0} is being built and holds {1} alone; wait until it is switched to, or give it up with `leaderboard replay abort`"
    )]
    RunningAlone(i32, String),
    /// An older generation takes the room that a replay needs.
    #[error(
        "generation {0} is still kept for a rollback; throw it away with `leaderboard replay drop`, or start with --drop-kept"
    )]
    Kept(i32),
    /// There is no such projection.
    #[error("there is no projection {0:?}; there are {1}")]
    NoSuchProjection(String, String),
    /// There is nothing to take the step with.
    #[error("no generation is {0}; see `leaderboard replay status`")]
    Nothing(&'static str),
    /// The generations are too far apart to be held at one place.
    #[error(
        "generation {generation} is {behind} messages of {projection} behind; wait until it has caught up"
    )]
    Behind {
        /// The one that is behind.
        generation: i32,
        /// The projection that is.
        projection: String,
        /// How many sequences of the stream.
        behind: i64,
    },
    /// The instant is not over.
    #[error("what was known at {0} is not known before")]
    NotYet(chrono::DateTime<chrono::Utc>),
    /// The log cannot be asked.
    #[error(transparent)]
    Log(#[from] event_log::LogError),
    /// The generations could not be brought to the same place.
    #[error(
        "the generations did not come to the same place within {0} s; is a projector running, and does it keep up?"
    )]
    NotAligned(u64),
    /// Nobody works on any generation.
    #[error(
        "no projector has run for {0} s, so nothing is read from the log; start one (`leaderboard serve projector`, or `up`), and do this again: it goes on where it stopped"
    )]
    NoProjector(u64),
    /// Boards could not be made from the counts.
    #[error("boards could not be made: {0}")]
    Boards(#[from] crate::ProjectionError),
    /// Nobody has compared the generations.
    #[error(
        "generation {0} has not been compared with the one that is read now; run `leaderboard replay parity` first"
    )]
    NotCompared(i32),
    /// The generations differ.
    #[error(
        "generation {0} differs in {1} rows; see `leaderboard replay parity`, and switch with --accept-differences if the new rows are the right ones"
    )]
    Differs(i32, i64),
    /// The tables of the generations are not the same.
    #[error("the generations do not have the same tables: {0}; run `leaderboard migrate`")]
    SchemasDiffer(String),
    /// Somebody else took a step meanwhile.
    #[error("the generations changed meanwhile; look at `leaderboard replay status`")]
    Changed,
    /// Tables are in use for too long.
    #[error("readers or projectors hold the tables for too long; try again")]
    Busy,
    /// A report cannot be stored or read back.
    #[error("the parity report: {0}")]
    Report(#[from] serde_json::Error),
}
