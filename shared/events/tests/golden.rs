//! Events of every version stay readable, and look as their schema says.

use domain::{ContributionKind, SourceReference};
use events::{DecodeError, Envelope, Event, Subject, async_api_document};
use serde_json::Value;

/// One message of each event type and version, as it was first written. These
/// files are never changed; a new version gets a file of its own.
const GOLDEN: &[(&str, &str)] = &[
    (
        "ContributionRecorded",
        include_str!("golden/contribution.recorded.v1.json"),
    ),
    (
        "ContributionEnriched",
        include_str!("golden/contribution.enriched.v1.json"),
    ),
    (
        "ContributionRetracted",
        include_str!("golden/contribution.retracted.v1.json"),
    ),
    // Since then it says who decided, too.
    (
        "ContributionRetracted",
        include_str!("golden/contribution.retracted.by.v1.json"),
    ),
    (
        "ContributionReinstated",
        include_str!("golden/contribution.reinstated.v1.json"),
    ),
    (
        "CoverageObserved",
        include_str!("golden/coverage.observed.v1.json"),
    ),
    (
        "DeadLetterRecorded",
        include_str!("golden/dead_letter.recorded.v1.json"),
    ),
    (
        "DeadLetterResolved",
        include_str!("golden/dead_letter.resolved.v1.json"),
    ),
    (
        "BudgetDefinition",
        include_str!("golden/budget.defined.v1.json"),
    ),
    (
        "ThresholdReached",
        include_str!("golden/budget.threshold_reached.v1.json"),
    ),
    ("Reservation", include_str!("golden/cost.reserved.v1.json")),
    ("Settlement", include_str!("golden/cost.settled.v1.json")),
    ("Release", include_str!("golden/cost.released.v1.json")),
    ("Refusal", include_str!("golden/cost.refused.v1.json")),
    (
        "RepositoryTracked",
        include_str!("golden/repository.tracked.v1.json"),
    ),
    (
        "RepositoryUntracked",
        include_str!("golden/repository.untracked.v1.json"),
    ),
    ("GroupDefined", include_str!("golden/group.defined.v1.json")),
    (
        "PolicyPublished",
        include_str!("golden/policy.published.v1.json"),
    ),
    (
        "PolicyWithdrawn",
        include_str!("golden/policy.withdrawn.v1.json"),
    ),
    (
        "AccountClassified",
        include_str!("golden/account.classified.v1.json"),
    ),
    (
        "ClassListDefined",
        include_str!("golden/class_list.defined.v1.json"),
    ),
    (
        "AccountsLinked",
        include_str!("golden/accounts.linked.v1.json"),
    ),
    (
        "AccountsUnlinked",
        include_str!("golden/accounts.unlinked.v1.json"),
    ),
    (
        "AffiliationsSet",
        include_str!("golden/affiliations.set.v1.json"),
    ),
    (
        "DisputeRaised",
        include_str!("golden/dispute.raised.v1.json"),
    ),
    (
        "DisputeAnswered",
        include_str!("golden/dispute.answered.v1.json"),
    ),
    (
        "ContributorErased",
        include_str!("golden/contributor.erased.v1.json"),
    ),
    (
        "ScheduleDefined",
        include_str!("golden/schedule.defined.v1.json"),
    ),
    (
        "ScheduleFired",
        include_str!("golden/schedule.fired.v1.json"),
    ),
    (
        "ScheduleMissed",
        include_str!("golden/schedule.missed.v1.json"),
    ),
    ("JobQueued", include_str!("golden/job.queued.v1.json")),
    ("JobSkipped", include_str!("golden/job.skipped.v1.json")),
    ("JobStarted", include_str!("golden/job.started.v1.json")),
    (
        "JobProgressed",
        include_str!("golden/job.progressed.v1.json"),
    ),
    ("JobRetrying", include_str!("golden/job.retrying.v1.json")),
    ("JobReturned", include_str!("golden/job.returned.v1.json")),
    ("JobCompleted", include_str!("golden/job.completed.v1.json")),
    ("JobFailed", include_str!("golden/job.failed.v1.json")),
    ("QueuePaused", include_str!("golden/queue.paused.v1.json")),
    (
        "ReportPublished",
        include_str!("golden/report.published.v1.json"),
    ),
    ("NoticeSent", include_str!("golden/notice.sent.v1.json")),
    ("QueueResumed", include_str!("golden/queue.resumed.v1.json")),
    (
        "LogLevelChanged",
        include_str!("golden/log_level.changed.v1.json"),
    ),
    (
        "CircuitChanged",
        include_str!("golden/circuit.changed.v1.json"),
    ),
    // It closed.
    (
        "CircuitChanged",
        include_str!("golden/circuit.changed.closed.v1.json"),
    ),
];

