//! Jobs that keep the database in order.

mod audit_scores;
mod check_boards;
mod clean_up;
mod full_recalculation;
mod keep_partitions;
mod replay;
mod vacuum;

use std::sync::Arc;

use domain::jobs::{Failure, Severity};
use jobs::Handler;
use runtime::Clock;
use sqlx::PgPool;

pub use audit_scores::AuditScores;
pub use check_boards::{CheckBoards, board_differences};
pub use clean_up::CleanUp;
pub use full_recalculation::FullRecalculation;
pub use keep_partitions::KeepPartitions;
pub use replay::Replay;
pub use vacuum::Vacuum;

/// What the jobs of the database need.
#[derive(Clone)]
pub struct MaintenanceParts {
    /// The database.
    pub pool: PgPool,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
}

/// What does the jobs of the database.
#[must_use]
pub fn maintenance_handlers(parts: &MaintenanceParts) -> Vec<Arc<dyn Handler>> {
    // A first difference is seen as a change only if there was none before.
    audit_scores::count(0, 0);
    vec![
        Arc::new(KeepPartitions(parts.clone())),
        Arc::new(CheckBoards(parts.clone())),
        Arc::new(AuditScores(parts.clone())),
        Arc::new(FullRecalculation(parts.clone())),
        Arc::new(CleanUp(parts.clone())),
        Arc::new(Vacuum(parts.clone())),
        Arc::new(Replay(parts.clone())),
    ]
}

/// How bad it is what the database answers: what it says of a statement stays
/// so, everything else may pass.
fn of_database(error: &sqlx::Error) -> Failure {
    let code = error.as_database_error().and_then(|error| error.code());
    // Classes 22, 23 and 42: data, constraints and statements that are wrong
    // (PostgreSQL 18, appendix A).
    let is_ours = code.is_some_and(|code| {
        ["22", "23", "42"]
            .iter()
            .any(|class| code.starts_with(class))
    });
    let severity = if is_ours {
        Severity::High
    } else {
        Severity::Low
    };
    Failure::new(severity, error)
}
