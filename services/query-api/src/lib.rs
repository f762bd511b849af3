//! The query API: leaderboards, contributors, explanations and coverage, as
//! JSON for programs, as pages for people, and as images for pages of others.
//!
//! It reads the projector's tables and writes nothing. A request becomes
//! parameters in domain terms (`parameters`), a resource loaded in one
//! snapshot of the database (`resources`, `queries`), and a body that is kept
//! as long as the data it was made from is the latest (`answer`). The
//! projector's notifications tell when that ends (`version`), and what happens
//! is told to those who listen (`stream`).

mod addresses;
mod affiliations;
mod answer;
mod api;
mod computed;
mod coverage_index;
mod cursor;
mod document;
mod edge;
mod embed;
mod explained;
mod files;
mod handlers;
mod logins;
mod page;
mod parameters;
mod points;
mod primary;
mod problem;
mod queries;
mod ranks;
mod resources;
mod routes;
mod server;
mod settings;
mod spans;
mod standby;
mod standings;
mod stream;
mod target;
mod tracked;
mod version;

pub use api::{Api, MetricsInForms, MetricsText};
pub use routes::{openapi, router};
pub use server::serve;
pub use settings::Settings;
