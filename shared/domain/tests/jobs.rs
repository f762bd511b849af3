//! Queues of jobs, by whatever interleaving of workers.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::{
    Cause, Claim, Failure, JobEntry, JobId, JobQueue, JobQueued, JobState, Overlap, Owner,
    Progress, Queue, QueuePaused, QueueResumed, Severity,
};
use proptest::prelude::*;
use uuid::Uuid;

const LEASE: TimeDelta = TimeDelta::seconds(30);
const LIMIT: usize = 2;
const ATTEMPTS: u32 = 3;

fn start() -> DateTime<Utc> {
    "2026-11-01T00:00:00Z".parse().unwrap()
}

fn wanted(number: u8, overlap: Overlap, at: DateTime<Utc>) -> JobQueued {
    JobQueued {
        job: Uuid::from_u128(u128::from(number) + 1),
        name: format!("job-{}", number % 3),
        queue: Queue::Scraping,
        cause: Cause::Hand {
            actor: "ann".to_owned(),
            reason: String::new(),
        },
        arguments: BTreeMap::new(),
        attempts: ATTEMPTS,
        time_limit: 600,
        overlap,
        queued_at: at,
    }
}

fn claim(worker: &str) -> Claim<'_> {
    Claim {
        worker,
        able: &["job-0", "job-1", "job-2"],
        limit: LIMIT,
        lease: LEASE,
    }
}

/// What somebody does next.
#[derive(Clone, Debug)]
enum Step {
    Enqueue(u8, bool),
    Claim(u8),
    Progress(u8),
    Complete(u8),
    Fail(u8, Severity),
    GiveBack(u8),
    /// Time passes, in seconds: leases run out.
    Wait(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let severity = prop_oneof![
        Just(Severity::Low),
        Just(Severity::Medium),
        Just(Severity::High)
    ];
    prop_oneof![
        3 => (0..12_u8, any::<bool>()).prop_map(|(job, overlap)| Step::Enqueue(job, overlap)),
        5 => (0..5_u8).prop_map(Step::Claim),
        2 => (0..5_u8).prop_map(Step::Progress),
        2 => (0..5_u8).prop_map(Step::Complete),
        2 => (0..5_u8, severity).prop_map(|(worker, severity)| Step::Fail(worker, severity)),
        1 => (0..5_u8).prop_map(Step::GiveBack),
        2 => (0..90_u16).prop_map(Step::Wait),
    ]
}

/// A queue, its workers, and what each believes to own, which may be over.
struct World {
    queue: JobQueue,
    now: DateTime<Utc>,
    owned: BTreeMap<u8, Owner>,
    /// Completions and failures that were written down, by job.
    ends: BTreeMap<JobId, u32>,
    written: Vec<JobEntry>,
}

impl World {
    fn write(&mut self, entry: JobEntry) {
        let ended = match &entry {
            JobEntry::Completed(completed) => Some(completed.job),
            JobEntry::Failed(failed) => Some(failed.job),
            _ => None,
        };
        if let Some(job) = ended {
            *self.ends.entry(job).or_default() += 1;
        }
        self.queue.apply(&entry);
        self.written.push(entry);
    }

    fn take(&mut self, step: &Step) {
        let now = self.now;
        match step {
            Step::Enqueue(job, overlap) => {
                let overlap = if *overlap {
                    Overlap::Allowed
                } else {
                    Overlap::Forbidden
                };
                if let Some(entry) = self.queue.enqueue(wanted(*job, overlap, now)) {
                    self.write(entry);
                }
            }
            Step::Claim(worker) => {
                let name = worker.to_string();
                if let Some(entry) = self.queue.claim(&claim(&name), now) {
                    if let JobEntry::Started(started) = &entry {
                        let owner = Owner {
                            job: started.job,
                            attempt: started.attempt,
                            worker: name.clone(),
                        };
                        self.owned.insert(*worker, owner);
                    }
                    self.write(entry);
                }
            }
            Step::Progress(worker) => {
                self.with(*worker, |queue, owner| {
                    queue
                        .progress(owner, Progress::default(), "", LEASE, now)
                        .ok()
                });
            }
            Step::Complete(worker) => {
                self.with(*worker, |queue, owner| {
                    queue.complete(owner, "", vec![], now).ok()
                });
            }
            Step::Fail(worker, severity) => {
                let failure = Failure::new(*severity, "out of paper");
                self.with(*worker, |queue, owner| queue.fail(owner, failure, now).ok());
            }
            Step::GiveBack(worker) => {
                self.with(*worker, |queue, owner| queue.give_back(owner, now).ok());
            }
            Step::Wait(seconds) => self.now += TimeDelta::seconds(i64::from(*seconds)),
        }
    }

