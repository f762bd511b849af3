//! Budgets for tests, and the ledger's stream added up by hand, without the
//! ledger's code.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use chrono::{DateTime, Utc};
use domain::budget::{BudgetDefinition, Ceilings, Money, Price, Thresholds};
use event_log::Recorded;
use events::Event;

/// A budget of so much a day, a month and a job, of which nothing is free.
#[must_use]
pub fn budget_of(limit: Money, defined_at: DateTime<Utc>) -> BudgetDefinition {
    BudgetDefinition {
        ceilings: Ceilings {
            day: limit,
            month: limit,
            job: limit,
        },
        thresholds: Thresholds::default(),
        price: Price {
            free_bytes: 0,
            ..Price::default()
        },
        actor: "treasurer".to_owned(),
        reason: "for tests".to_owned(),
        defined_at,
    }
}

/// Adds up a month's ledger message by message; what is settled and reserved
/// is never above a limit. Returns what it comes to in the end, in millionths
/// of a dollar.
///
/// # Errors
/// Where it is above one, or something is reserved twice.
pub fn never_above(recorded: &[Recorded], ceilings: Ceilings) -> anyhow::Result<u64> {
    // Of each reservation its day, its job, and what it counts for.
    let mut accounts: BTreeMap<_, (String, String, u64)> = BTreeMap::new();
    for message in recorded {
        match &message.envelope.event {
            Event::CostReserved(reserved) => {
                let day = reserved.reserved_at.date_naive().to_string();
                let account = (day, reserved.job.clone(), reserved.amount.micros());
                let before = accounts.insert(reserved.reservation, account);
                ensure!(before.is_none(), "reserved twice");
            }
            Event::CostSettled(settled) => {
                let account = accounts.get_mut(&settled.reservation);
                account.context("settled, never reserved")?.2 = settled.amount.micros();
            }
            Event::CostReleased(released) => {
                let account = accounts.get_mut(&released.reservation);
                account.context("released, never reserved")?.2 = 0;
            }
            _ => {}
        }
        let mut days: BTreeMap<&str, u64> = BTreeMap::new();
        let mut jobs: BTreeMap<&str, u64> = BTreeMap::new();
        for (day, job, amount) in accounts.values() {
            *days.entry(day).or_default() += amount;
            *jobs.entry(job).or_default() += amount;
        }
        let month: u64 = days.values().sum();
        let day = days.into_values().max().unwrap_or(0);
        let job = jobs.into_values().max().unwrap_or(0);
        for (of, sum, limit) in [
            ("day", day, ceilings.day),
            ("job", job, ceilings.job),
            ("month", month, ceilings.month),
        ] {
            let (limit, at) = (limit.micros(), message.sequence);
            ensure!(sum <= limit, "{sum} of {limit} for a {of} at {at}");
        }
    }
    Ok(accounts.values().map(|(_, _, amount)| amount).sum())
}
