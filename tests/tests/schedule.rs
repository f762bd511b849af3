//! Time as events: each due time is one trigger and one job, however many
//! schedulers run, and whenever they are killed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::{Cause, Queue};
use domain::schedule::{CatchUp, JobSchedule, Times};
use event_log::{Book, EventLog, LogStream};
use events::{Event, Subject};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use runtime::{Clock, FixedClock};
use scheduler::{Calendar, Timekeeper, due, usual_schedule};
use tests::Servers;
use uuid::Uuid;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn job(name: &str, cron: &str, zone: &str, catch_up: CatchUp) -> JobSchedule {
    let mut job = usual_schedule().remove(0);
    job.name = name.to_owned();
    job.cron = cron.to_owned();
    job.time_zone = zone.to_owned();
    job.catch_up = catch_up;
    job.overlap = domain::jobs::Overlap::Allowed;
    job
}

async fn triggers(log: &EventLog, name: &str) -> Vec<(Uuid, Option<DateTime<Utc>>)> {
    let subject = Subject::of_schedule(name);
    let recorded = log
        .read_all(LogStream::Schedule, subject.as_str(), 0)
        .await
        .unwrap();
    let fired = recorded
        .into_iter()
        .filter_map(|said| match said.envelope.event {
            Event::ScheduleFired(fired) => Some(fired),
            _ => None,
        });
    fired
        .map(|fired| {
            let due = match fired.cause {
                Cause::Schedule { due_at, .. } => Some(due_at),
                _ => None,
            };
            (fired.trigger, due)
        })
        .collect()
}

async fn queued(log: &EventLog, name: &str) -> Vec<Uuid> {
    let subject = Subject::of_queue(Queue::Scraping);
    let recorded = log
        .read_all(LogStream::Jobs, subject.as_str(), 0)
        .await
        .unwrap();
    let jobs = recorded
        .into_iter()
        .filter_map(|said| match said.envelope.event {
            Event::JobQueued(queued) if queued.name == name => Some(queued.job),
            _ => None,
        });
    jobs.collect()
}

/// Three schedulers over the change of clocks of a night in Berlin and the end
/// of a month; each is replaced now and then, and they look at the same time.
#[tokio::test(flavor = "multi_thread")]
async fn three_schedulers_that_are_killed_fire_each_due_time_once() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let (begin, end) = (at("2026-10-24T20:00:00Z"), at("2026-11-01T09:00:00Z"));
    let clock = Arc::new(FixedClock::at(begin));
    let schedule = [
        job("nightly", "30 2 * * *", "Europe/Berlin", CatchUp::RunEach),
        job("hourly", "0 */6 * * *", "UTC", CatchUp::RunEach),
        job("monthly", "0 4 1 * *", "UTC", CatchUp::RunEach),
    ];
    let new_keeper = || Timekeeper::new(log.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
    let mut keepers = Vec::new();
    for _ in 0..3 {
        let mut keeper = new_keeper();
        keeper.define(&schedule).await.unwrap();
        keepers.push(keeper);
    }
    let mut random = ChaCha8Rng::seed_from_u64(7);
    while clock.now() < end {
        clock.set((clock.now() + TimeDelta::minutes(random.random_range(20..400))).min(end));
        if random.random_range(0..3) == 0 {
            // Killed in the middle of whatever it does.
            let mut victim = keepers.swap_remove(random.random_range(0..3));
            let polls = random.random_range(1..40);
            poll_some(victim.tick(), polls).await;
            let mut next = new_keeper();
            next.define(&schedule).await.unwrap();
            keepers.push(next);
        }
        let looking = keepers.iter_mut().map(Timekeeper::tick);
        futures::future::try_join_all(looking).await.unwrap();
    }
    for job in &schedule {
        let calendar = Calendar::parse(&job.cron, &job.time_zone).unwrap();
        let expected: Vec<_> = calendar.between(begin, end).collect();
        assert!(!expected.is_empty());
        let fired = triggers(&log, &job.name).await;
        let due: Vec<_> = fired.iter().filter_map(|(_, due)| *due).collect();
        assert_eq!(due, expected, "{}", job.name);
        let ids: BTreeSet<_> = fired.iter().map(|(id, _)| *id).collect();
        let jobs = queued(&log, &job.name).await;
        assert_eq!(jobs.len(), expected.len(), "{}", job.name);
        assert_eq!(
            jobs.into_iter().collect::<BTreeSet<_>>(),
            ids,
            "{}",
            job.name
        );
    }
}

