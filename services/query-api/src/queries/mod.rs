//! What is read from Postgres: SQL beside the functions that run it.

pub(crate) mod accounts;
pub(crate) mod affiliations;
pub(crate) mod audit;
pub(crate) mod board;
pub(crate) mod changes;
pub(crate) mod circuits;
pub(crate) mod compared;
pub(crate) mod contributions;
pub(crate) mod coverage;
pub(crate) mod daily;
pub(crate) mod dead_letters;
pub(crate) mod disputes;
pub(crate) mod followed;
pub(crate) mod generations;
pub(crate) mod groups;
pub(crate) mod inputs;
pub(crate) mod jobs;
pub(crate) mod ledger;
mod places;
pub(crate) mod policies;
pub(crate) mod projections;
pub(crate) mod rank;
pub(crate) mod rank_rows;
pub(crate) mod ranks;
pub(crate) mod repositories;
pub(crate) mod retractions;
pub(crate) mod search;
pub(crate) mod snapshot;
pub(crate) mod tracking;

/// Logins and names sort below this character, so that `prefix || LAST` ends
/// the range of what begins with the prefix.
const LAST_CHARACTER: &str = "\u{10FFFF}";

/// What a text from an enum column of the database stands for.
fn stored<T>(read: Option<T>, column: &str, text: &str) -> Result<T, sqlx::Error> {
    read.ok_or_else(|| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: format!("{text:?} is not known to this version").into(),
    })
}
