//! What operators see of money: log lines.

use domain::budget::Entry;

/// Logs what was written down in a ledger.
pub(super) fn observe(entry: &Entry) {
    match entry {
        Entry::Defined(defined) => {
            let (daily, monthly) = (defined.ceilings.day, defined.ceilings.month);
            tracing::info!(%daily, %monthly, actor = defined.actor, "budget_defined");
        }
        Entry::Reserved(reserved) => {
            let (job, amount) = (&reserved.job, reserved.amount);
            tracing::info!(job, %amount, bytes = reserved.bytes, "cost_reserved");
        }
        Entry::Settled(settled) => {
            tracing::info!(amount = %settled.amount, bytes = settled.bytes, "cost_recorded");
        }
        Entry::Released(released) => tracing::info!(reason = released.reason, "cost_released"),
        Entry::Refused(refused) => {
            let (job, amount, left) = (&refused.job, refused.amount, refused.left);
            let (ceiling, limit) = (refused.ceiling, refused.limit);
            tracing::warn!(job, %amount, %ceiling, %limit, %left, "budget_exceeded");
        }
        Entry::Threshold(reached) => {
            let (ceiling, limit, amount) = (reached.ceiling, reached.limit, reached.amount);
            tracing::warn!(percent = reached.percent, %ceiling, %limit, %amount, "budget_warning");
        }
    }
}
