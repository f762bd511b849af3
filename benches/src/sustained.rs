//! P10 and endurance: a deployment under a steady stream of contributions,
//! with readers, for as long as is asked for.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use event_log::Publisher;
use events::Envelope;
use scraper::generator::{Settings, Shape, Size, write_hour_gzip};
use scraper::ingest::decode_file;
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use crate::Options;
use crate::deployment::Deployment;
use crate::load::Connection;
use crate::program::directory;
use crate::report::{Measure, Row, as_seconds};
use crate::samples::Samples;

/// Contributions of a batch, and time between two: 2,000 a second.
const BATCH: usize = 50;
const PERIOD: Duration = Duration::from_millis(25);

/// Events made up at once, and batches made up ahead.
const EVENTS: usize = 20_000;
const AHEAD: usize = 200;

/// Boards that are read meanwhile, each a hundred times a second.
const READ: Duration = Duration::from_millis(10);
const BOARDS: [&str; 3] = [
    "/api/v1/leaderboards/global?period=all&limit=50",
    "/api/v1/leaderboards/global?period=2026&limit=50&class=everyone",
    "/api/v1/leaderboards/global?period=2026-01&limit=20&kind=commit",
];

/// What is asked to see how far the boards are.
const NEWEST: &str = "/api/v1/leaderboards/global?period=all&limit=1";

/// Between two looks at the board for what is new.
const LOOK: Duration = Duration::from_millis(5);

/// How fresh a board must be, in seconds, 99 times of 100.
const FRESH: f64 = 0.25;

/// What the time before is for: connections, plans, files of tables.
const WARM_UP: Duration = Duration::from_secs(10);

const WORLD: Size = Size {
    people: 1_000_000,
    repositories: 300_000,
    organisations: 20_000,
};

/// P10: from acknowledged to on the board.
pub(crate) async fn freshness(options: &Options) -> anyhow::Result<Row> {
    let (mut fresh, _) = run(Duration::from_secs(60), options).await?;
    let p99 = percentile(&mut fresh, 99);
    Ok(Row {
        name: "P10",
        what: "99 of 100 batches on the board after / 250 ms".to_owned(),
        ours: p99,
        reference: FRESH,
        measure: Measure::Time,
        goal: 1.0,
    })
}

/// Half an hour, or as long as is asked for: nothing may grow but what is
/// stored.
pub(crate) async fn endurance(minutes: u64, options: &Options) -> anyhow::Result<Vec<Row>> {
    let (_, samples) = run(Duration::from_secs(60 * minutes), options).await?;
    samples.rows()
}

/// When a batch was acknowledged, and the sequence that it reached.
struct Acknowledged {
    sequence: u64,
    at: Instant,
}

/// Returns how long each batch took to be seen, and what everything took.
async fn run(duration: Duration, options: &Options) -> anyhow::Result<(Vec<Duration>, Samples)> {
    let directory = directory()?;
    let deployment = Deployment::start(&directory.path().join("data"), &options.tools).await?;
    let (batches, made) = mpsc::channel(AHEAD);
    let scratch = directory.path().join("hour.json.gz");
    let making = tokio::task::spawn_blocking(move || make_up(&scratch, &batches));
    let (acknowledged, seen) = mpsc::unbounded_channel();
    let publisher = deployment.log.publisher();
    let publishing = tokio::spawn(publish(publisher, made, WARM_UP + duration, acknowledged));
    let watching = Connection::open(deployment.api).await?;
    let watching = tokio::spawn(watch_board(watching, seen, Instant::now() + WARM_UP));
    tokio::time::sleep(WARM_UP).await;

    let readers: Vec<_> = BOARDS
        .iter()
        .map(|path| tokio::spawn(read(deployment.api, path, duration)))
        .collect();
    let samples = Samples::take(&deployment, duration).await?;
    let mut answers = Vec::new();
    for reader in readers {
        answers.extend(reader.await??);
    }
    let published = publishing.await??;
    let mut fresh = watching.await??;
    making.await??;
    println!(
        "  {published} contributions, {:.0} a second, on the board within {}; {:.0} answers/s within {}; load {}",
        published as f64 / as_seconds(WARM_UP + duration),
        spread(&mut fresh),
        answers.len() as f64 / as_seconds(duration),
        spread(&mut answers),
        machine_load(),
    );
    deployment.stop().await?;
    Ok((fresh, samples))
}

