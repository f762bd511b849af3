//! P6: the whole log into a new generation while the API answers, against
//! projecting it with nobody else there; and what the API's readers notice.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use event_log::{EventLog, LogStream};
use leaderboard::parts::{Binaries, Postgres};
use projector::replay::{StartSettings, abort, start, status};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::Options;
use crate::end_to_end::{ingest_all, start_servers};
use crate::input::Input;
use crate::load::Load;
use crate::project::{connect, fresh_database, project};
use crate::report::{Measure, Row, as_seconds, median};
use crate::serving::{Serve, Served};

/// Readers, and how often each asks: 200 answers a second in all.
const READERS: usize = 4;
const PERIOD: Duration = Duration::from_millis(20);

/// How long readers ask while nothing else happens.
const IDLE: Duration = Duration::from_secs(10);

/// Between two looks at how far the new generation is.
const LOOK: Duration = Duration::from_millis(50);

/// What is read: boards of several sorts, by turns.
const PATHS: [&str; 4] = [
    "/api/v1/leaderboards/global?period=all&limit=50",
    "/api/v1/leaderboards/global?period=2016-01&limit=50&class=everyone",
    "/api/v1/leaderboards/global?period=all&limit=20&kind=commit",
    "/api/v1/coverage",
];

/// What one run measured, in seconds.
#[derive(Default)]
struct Measured {
    idle_projecting: Vec<f64>,
    replaying: Vec<f64>,
    from_memory: [Vec<f64>; 2],
    computed: [Vec<f64>; 2],
}

pub(crate) async fn under_load(input: &Input, options: &Options) -> anyhow::Result<Vec<Row>> {
    let binaries = Binaries::locate(&options.path, &options.tools)?;
    let (_directory, postgres, nats) = start_servers(&binaries).await?;
    let log = connect(&nats).await?;
    ingest_all(input, &log).await?;
    let mut measured = Measured::default();
    for run in 0..options.runs {
        let pool = fresh_database(&postgres, run).await?;
        measured.idle_projecting.push(project(&pool, &log).await?);
        let url = url_of(&postgres, run);
        for uncached in [false, true] {
            let (took, answers) = replay(&pool, &log, &url, nats.url(), uncached).await?;
            let [idle, meanwhile] = answers;
            println!(
                "  replayed in {took:.1} s; 99 of 100 answers within {:.1} ms idle, {:.1} ms meanwhile{}",
                idle * 1e3,
                meanwhile * 1e3,
                if uncached { ", computed" } else { "" }
            );
            let into = if uncached {
                &mut measured.computed
            } else {
                measured.replaying.push(took);
                &mut measured.from_memory
            };
            into[0].push(idle);
            into[1].push(meanwhile);
        }
        pool.close().await;
    }
    Ok(measured.rows())
}

impl Measured {
    fn rows(self) -> Vec<Row> {
        let p99 = |what: &str, [idle, meanwhile]: [Vec<f64>; 2]| Row {
            name: "P6",
            what: format!("99 of 100 answers {what} during a replay / idle"),
            ours: median(meanwhile),
            reference: median(idle),
            measure: Measure::Time,
            goal: 2.0,
        };
        vec![
            Row {
                name: "P6",
                what: "replay with readers / projecting with nobody there".to_owned(),
                ours: median(self.replaying),
                reference: median(self.idle_projecting),
                measure: Measure::Rate,
                goal: 1.0,
            },
            p99("from memory", self.from_memory),
            p99("computed", self.computed),
        ]
    }
}

fn url_of(postgres: &Postgres, run: usize) -> String {
    postgres.url(&format!("run_{run}"))
}

/// Replays everything once with readers, and throws it away. Returns how long
/// it took, and within which time 99 of 100 answers came before and meanwhile.
async fn replay(
    pool: &PgPool,
    log: &EventLog,
    url: &str,
    log_url: String,
    uncached: bool,
) -> anyhow::Result<(f64, [f64; 2])> {
    let url = url.to_owned();
    let api = Serve::Api {
        url: url.clone(),
        uncached,
    };
    let api = Served::start(&api).await?;
    let _projector = Served::start(&Serve::Projector {
        url: url.clone(),
        log: log_url,
    })
    .await?;
    read(api.address, Duration::from_secs(2)).await?;
    let idle = read(api.address, IDLE).await?;

    let reading = CancellationToken::new();
    let readers = tokio::spawn(read_until(api.address, reading.clone()));
    let began = Instant::now();
    start(pool, &StartSettings::default()).await?;
    wait(pool, log).await?;
    let took = as_seconds(began.elapsed());
    reading.cancel();
    let meanwhile = readers.await??;
    abort(pool).await?;
    Ok((took, [idle, meanwhile]))
}

/// Waits until the generation that is being built has the whole log.
async fn wait(pool: &PgPool, log: &EventLog) -> anyhow::Result<()> {
    let last = log.last_sequence(LogStream::Contributions).await?;
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        let now = status(pool).await?;
        let building = now.building().context("nothing is being built")?;
        let mut projections = building.projections.iter();
        let reached = projections
            .any(|one| one.projection == "contributions" && one.sequence.cast_unsigned() >= last);
        if reached && !building.lacks_boards {
            return Ok(());
        }
    }
}

/// Reads for a time; returns within which 99 of 100 answers came.
async fn read(address: SocketAddr, duration: Duration) -> anyhow::Result<f64> {
    let enough = CancellationToken::new();
    let reading = tokio::spawn(read_until(address, enough.clone()));
    tokio::time::sleep(duration).await;
    enough.cancel();
    reading.await?
}

/// Reads at a steady pace until told to stop.
async fn read_until(address: SocketAddr, enough: CancellationToken) -> anyhow::Result<f64> {
    let load = Load {
        address,
        connections: READERS,
        duration: Duration::MAX,
        paths: Arc::from(PATHS.map(str::to_owned)),
    };
    let answered = load.run_paced(PERIOD, enough).await?;
    ensure!(answered.rate() > 0.0, "the API answered nothing");
    Ok(answered.p99())
}
