//! Hourly archive files: finding, opening, inflating and splitting them, in
//! constant memory, and salvaging what a damaged file still holds.

mod damage;
mod fetch;
mod fetch_error;
mod hours;
mod inflate;
mod input;
mod lines;
mod manifest;
mod salvage;

pub use damage::Damage;
pub use fetch::{Fetcher, Opened, Patience};
pub use fetch_error::FetchError;
pub use hours::{ArchiveBase, ArchiveBases};
pub use input::{InputError, Location, Plan, Unit, UnitKind};
pub use lines::{LineReader, Lines, Piece, ReadError, ReadSummary};
pub use manifest::Manifest;
pub use salvage::{Salvaged, salvage};
