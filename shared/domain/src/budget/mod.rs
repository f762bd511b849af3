//! Money that is bounded before it is spent.
//!
//! Whoever wants to spend reserves the most that it can cost. A reservation
//! counts in full from the moment it is on the ledger until what it really
//! cost is settled, also when whoever reserved is gone meanwhile: then it is
//! assumed spent. So settled and reserved together never exceed a ceiling.

mod attribution;
mod ceiling;
mod definition;
mod forecast;
mod ledger;
mod money;
mod price;
mod record;

pub use attribution::{Attribution, Share, attribute};
pub use ceiling::{Ceiling, Ceilings, Thresholds};
pub use definition::BudgetDefinition;
pub use forecast::forecast;
pub use ledger::{Entry, Ledger, LedgerError, Outstanding, Spending};
pub use money::{Money, ParseMoneyError};
pub use price::{Price, TEBIBYTE};
pub use record::{
    Refusal, Release, Request, Reservation, ReservationId, Settlement, ThresholdReached,
};
