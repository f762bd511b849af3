//! Boards and ranks of the query API while the data changes: each answer is
//! the naive model's, of the version that it names. Snapshots are the boards, and
//! pages tell what the API does.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod companies;
mod embeds;
mod explanation_parts;
mod explanations;
mod files;
mod groups;
mod known;
mod lists;
mod pages;
mod paging;
mod ranges;
mod ranks;
mod recall;
mod snapshots;
mod verify;
mod world;
