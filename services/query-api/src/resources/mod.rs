//! What is answered: the resources of the API, and how each is put together
//! from queries. The JSON handlers send them, the pages render them.

pub(crate) mod audit;
pub(crate) mod budget;
pub(crate) mod circuits;
pub(crate) mod comparison;
pub(crate) mod contribution;
pub(crate) mod contributor;
pub(crate) mod coverage;
pub(crate) mod dead_letter;
pub(crate) mod dispute;
pub(crate) mod explanation;
pub(crate) mod groups;
pub(crate) mod jobs;
pub(crate) mod leaderboard;
pub(crate) mod name;
pub(crate) mod period;
pub(crate) mod policy;
pub(crate) mod rank;
pub(crate) mod replay;
pub(crate) mod repositories;
pub(crate) mod repository;
pub(crate) mod search;
pub(crate) mod snapshot;
pub(crate) mod stream;
pub(crate) mod what_if;
pub(crate) mod why;
