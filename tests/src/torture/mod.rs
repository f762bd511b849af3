//! Torture: the real program on real servers while everything goes wrong, by
//! a schedule drawn from a seed; see `docs/torture.md`.

pub mod disk;
pub mod fault;
pub mod feed;
pub mod harm;
pub mod inject;
pub mod material;
pub mod process;
pub mod proxy;
pub mod reader;
pub mod rebuild;
pub mod round;
pub mod schedule;
pub mod servers;
pub mod stage;
pub mod verdict;

pub use round::{RoundFailure, RoundReport, run_round};
pub use schedule::{Schedule, Shape};
