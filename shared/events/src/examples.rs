//! A message of each type, for those who read the document of events: those
//! that every version must be able to read for ever (`tests/golden.rs`).

use serde_json::Value;

const MESSAGES: &[&str] = &[
    include_str!("../tests/golden/account.classified.v1.json"),
    include_str!("../tests/golden/accounts.linked.v1.json"),
    include_str!("../tests/golden/accounts.unlinked.v1.json"),
    include_str!("../tests/golden/affiliations.set.v1.json"),
    include_str!("../tests/golden/budget.defined.v1.json"),
    include_str!("../tests/golden/budget.threshold_reached.v1.json"),
    include_str!("../tests/golden/circuit.changed.v1.json"),
    include_str!("../tests/golden/class_list.defined.v1.json"),
    include_str!("../tests/golden/contribution.enriched.v1.json"),
    include_str!("../tests/golden/contribution.recorded.v1.json"),
    include_str!("../tests/golden/contribution.reinstated.v1.json"),
    include_str!("../tests/golden/contribution.retracted.by.v1.json"),
    include_str!("../tests/golden/contribution.retracted.v1.json"),
    include_str!("../tests/golden/contributor.erased.v1.json"),
    include_str!("../tests/golden/cost.refused.v1.json"),
    include_str!("../tests/golden/cost.released.v1.json"),
    include_str!("../tests/golden/cost.reserved.v1.json"),
    include_str!("../tests/golden/cost.settled.v1.json"),
    include_str!("../tests/golden/coverage.observed.v1.json"),
    include_str!("../tests/golden/dead_letter.recorded.v1.json"),
    include_str!("../tests/golden/dead_letter.resolved.v1.json"),
    include_str!("../tests/golden/dispute.answered.v1.json"),
    include_str!("../tests/golden/dispute.raised.v1.json"),
    include_str!("../tests/golden/group.defined.v1.json"),
    include_str!("../tests/golden/job.completed.v1.json"),
    include_str!("../tests/golden/job.failed.v1.json"),
    include_str!("../tests/golden/job.progressed.v1.json"),
    include_str!("../tests/golden/job.queued.v1.json"),
    include_str!("../tests/golden/job.retrying.v1.json"),
    include_str!("../tests/golden/job.returned.v1.json"),
    include_str!("../tests/golden/job.skipped.v1.json"),
    include_str!("../tests/golden/job.started.v1.json"),
    include_str!("../tests/golden/log_level.changed.v1.json"),
    include_str!("../tests/golden/notice.sent.v1.json"),
    include_str!("../tests/golden/policy.published.v1.json"),
    include_str!("../tests/golden/policy.withdrawn.v1.json"),
    include_str!("../tests/golden/queue.paused.v1.json"),
    include_str!("../tests/golden/queue.resumed.v1.json"),
    include_str!("../tests/golden/report.published.v1.json"),
    include_str!("../tests/golden/repository.tracked.v1.json"),
    include_str!("../tests/golden/repository.untracked.v1.json"),
    include_str!("../tests/golden/schedule.defined.v1.json"),
    include_str!("../tests/golden/schedule.fired.v1.json"),
    include_str!("../tests/golden/schedule.missed.v1.json"),
];

/// The message of a type of events, as it is on the log.
pub(crate) fn example_of(event_type: &str) -> Option<Value> {
    let messages = MESSAGES.iter();
    let mut read = messages.filter_map(|text| serde_json::from_str::<Value>(text).ok());
    read.find(|message| message["type"] == event_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_an_example() {
        for (name, event_type) in crate::event::MESSAGES {
            assert!(example_of(event_type).is_some(), "{name} has none");
        }
    }
}
