//! GitHub's REST and GraphQL APIs: a client that keeps to their limits.

mod answer;
mod client;
mod error;
mod objects;
mod pull_requests;
mod tokens;
mod validators;

pub use answer::{Answer, Page};
pub use client::{GithubClient, GithubSettings};
pub use error::GithubError;
pub use objects::{Commit, Comparison, Repository};
pub use pull_requests::{Batch, PullRequestAnswer};
pub use tokens::Token;
