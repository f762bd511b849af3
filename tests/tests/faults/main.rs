//! Each thing that we hang on fails in each of its ways, for real: what happens then,
//! what people see, when it is over, and that nothing is lost or there twice. What is
//! seen here is the table in `docs/faults.md`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bigquery;
mod desk;
mod github;
mod nats;
mod postgres;
mod process;
mod stage;
mod table;