    fn with(&mut self, worker: u8, decide: impl FnOnce(&JobQueue, &Owner) -> Option<JobEntry>) {
        let Some(owner) = self.owned.get(&worker).cloned() else {
            return;
        };
        if let Some(entry) = decide(&self.queue, &owner) {
            self.write(entry);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn never_more_than_allowed_and_each_job_has_one_end(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World {
            queue: JobQueue::default(),
            now: start(),
            owned: BTreeMap::new(),
            ends: BTreeMap::new(),
            written: Vec::new(),
        };
        for step in &steps {
            world.take(step);
            prop_assert!(world.queue.running(world.now) <= LIMIT);
        }
        for ends in world.ends.values() {
            prop_assert_eq!(*ends, 1);
        }
        // Whatever is left is done once somebody is there to do it.
        for _ in 0..200 {
            world.now += TimeDelta::hours(2);
            world.take(&Step::Claim(0));
            world.take(&Step::Complete(0));
        }
        prop_assert!(world.queue.unfinished().is_empty());
        // A queue is nothing but its entries.
        let mut folded = JobQueue::default();
        world.written.iter().for_each(|entry| folded.apply(entry));
        prop_assert_eq!(folded, world.queue);
    }
}

#[test]
fn a_job_whose_worker_is_lost_is_another_s_and_the_first_is_fenced_off() {
    let mut queue = JobQueue::default();
    queue.apply(
        &queue
            .enqueue(wanted(0, Overlap::Forbidden, start()))
            .unwrap(),
    );
    let first = queue.claim(&claim("first"), start()).unwrap();
    queue.apply(&first);
    let owner = Owner {
        job: Uuid::from_u128(1),
        attempt: 1,
        worker: "first".to_owned(),
    };
    let before = start() + LEASE - TimeDelta::seconds(1);
    assert_eq!(queue.claim(&claim("second"), before), None);
    let after = start() + LEASE;
    let lost = queue.progress(&owner, Progress::default(), "", LEASE, after);
    assert!(lost.is_err(), "its place may be another's");
    queue.apply(&queue.claim(&claim("second"), after).unwrap());
    assert!(queue.complete(&owner, "", vec![], after).is_err());
    let job = queue.job(owner.job).unwrap();
    assert_eq!((job.attempt, job.failures), (2, 1));
}

#[test]
fn a_job_whose_workers_are_lost_each_time_fails() {
    let mut queue = JobQueue::default();
    queue.apply(
        &queue
            .enqueue(wanted(0, Overlap::Forbidden, start()))
            .unwrap(),
    );
    let mut now = start();
    for _ in 0..ATTEMPTS {
        queue.apply(&queue.claim(&claim("unlucky"), now).unwrap());
        now += LEASE;
    }
    let entry = queue.claim(&claim("unlucky"), now).unwrap();
    let JobEntry::Failed(failed) = &entry else {
        panic!("{entry:?}")
    };
    assert!(failed.failure.message.contains("lost"));
    queue.apply(&entry);
    assert!(queue.unfinished().is_empty());
}

#[test]
fn severities_say_what_is_done_about_a_failure() {
    let outcome = |severity| {
        let mut queue = JobQueue::default();
        queue.apply(
            &queue
                .enqueue(wanted(0, Overlap::Forbidden, start()))
                .unwrap(),
        );
        queue.apply(&queue.claim(&claim("worker"), start()).unwrap());
        let owner = Owner {
            job: Uuid::from_u128(1),
            attempt: 1,
            worker: "worker".to_owned(),
        };
        let later = start() + TimeDelta::days(1);
        let failure = Failure::new(severity, "no").not_before(Some(later));
        let entry = queue.fail(&owner, failure, start()).unwrap();
        queue.apply(&entry);
        queue.job(owner.job).unwrap().state.clone()
    };
    // Whoever refused said when it may be tried again.
    let later = start() + TimeDelta::days(1);
    assert_eq!(
        outcome(Severity::Low),
        JobState::Waiting { not_before: later }
    );
    assert!(matches!(outcome(Severity::High), JobState::Failed(_)));
    assert!(matches!(outcome(Severity::Critical), JobState::Failed(_)));
}

#[test]
fn a_critical_failure_stops_the_queue_until_a_person_lets_it_go_on() {
    let mut queue = JobQueue::default();
    queue.apply(
        &queue
            .enqueue(wanted(0, Overlap::Forbidden, start()))
            .unwrap(),
    );
    queue.apply(
        &queue
            .enqueue(wanted(1, Overlap::Forbidden, start()))
            .unwrap(),
    );
    queue.apply(&queue.claim(&claim("worker"), start()).unwrap());
    let owner = Owner {
        job: Uuid::from_u128(1),
        attempt: 1,
        worker: "worker".to_owned(),
    };
    let failure = Failure::new(Severity::Critical, "the budget is defined twice");
    queue.apply(&queue.fail(&owner, failure, start()).unwrap());
    assert_eq!(queue.claim(&claim("worker"), start()), None);
    assert!(queue.paused().unwrap().reason.contains("twice"));
    queue.apply(&JobEntry::Resumed(QueueResumed {
        queue: Queue::Scraping,
        actor: "ann".to_owned(),
        reason: String::new(),
        resumed_at: start(),
    }));
    assert!(queue.claim(&claim("worker"), start()).is_some());
}

#[test]
fn the_same_is_not_done_twice_at_a_time_unless_that_is_allowed() {
    let mut queue = JobQueue::default();
    let (first, second) = (
        wanted(0, Overlap::Forbidden, start()),
        wanted(3, Overlap::Forbidden, start()),
    );
    assert_eq!(first.name, second.name);
    queue.apply(&queue.enqueue(first.clone()).unwrap());
    assert_eq!(queue.enqueue(first), None, "it is known");
    let skipped = queue.enqueue(second.clone()).unwrap();
    assert!(
        matches!(&skipped, JobEntry::Skipped(skipped) if skipped.because_of == Uuid::from_u128(1))
    );
    queue.apply(&skipped);
    assert!(queue.knows(second.job));
    let allowed = wanted(6, Overlap::Allowed, start());
    assert!(matches!(queue.enqueue(allowed), Some(JobEntry::Queued(_))));
}

#[test]
fn a_queue_that_stands_still_starts_nothing() {
    let mut queue = JobQueue::default();
    queue.apply(
        &queue
            .enqueue(wanted(0, Overlap::Forbidden, start()))
            .unwrap(),
    );
    queue.apply(&JobEntry::Paused(QueuePaused {
        queue: Queue::Scraping,
        actor: "ann".to_owned(),
        reason: "GitHub is down".to_owned(),
        paused_at: start(),
    }));
    assert_eq!(queue.claim(&claim("worker"), start()), None);
}

#[test]
fn a_number_among_the_arguments_is_read_or_named_as_wrong() {
    let mut job = wanted(0, Overlap::Allowed, start());
    assert_eq!(job.number("hours", 48), Ok(48));
    job.arguments.insert("hours".to_owned(), "7".to_owned());
    assert_eq!(job.number("hours", 48), Ok(7));
    for wrong in ["-7", "seven", ""] {
        job.arguments.insert("hours".to_owned(), wrong.to_owned());
        let failure = job.number("hours", 48).unwrap_err();
        assert_eq!(failure.severity, Severity::High);
        assert!(failure.message.contains("hours"), "{}", failure.message);
    }
}