/// Polls a future so many times and then drops it, as a kill would.
async fn poll_some<F: Future>(future: F, polls: usize) {
    let mut future = std::pin::pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 || future.as_mut().poll(context).is_ready() {
            return std::task::Poll::Ready(());
        }
        left -= 1;
        std::task::Poll::Pending
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_whose_scheduler_died_becomes_a_job_all_the_same() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let clock = Arc::new(FixedClock::at(at("2026-11-01T00:00:00Z")));
    let schedule = [job("hourly", "0 * * * *", "UTC", CatchUp::RunEach)];
    let mut first = Timekeeper::new(log.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
    first.define(&schedule).await.unwrap();
    clock.set(at("2026-11-01T01:00:00Z"));
    // What a scheduler does before it dies: the trigger, and not the job.
    let subject = Subject::of_schedule("hourly");
    let mut book = Book::new(LogStream::Schedule, subject, Times::default());
    book.catch_up(&log).await.unwrap();
    let now = clock.now();
    let fire = |times: &Times| Ok::<_, event_log::LogError>(due(times, now).unwrap());
    assert!(
        book.write(&log, "/scheduler", fire)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(queued(&log, "hourly").await.len(), 0);

    clock.set(at("2026-11-01T02:00:00Z"));
    let mut second = Timekeeper::new(log.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
    second.define(&schedule).await.unwrap();
    second.tick().await.unwrap();
    let fired: Vec<_> = triggers(&log, "hourly")
        .await
        .into_iter()
        .map(|(id, _)| id)
        .collect();
    assert_eq!(fired.len(), 2);
    assert_eq!(queued(&log, "hourly").await, fired);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_missed_due_times_are_caught_up_by_each_job_s_rule() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let clock = Arc::new(FixedClock::at(at("2026-11-01T00:30:00Z")));
    let rules = [
        ("once", CatchUp::RunOnce, vec!["05"]),
        ("each", CatchUp::RunEach, vec!["01", "02", "03", "04", "05"]),
        ("skip", CatchUp::Skip, vec![]),
    ];
    let schedule: Vec<_> = rules
        .iter()
        .map(|(name, rule, _)| job(name, "0 * * * *", "UTC", *rule))
        .collect();
    let keeper = || Timekeeper::new(log.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
    keeper().define(&schedule).await.unwrap();
    clock.set(at("2026-11-01T05:20:00Z"));
    keeper().define(&schedule).await.unwrap();
    for (name, _, expected) in rules {
        let fired = triggers(&log, name).await;
        let hours: Vec<_> = fired
            .iter()
            .map(|(_, due)| due.unwrap().format("%H").to_string())
            .collect();
        assert_eq!(hours, expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_asked_for_by_hand_is_a_trigger_and_moves_no_due_time() {
    let servers = Servers::start().await.unwrap();
    let log = servers.log().await.unwrap();
    let clock = Arc::new(FixedClock::at(at("2026-11-01T00:30:00Z")));
    let hourly = job("hourly", "0 * * * *", "UTC", CatchUp::RunEach);
    let mut keeper = Timekeeper::new(log.clone(), Arc::clone(&clock) as Arc<dyn Clock>);
    let cause = Cause::Hand {
        actor: "ann".to_owned(),
        reason: "before the election".to_owned(),
    };
    let id = keeper
        .fire_by_hand(&hourly, &BTreeMap::new(), cause)
        .await
        .unwrap();
    assert_eq!(queued(&log, "hourly").await, [id]);
    clock.set(at("2026-11-01T01:00:00Z"));
    let fired = keeper.tick().await.unwrap();
    assert_eq!(fired.len(), 1);
    assert_eq!(queued(&log, "hourly").await, [id, fired[0].trigger]);
}
