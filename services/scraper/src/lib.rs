//! The scraper: reads what happened on GitHub from a source, translates it
//! into events and publishes them, saying how much of the source was read.

pub mod budget;
pub mod generator;
pub mod ingest;
pub mod letters;
pub mod passes;
pub mod repair;
pub mod scrape;
pub mod sources;
pub mod work;

pub use translation as translate;
