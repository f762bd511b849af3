//! The schedule of a round: which faults, in which order, how long. It is
//! drawn from a seed and from nothing else.

use std::fmt;
use std::time::Duration;

use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{RngExt, SeedableRng};

use super::fault::{Fault, FullDisk, Link, Target, Trouble};

/// What a schedule is drawn for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Kills; other faults come on top, about as many.
    pub kills: usize,
    /// Projectors that run at the same time.
    pub projectors: usize,
    /// Servers of the log: one, or a cluster of three.
    pub log_servers: usize,
    /// Whether disks can be filled.
    pub disks: bool,
}

/// One fault and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How long after the step before it begins.
    pub after: Duration,
    /// What goes wrong.
    pub fault: Fault,
    /// For how long, where the fault is one that lasts; a process that was
    /// killed is started again after this time.
    pub lasting: Duration,
}

/// A list of faults, the same for the same seed and shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// What it was drawn from.
    pub seed: u64,
    /// The faults, in order.
    pub steps: Vec<Step>,
}

impl Schedule {
    /// Draws a schedule. Every fault the shape allows is in it at least once
    /// when there is room for all of them.
    #[must_use]
    pub fn draw(seed: u64, shape: Shape) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let kills = targets(shape).into_iter().map(|(t, n)| (Fault::Kill(t), n));
        let mut faults = draw_faults(&mut random, kills.collect(), shape.kills);
        let others = other_faults(&mut random, shape);
        // Rare faults are long; one of each must do in a short round.
        let count = (shape.kills / 2).max(others.len());
        faults.extend(draw_faults(&mut random, others, count));
        faults.extend(vec![Fault::Repeat; (shape.kills / 8).max(2)]);
        faults.extend(vec![Fault::Poison; (shape.kills / 16).max(1)]);
        faults.shuffle(&mut random);
        let steps = faults
            .into_iter()
            .map(|fault| Step {
                after: Duration::from_millis(random.random_range(20..250)),
                fault,
                lasting: lasting(&mut random, fault),
            })
            .collect();
        Self { seed, steps }
    }
}

/// One of each, and the rest by weight.
fn draw_faults(random: &mut ChaCha8Rng, of: Vec<(Fault, u32)>, count: usize) -> Vec<Fault> {
    let mut faults: Vec<Fault> = of.iter().map(|(fault, _)| *fault).collect();
    faults.shuffle(random);
    while faults.len() < count {
        if let Ok((fault, _)) = of.choose_weighted(random, |(_, weight)| *weight) {
            faults.push(*fault);
        }
    }
    faults.truncate(count);
    faults
}

/// Processes, with how often each is hit.
fn targets(shape: Shape) -> Vec<(Target, u32)> {
    let mut targets = vec![
        (Target::Scraper, 9),
        (Target::Api, 4),
        (Target::Database, 3),
        (Target::DatabaseBackend, 3),
    ];
    let projectors = 12 / u32::try_from(shape.projectors).unwrap_or(1).max(1);
    targets.extend((0..shape.projectors).map(|number| (Target::Projector(number), projectors)));
    if shape.log_servers == 1 {
        targets.push((Target::LogServer(0), 6));
    } else {
        targets.extend((0..shape.log_servers).map(|number| (Target::LogServer(number), 2)));
        targets.push((Target::LogLeader, 5));
    }
    targets
}

fn other_faults(random: &mut ChaCha8Rng, shape: Shape) -> Vec<(Fault, u32)> {
    let mut faults: Vec<(Fault, u32)> = targets(shape)
        .into_iter()
        .filter(|(target, _)| *target != Target::DatabaseBackend)
        .map(|(target, _)| (Fault::Pause(target), 2))
        .collect();
    let mut links = vec![Link::PublisherLog, Link::ApiDatabase];
    for number in 0..shape.projectors {
        links.extend([Link::ProjectorLog(number), Link::ProjectorDatabase(number)]);
    }
    if shape.log_servers > 1 {
        links.extend((0..shape.log_servers).map(Link::LogRoutes));
    }
    for link in links {
        let troubles = [
            (Trouble::Delay(random.random_range(5..80)), 2),
            (Trouble::Throttle(random.random_range(20_000..400_000)), 2),
            (Trouble::Cut, 4),
            (Trouble::Stall, 2),
            (Trouble::Swallow, 1),
        ];
        faults.extend(troubles.map(|(trouble, weight)| (Fault::Link(link, trouble), weight)));
    }
    if shape.disks {
        faults.push((Fault::FullDisk(FullDisk::Log), 1));
        faults.push((Fault::FullDisk(FullDisk::Database), 1));
    }
    faults
}

fn lasting(random: &mut ChaCha8Rng, fault: Fault) -> Duration {
    let milliseconds = match fault {
        Fault::Kill(_) => 0..150,
        // Longer than a lease now and then, so that a paused owner wakes up
        // to find another in its place.
        Fault::Pause(Target::Projector(_)) => 100..2_500,
        Fault::Pause(_) => 100..1_200,
        Fault::Link(..) => 150..1_800,
        Fault::FullDisk(_) => 400..1_500,
        Fault::Repeat | Fault::Poison => 0..1,
    };
    Duration::from_millis(random.random_range(milliseconds))
}

impl fmt::Display for Schedule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "schedule of seed {}:", self.seed)?;
        for (number, step) in self.steps.iter().enumerate() {
            let (after, lasting) = (step.after.as_millis(), step.lasting.as_millis());
            let fault = step.fault;
            writeln!(
                out,
                "{:>4}. after {after:>3} ms: {fault} ({lasting} ms)",
                number + 1
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const SHAPE: Shape = Shape {
        kills: 200,
        projectors: 2,
        log_servers: 3,
        disks: true,
    };

    #[test]
    fn the_same_seed_draws_the_same_schedule_and_another_seed_another() {
        for seed in 0..50 {
            let schedule = Schedule::draw(seed, SHAPE);
            assert_eq!(schedule, Schedule::draw(seed, SHAPE));
            assert_ne!(schedule.steps, Schedule::draw(seed + 1, SHAPE).steps);
        }
    }

    #[test]
    fn kills_are_as_many_as_wanted_and_every_fault_is_drawn() {
        let schedule = Schedule::draw(1, SHAPE);
        let is_kill = |step: &&Step| matches!(step.fault, Fault::Kill(_));
        assert_eq!(schedule.steps.iter().filter(is_kill).count(), 200);
        let drawn: HashSet<Fault> = schedule.steps.iter().map(|step| step.fault).collect();
        for (target, _) in targets(SHAPE) {
            assert!(drawn.contains(&Fault::Kill(target)), "{target}");
        }
        for disk in [FullDisk::Log, FullDisk::Database] {
            assert!(drawn.contains(&Fault::FullDisk(disk)));
        }
        assert!(drawn.contains(&Fault::Repeat) && drawn.contains(&Fault::Poison));
        let troubles = drawn
            .iter()
            .filter(|fault| matches!(fault, Fault::Link(..)));
        assert_eq!(troubles.count(), 9 * 5);
    }

    #[test]
    fn a_schedule_prints_its_seed_and_every_step() {
        let schedule = Schedule::draw(5, SHAPE);
        let printed = schedule.to_string();
        assert!(printed.contains("seed 5"));
        assert_eq!(printed.lines().count(), schedule.steps.len() + 1);
    }
}
