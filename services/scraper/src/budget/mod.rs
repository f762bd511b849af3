//! Money on the log: whoever wants to spend asks here first.
//!
//! The ledger of a month is a subject of the log. What is decided on it is
//! appended only if nothing was said there since it was read, so that any
//! number of scrapers can never spend the same dollar.

mod ledger_log;
mod observe;

pub use ledger_log::{BudgetError, Decision, LedgerLog};
