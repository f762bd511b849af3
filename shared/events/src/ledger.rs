//! Events of money, and what they are in a ledger.

use domain::budget::{Entry, Ledger};

use crate::{Event, Fold};

/// What an event writes down in a ledger; `None` when it is not about money.
#[must_use]
pub fn ledger_entry(event: &Event) -> Option<Entry> {
    match event.clone() {
        Event::BudgetDefined(definition) => Some(Entry::Defined(definition)),
        Event::BudgetThresholdReached(reached) => Some(Entry::Threshold(reached)),
        Event::CostReserved(reservation) => Some(Entry::Reserved(reservation)),
        Event::CostSettled(settlement) => Some(Entry::Settled(settlement)),
        Event::CostReleased(release) => Some(Entry::Released(release)),
        Event::CostRefused(refusal) => Some(Entry::Refused(refusal)),
        _ => None,
    }
}

/// The event that says what is written down in a ledger.
#[must_use]
pub fn ledger_event(entry: Entry) -> Event {
    match entry {
        Entry::Defined(definition) => Event::BudgetDefined(definition),
        Entry::Threshold(reached) => Event::BudgetThresholdReached(reached),
        Entry::Reserved(reservation) => Event::CostReserved(reservation),
        Entry::Settled(settlement) => Event::CostSettled(settlement),
        Entry::Released(release) => Event::CostReleased(release),
        Entry::Refused(refusal) => Event::CostRefused(refusal),
    }
}

impl Fold for Ledger {
    fn fold(&mut self, event: &Event) {
        if let Some(entry) = ledger_entry(event) {
            self.apply(&entry);
        }
    }
}
