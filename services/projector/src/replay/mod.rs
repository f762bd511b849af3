//! Replay: the read models made again from the log, beside those that are
//! read, compared with them, and given to the readers.
//!
//! Everything is written down in the database (`control.generations`), and
//! every step can be taken again: whoever is killed in the middle is followed
//! by the next who calls. The work itself is done by the projectors, with the
//! code that follows the log otherwise.

mod error;
mod exchange;
mod hold;
mod late_boards;
mod pair;
mod parity;
mod past;
mod rebuild;
mod recalculate;
mod remove;
mod start;
mod status;
mod switch;

pub use crate::projections::{leave_boards_out, make_boards};
pub use error::ReplayError;
pub(crate) use late_boards::make_boards_when_near;
pub use parity::{Cause, Difference, ParityReport, TableParity, compare};
pub(crate) use past::finish;
pub use past::{forget, recall};
pub use rebuild::rebuild;
pub use recalculate::{Outcome, PATIENCE, Recalculation, recalculate};
pub use remove::{abort, drop_kept};
pub use start::{StartSettings, start};
pub use status::{GenerationStatus, ProjectionStatus, Status, status};
pub use switch::{Author, Switched, rollback, switch};
