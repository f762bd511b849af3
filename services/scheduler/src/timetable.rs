//! What is to be said of a job's times, by what was said before.

use chrono::{DateTime, TimeDelta, Utc};
use domain::jobs::Cause;
use domain::schedule::{CatchUp, ScheduleFired, ScheduleMissed, Times, trigger_id};
use events::Event;

use crate::{Calendar, CalendarError};

/// How late a due time may be noticed and still be kept by a job that does not
/// catch up.
const GRACE: TimeDelta = TimeDelta::minutes(5);

/// What is to be said of a job now: that it is due, or that due times were
/// missed; `None` when neither.
///
/// # Errors
/// [`CalendarError`] when the job's definition cannot be read.
pub fn due(times: &Times, now: DateTime<Utc>) -> Result<Option<Event>, CalendarError> {
    let (Some(defined), Some(covered)) = (&times.defined, times.covered_until) else {
        return Ok(None);
    };
    let schedule = &defined.schedule;
    if !schedule.enabled {
        return Ok(None);
    }
    let calendar = Calendar::parse(&schedule.cron, &schedule.time_zone)?;
    let job = Job {
        name: &schedule.name,
        jitter: schedule.jitter,
        calendar: &calendar,
    };
    let has_come = |due: &DateTime<Utc>| *due + job.delay(*due) <= now;
    // Jitter may reach beyond the next due time: then that one has not come.
    let arrived: Vec<_> = calendar.between(covered, now).filter(has_come).collect();
    let (Some(first), Some(last)) = (arrived.first(), arrived.last()) else {
        return Ok(None);
    };
    let earlier = u32::try_from(arrived.len() - 1).unwrap_or(u32::MAX);
    let is_late = |due: DateTime<Utc>| now - due > GRACE + job.delay(due);
    Ok(Some(match schedule.catch_up {
        CatchUp::RunEach => job.fired(*first, 0, now),
        CatchUp::RunOnce => job.fired(*last, earlier, now),
        CatchUp::Skip if is_late(*last) => job.missed(*last, earlier + 1, now),
        CatchUp::Skip if earlier > 0 => job.missed(arrived[arrived.len() - 2], earlier, now),
        CatchUp::Skip => job.fired(*last, 0, now),
    }))
}

struct Job<'a> {
    name: &'a str,
    jitter: u32,
    calendar: &'a Calendar,
}

impl Job<'_> {
    /// How long after a due time it is fired: the same, whoever fires it.
    fn delay(&self, due: DateTime<Utc>) -> TimeDelta {
        let (_, low) = trigger_id(self.name, due).as_u64_pair();
        let seconds = low % (u64::from(self.jitter) + 1);
        TimeDelta::seconds(i64::try_from(seconds).unwrap_or_default())
    }

    fn fired(&self, due_at: DateTime<Utc>, missed: u32, now: DateTime<Utc>) -> Event {
        Event::ScheduleFired(ScheduleFired {
            trigger: trigger_id(self.name, due_at),
            name: self.name.to_owned(),
            cause: Cause::Schedule { due_at, missed },
            arguments: std::collections::BTreeMap::new(),
            covered_until: due_at,
            next_due_at: self.calendar.next_after(due_at),
            fired_at: now,
        })
    }

    fn missed(&self, last: DateTime<Utc>, missed: u32, now: DateTime<Utc>) -> Event {
        Event::ScheduleMissed(ScheduleMissed {
            name: self.name.to_owned(),
            missed,
            covered_until: last,
            next_due_at: self.calendar.next_after(last),
            noticed_at: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::schedule::{JobSchedule, ScheduleDefined};
    use events::Fold;

    use super::*;
    use crate::usual_schedule;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn times(catch_up: CatchUp, change: impl FnOnce(&mut JobSchedule)) -> Times {
        let mut schedule = usual_schedule().remove(0);
        schedule.cron = "0 * * * *".to_owned();
        schedule.jitter = 0;
        schedule.catch_up = catch_up;
        change(&mut schedule);
        let mut times = Times::default();
        times.define(&ScheduleDefined {
            schedule,
            covered_until: at("2026-11-01T00:00:00Z"),
            next_due_at: None,
            defined_at: at("2026-11-01T00:00:00Z"),
        });
        times
    }

    /// Everything that is said at an instant: the hours of triggers, and the
    /// numbers of those that were missed.
    fn said(times: &mut Times, now: &str) -> Vec<String> {
        let mut said = Vec::new();
        while let Some(event) = due(times, at(now)).unwrap() {
            said.push(match &event {
                Event::ScheduleFired(fired) => {
                    let Cause::Schedule { due_at, missed } = fired.cause else {
                        panic!("by hand")
                    };
                    format!("{} {missed}", due_at.format("%H"))
                }
                Event::ScheduleMissed(missed) => format!("missed {}", missed.missed),
                other => panic!("{other:?}"),
            });
            times.fold(&event);
        }
        said
    }

    #[test]
    fn a_due_time_is_fired_once() {
        let mut times = times(CatchUp::RunOnce, |_| {});
        assert_eq!(said(&mut times, "2026-11-01T00:59:59Z"), [""; 0]);
        assert_eq!(said(&mut times, "2026-11-01T01:00:00Z"), ["01 0"]);
        assert_eq!(said(&mut times, "2026-11-01T01:59:00Z"), [""; 0]);
    }

    #[test]
    fn missed_due_times_are_caught_up_by_the_job_s_rule() {
        let late = "2026-11-01T04:20:00Z";
        assert_eq!(said(&mut times(CatchUp::RunOnce, |_| {}), late), ["04 3"]);
        let each = ["01 0", "02 0", "03 0", "04 0"];
        assert_eq!(said(&mut times(CatchUp::RunEach, |_| {}), late), each);
        assert_eq!(said(&mut times(CatchUp::Skip, |_| {}), late), ["missed 4"]);
        let just_in_time = "2026-11-01T04:03:00Z";
        let skipped = ["missed 3", "04 0"];
        assert_eq!(
            said(&mut times(CatchUp::Skip, |_| {}), just_in_time),
            skipped
        );
    }

    #[test]
    fn jitter_is_the_same_for_everybody_and_within_its_bound() {
        let jitter = |schedule: &mut JobSchedule| schedule.jitter = 600;
        let mut fired = std::collections::BTreeSet::new();
        for _ in 0..2 {
            let mut times = times(CatchUp::RunEach, jitter);
            let mut now = at("2026-11-01T01:00:00Z");
            while due(&times, now).unwrap().is_none() {
                now += TimeDelta::seconds(1);
            }
            assert!(now <= at("2026-11-01T01:10:00Z"));
            fired.insert(now);
            times.fold(&due(&times, now).unwrap().unwrap());
            assert_eq!(times.covered_until, Some(at("2026-11-01T01:00:00Z")));
        }
        assert_eq!(fired.len(), 1);
    }

    #[test]
    fn a_job_that_is_switched_off_is_not_due() {
        let mut times = times(CatchUp::RunEach, |schedule| schedule.enabled = false);
        assert_eq!(said(&mut times, "2026-12-01T00:00:00Z"), [""; 0]);
    }
}