/// Makes hour after hour up until nobody takes them any more.
fn make_up(scratch: &Path, batches: &mpsc::Sender<Vec<Envelope>>) -> anyhow::Result<()> {
    let settings = Settings {
        seed: 10,
        size: WORLD,
        shape: Shape::Whole,
        length: 1,
    };
    // This thread only: what is measured must not wait for what it is fed.
    rustix::process::nice(19)?;
    let mut hour: DateTime<Utc> = "2026-01-01T00:00:00Z".parse()?;
    loop {
        write_hour_gzip(std::fs::File::create(scratch)?, &settings, hour, EVENTS)?;
        let events = decode_file(scratch, 1)?.decoded.events;
        let envelopes: Vec<Envelope> = events
            .into_iter()
            .map(|event| Envelope::wrap("/scraper/archive", event))
            .collect::<Result<_, _>>()?;
        for batch in envelopes.chunks(BATCH) {
            if batches.blocking_send(batch.to_vec()).is_err() {
                return Ok(());
            }
        }
        hour += TimeDelta::hours(1);
    }
}

/// Publishes a batch each period; returns how many contributions were stored.
async fn publish(
    publisher: Publisher,
    mut made: mpsc::Receiver<Vec<Envelope>>,
    duration: Duration,
    acknowledged: mpsc::UnboundedSender<Acknowledged>,
) -> anyhow::Result<u64> {
    let mut periods = tokio::time::interval(PERIOD);
    periods.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let started = Instant::now();
    let mut sequence = 0;
    while started.elapsed() < duration {
        periods.tick().await;
        let batch = made.recv().await.context("nothing is made up any more")?;
        sequence += publisher.publish(batch).await?.stored;
        let at = Instant::now();
        // Whoever waits for it has failed, and says so.
        let _ = acknowledged.send(Acknowledged { sequence, at });
    }
    Ok(sequence)
}

/// What is read of a board.
#[derive(Deserialize)]
struct Answer {
    meta: Version,
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// Asks for the board again and again; returns how long after each
/// acknowledgement it was seen there, of those from an instant on.
async fn watch_board(
    mut connection: Connection,
    mut acknowledged: mpsc::UnboundedReceiver<Acknowledged>,
    since: Instant,
) -> anyhow::Result<Vec<Duration>> {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut fresh = Vec::new();
    let mut version = 0;
    while let Some(batch) = acknowledged.recv().await {
        while version < batch.sequence {
            looks.tick().await;
            let answer = connection.get(NEWEST).await?;
            let body = answer.iter().position(|byte| *byte == b'{');
            let (_, body) = answer.split_at(body.context("the answer has no body")?);
            let answer: Answer = serde_json::from_slice(body)?;
            version = answer.meta.version;
        }
        if batch.at >= since {
            fresh.push(batch.at.elapsed());
        }
    }
    Ok(fresh)
}

/// Reads a board again and again; returns how long each answer took.
async fn read(
    address: SocketAddr,
    path: &str,
    duration: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let mut connection = Connection::open(address).await?;
    let mut times = tokio::time::interval(READ);
    times.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let started = Instant::now();
    let mut answers = Vec::new();
    while started.elapsed() < duration {
        times.tick().await;
        let asked = Instant::now();
        connection.get(path).await?;
        answers.push(asked.elapsed());
    }
    Ok(answers)
}

/// The time, in seconds, that this part of a hundred took at most.
fn percentile(measured: &mut [Duration], part: usize) -> f64 {
    measured.sort();
    let place = (measured.len() * part).div_ceil(100).saturating_sub(1);
    measured.get(place).copied().map_or(f64::NAN, as_seconds)
}

/// The middle, 99 of 100, and the last, in milliseconds.
fn spread(measured: &mut [Duration]) -> String {
    let [middle, most, all] = [50, 99, 100].map(|part| percentile(measured, part) * 1e3);
    format!("{middle:.1}, {most:.1}, {all:.1} ms (half, 99 of 100, all)")
}

/// The load of the machine over one, five and fifteen minutes.
fn machine_load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
