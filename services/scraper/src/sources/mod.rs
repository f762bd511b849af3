//! Sources: where GitHub's events are fetched from.

pub mod archive;
pub mod bigquery;
pub mod github;
