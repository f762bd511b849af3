//! The projector: turns the log into read models, exactly once.
//!
//! One runner owns batch, transaction, checkpoint and dead letters; a
//! projection says what a batch means. Every batch is one transaction that
//! holds the rows, the dead letters and the checkpoint, and that fails unless
//! the checkpoint still is what the batch started from.
//!
//! There may be several generations of read models, each with checkpoints of
//! its own. `replay` makes a new one, compares it with the one that is read,
//! and gives it to the readers. `watch` tells operators how far all of it is.

mod error;
mod letters;
mod projections;
pub mod replay;
mod retention;
mod runner;
mod supervisor;
mod watch;
mod work;

pub use error::ProjectionError;
pub use letters::{KeptLetter, find_letter, parked_letters};
pub use projections::{
    Contributions, Costs, Coverage, DeadLetters, Decisions, Jobs, Projection, Schedule, Tracking,
    Unreadable,
};
pub use runner::{Pace, ProjectorSettings, apply_batch, run_projection};
pub use supervisor::run;
pub use watch::watch;
pub use work::{
    AuditScores, CheckBoards, CleanUp, FullRecalculation, KeepPartitions, MaintenanceParts, Replay,
    Vacuum, board_differences, maintenance_handlers,
};
