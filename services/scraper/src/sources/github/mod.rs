//! GitHub's REST API: a client that keeps to its limits.

mod client;
mod error;
mod objects;
mod tokens;

pub use client::{Answer, GithubClient, GithubSettings, Page};
pub use error::GithubError;
pub use objects::{Commit, Comparison, Repository};
pub use tokens::Token;
