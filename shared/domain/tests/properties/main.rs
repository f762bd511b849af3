//! The counting is a function of the set of facts, and scores and ranks are
//! functions of the counts. More cases: `PROPTEST_CASES=100000 cargo test -p
//! domain --test properties`.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod audits;
mod companies;
mod coverage;
mod order;
mod ranks;
mod rules;
mod scores;
mod snapshots;
mod universe;
