//! Postgres: the pool, the migrations, and the partitions of big tables.

mod copy;
mod migrations;
mod partitions;
mod pool;

pub use copy::{CopyField, CopyRows, Jsonb, TextArray};
pub use migrations::{MigrationError, known_migrations, migrate};
pub use partitions::{Month, ensure_months};
pub use pool::{PoolSettings, connect, within};
