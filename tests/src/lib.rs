//! End-to-end tests on real parts, and what they share: starting the servers,
//! feeding the log, and checking every read model against the naive model.

pub mod archive;
#[expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
mod asker;
pub mod big_tables;
pub mod bigquery;
mod broken;
mod checker;
mod coverage;
mod dump;
mod entrance;
mod follower;
pub mod github;
mod harness;
mod input;
mod ledger;
pub mod migration_rules;
mod pipeline;
mod power;
mod served;
mod system;
mod template;
pub mod torture;
mod webhook;

pub use asker::Asker;
pub use checker::{Expected, check_read_models};
pub use coverage::coverage_of;
pub use dump::{read_model_dump, read_model_dump_in};
pub use entrance::entrance;
pub use follower::Follower;
pub use harness::{Servers, program, projector_settings, real_data, workspace};
pub use input::{
    Document, documents_of, events_of, generated_documents, generated_documents_of, star_of,
    tally_of,
};
pub use ledger::{budget_of, never_above};
pub use pipeline::{project_until, publish, wait_until_projected};
pub use power::PowerDisk;
pub use served::{Served, listen};
pub use system::{COMMAND_KEY, System};
pub use webhook::webhook_of;
