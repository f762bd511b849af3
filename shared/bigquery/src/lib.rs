//! As much of BigQuery as is needed to read from it at a known price: what a
//! query would read, a job that may charge no more than it is allowed, what it
//! charged, and its rows.
//!
//! The client crate and its many dependencies are named nowhere else.

mod client;
mod credentials;
mod error;
mod query;

pub use client::{BigQuery, BigQuerySettings, JobState, Rows};
pub use credentials::Credentials;
pub use error::BigQueryError;
pub use query::{Parameter, Query};