#[test]
fn golden_messages_read_and_write_back_unchanged() {
    for (name, text) in GOLDEN {
        let envelope = Envelope::decode(text.as_bytes()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let written: Value = serde_json::from_slice(&envelope.encode().unwrap()).unwrap();
        let golden: Value = serde_json::from_str(text).unwrap();
        assert_eq!(written, golden, "{name}");
    }
}

#[test]
fn golden_messages_are_valid_by_their_published_schema() {
    let document = async_api_document();
    for (name, text) in GOLDEN {
        let mut schema = document["components"]["messages"][name]["payload"].clone();
        schema["components"] = document["components"].clone();
        let message: Value = serde_json::from_str(text).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<String> = validator
            .iter_errors(&message)
            .map(|fault| fault.to_string())
            .collect();
        assert!(faults.is_empty(), "{name}: {faults:#?}");
    }
}

#[test]
fn the_same_event_has_the_same_id_and_another_has_another() {
    let (_, text) = GOLDEN[0];
    let Event::ContributionRecorded(event) = Envelope::decode(text.as_bytes()).unwrap().event
    else {
        panic!("a contribution")
    };
    let wrap = |event: &events::ContributionRecorded| {
        Envelope::wrap(
            "/scraper/archive",
            Event::ContributionRecorded(event.clone()),
        )
        .unwrap()
        .id
    };
    let (id, again) = (wrap(&event), wrap(&event));
    let mut elsewhere = event.clone();
    elsewhere.source = SourceReference {
        reference: "other.json.gz:1".into(),
        ..event.source
    };
    assert_eq!(id, again);
    assert_ne!(id, wrap(&elsewhere));
}

#[test]
fn subjects_say_owner_repository_and_kind() {
    let subjects: Vec<String> = GOLDEN
        .iter()
        .map(|(_, text)| Subject::of(&Envelope::decode(text.as_bytes()).unwrap().event).to_string())
        .collect();
    assert_eq!(
        subjects,
        [
            "contributions.v1.8.octo-org.hello=2Eworld.pull_request_merged",
            "contributions.v1.8.octo-org.hello=2Eworld.enriched",
            "contributions.v1.8.octo-org.hello=2Eworld.retracted",
            "contributions.v1.8.octo-org.hello=2Eworld.retracted",
            "contributions.v1.8.octo-org.hello=2Eworld.reinstated",
            "coverage.v1.archive.2024-02-29-23=2Ejson=2Egz",
            "dead-letters.v1.scraper",
            "dead-letters.v1.resolved",
            "costs.v1.usd.2026-11",
            "costs.v1.usd.2026-11",
            "costs.v1.usd.2026-11",
            "costs.v1.usd.2026-11",
            "costs.v1.usd.2026-11",
            "costs.v1.usd.2026-11",
            "decisions.v1.tracking.octo-org.hello=2Eworld",
            "decisions.v1.tracking.octo-org.hello=2Eworld",
            "decisions.v1.group.web",
            "decisions.v1.counting",
            "decisions.v1.counting",
            "decisions.v1.counting",
            "decisions.v1.counting",
            "decisions.v1.counting",
            "decisions.v1.counting",
            "decisions.v1.counting",
            "decisions.v1.disputes",
            "decisions.v1.disputes",
            "decisions.v1.erasures",
            "schedule.v1.refresh-stale",
            "schedule.v1.refresh-stale",
            "schedule.v1.refresh-stale",
            "jobs.v1.scraping",
            "jobs.v1.scraping",
            "jobs.v1.scraping",
            "jobs.v1.scraping",
            "jobs.v1.scraping",
            "jobs.v1.scraping",
            "jobs.v1.scraping",
            "jobs.v1.scraping",
            "jobs.v1.scraping",
            "reports.v1.budget.2026-11-01",
            "reports.v1.notices",
            "jobs.v1.scraping",
            "decisions.v1.log-levels",
            "jobs.v1.circuits.github",
            "jobs.v1.circuits.github",
        ]
    );
}

#[test]
fn what_is_not_known_is_refused_with_what_to_do() {
    let (_, text) = GOLDEN[0];
    let newer = text.replace("recorded.v1", "recorded.v2");
    let error = Envelope::decode(newer.as_bytes()).unwrap_err();
    assert!(matches!(error, DecodeError::UnknownType(_)));
    assert!(error.to_string().contains("upgrade"));
    let kind = text.replace("pull_request_merged\"", "pull_request_admired\"");
    assert!(Envelope::decode(kind.as_bytes()).is_err());
    assert!(ContributionKind::ALL.len() > 1);
}
