//! GH Archive's day tables in BigQuery: one pass over a day's table for all
//! repositories that are wanted, by parameters.
//!
//! A table is charged for by the columns that are read, whole, however few
//! rows are asked for; so all repositories are asked for at once, and the
//! payload, which is nearly all of the bytes, only when it is needed.

mod document;
mod fields;
mod kept;
mod select;

pub use document::{EVENT_COLUMNS, document_of};
pub use kept::{kept_row, row_of};
pub use select::{Depth, Repositories, day_query};
