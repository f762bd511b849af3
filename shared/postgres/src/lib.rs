//! Postgres: the pool, the migrations, and the partitions of big tables.

mod migrations;
mod new_rows;
mod partitions;
mod pool;

pub use migrations::{MigrationError, known_migrations, migrate};
pub use new_rows::{CopyField, Jsonb, NewRows, Rows, TextArray};
pub use partitions::{Month, ensure_months};
pub use pool::{PoolSettings, connect, within};
