//! Postgres: the pool, who may connect how, commits that are not cut off, the migrations, generations of tables, and the
//! partitions of big ones.

mod address;
mod commit;
mod generations;
mod migrations;
mod new_rows;
mod partitions;
mod pool;
mod refused;

pub use commit::commit;
pub use generations::{
    Generation, GenerationPool, GenerationState, UnknownState, active_generation, generations,
    quoted,
};
pub use migrations::{MigrationError, known_migrations, migrate, migrate_schema};
pub use new_rows::{CopyField, Jsonb, NewRows, Rows, TextArray};
pub use partitions::{Month, MonthlyTable, drop_months_before, ensure_months};
pub use pool::{PoolSettings, connect, within};
pub use refused::{Refused, check};
