//! `torture`: rounds of faults until enough of them ran without a difference.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use tests::torture::{RoundReport, Shape, run_round};

/// Runs the real program on real servers while everything goes wrong, and
/// checks every read model after each round.
#[derive(Debug, Parser)]
struct Options {
    /// The first round's seed; each further round has the next.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rounds at most.
    #[arg(long)]
    rounds: Option<u64>,
    /// Go on until this many processes were killed in all.
    #[arg(long)]
    kills: Option<usize>,
    /// Start no round after this many minutes.
    #[arg(long)]
    minutes: Option<u64>,
    /// Kills in each round.
    #[arg(long, default_value_t = 60)]
    kills_per_round: usize,
    /// Projectors that contend for the leases.
    #[arg(long, default_value_t = 2)]
    projectors: usize,
    /// Three nats-servers with three copies of each stream, in every round;
    /// without it every third round has them.
    #[arg(long)]
    cluster: bool,
    /// One nats-server in every round.
    #[arg(long, conflicts_with = "cluster")]
    single: bool,
    /// Leave full disks out.
    #[arg(long)]
    no_disks: bool,
}

impl Options {
    fn shape(&self, seed: u64) -> Shape {
        let is_cluster = self.cluster || (!self.single && seed.is_multiple_of(3));
        Shape {
            kills: self.kills_per_round,
            projectors: self.projectors.max(1),
            log_servers: if is_cluster { 3 } else { 1 },
            disks: !self.no_disks && !seed.is_multiple_of(2),
        }
    }

    /// How to run a round again.
    fn replay(&self, seed: u64, shape: Shape) -> String {
        let log = if shape.log_servers == 1 {
            "--single"
        } else {
            "--cluster"
        };
        let disks = if shape.disks { "" } else { " --no-disks" };
        format!(
            "make torture TORTURE=\"--seed {seed} --rounds 1 --kills-per-round {} --projectors {} {log}{disks}\"",
            shape.kills, shape.projectors
        )
    }

    /// Whether another round is wanted.
    fn wants_more(&self, rounds: u64, kills: usize, elapsed: Duration) -> bool {
        let within = |limit: Option<u64>, now: u64| limit.is_none_or(|limit| now < limit);
        let is_bounded = self.rounds.is_some() || self.kills.is_some() || self.minutes.is_some();
        (is_bounded || rounds == 0)
            && within(self.rounds, rounds)
            && self.kills.is_none_or(|limit| kills < limit)
            && within(self.minutes, elapsed.as_secs() / 60)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let started = Instant::now();
    let mut totals: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut seed = options.seed;
    let killed =
        |totals: &BTreeMap<&'static str, usize>| totals.get("killed").copied().unwrap_or(0);
    while options.wants_more(seed - options.seed, killed(&totals), started.elapsed()) {
        let shape = options.shape(seed);
        println!("seed {seed}: {shape:?}");
        match run_round(seed, shape).await {
            Ok(report) => add(&mut totals, seed, &report),
            Err(failure) => {
                println!("{failure}");
                println!("run it again: {}", options.replay(seed, shape));
                return ExitCode::FAILURE;
            }
        }
        seed += 1;
    }
    let totals = totals.iter().map(|(kind, count)| format!("{count} {kind}"));
    println!(
        "{} rounds without a difference in {:.0} s: {}",
        seed - options.seed,
        started.elapsed().as_secs_f64(),
        totals.collect::<Vec<_>>().join(", ")
    );
    ExitCode::SUCCESS
}

fn add(totals: &mut BTreeMap<&'static str, usize>, seed: u64, report: &RoundReport) {
    println!("seed {seed}: no difference: {report}");
    for (kind, count) in &report.faults {
        *totals.entry(kind).or_default() += count;
    }
}
