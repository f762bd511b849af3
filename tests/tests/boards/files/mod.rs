//! Whole boards as files: they hold what the pages do, of one moment, and are
//! whole or told to be broken off.

mod large;
mod read;
mod same;
