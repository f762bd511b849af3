//! P13, P14 and the rest of P12: what grows with what is stored. Made-up hours
//! of ten million people go the real way, some at a time; after each step the
//! log is a step longer and the tables a step larger.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use event_log::{EventLog, LogSettings, LogStream};
use leaderboard::parts::{Binaries, Nats, Postgres};
use leaderboard::wait_until_projected;
use scraper::generator::{Settings, Shape, Size, write_hour_gzip};
use sqlx::PgPool;

use crate::Options;
use crate::deployment::Deployment;
use crate::program::{Running, directory};
use crate::report::{Measure, Row, as_seconds, median};

/// Events of a made-up hour, and hours of a step: together about as many
/// contributions as the real hours have that other rows are measured on.
const EVENTS: usize = 100_000;
const HOURS: i64 = 3;

const WORLD: Size = Size {
    people: 10_000_000,
    repositories: 3_000_000,
    organisations: 60_000,
};

const PATIENCE: Duration = Duration::from_secs(3_600);

/// What one step took.
struct Step {
    stored: u64,
    /// Contributions projected each second, while nothing else was done.
    rate: f64,
    /// The most memory the projector had, in bytes.
    projector: u64,
    /// The most memory the scraper had, in bytes.
    scraper: u64,
    database: i64,
}

pub(crate) async fn measure(options: &Options) -> anyhow::Result<Vec<Row>> {
    let directory = directory()?;
    let data_dir = directory.path().join("data");
    let empty = start(&data_dir, options).await?;
    let mut steps: Vec<Step> = Vec::new();
    {
        let servers = Servers::start(&data_dir, options).await?;
        while steps.last().map_or(0, |step| step.stored) < options.stored {
            let begin = hour(steps.len())?;
            let step = servers.step(directory.path(), begin, options).await?;
            println!(
                "  {} stored: {:.0} contributions/s; projector at most {} MB, scraper {} MB; database {} MB",
                step.stored,
                step.rate,
                step.projector / 1_000_000,
                step.scraper / 1_000_000,
                step.database / 1_000_000,
            );
            steps.push(step);
        }
        servers.tell_sizes().await?;
        servers.stop().await;
    }
    let full = start(&data_dir, options).await?;
    let first = steps.first().context("nothing was measured")?;
    let last = steps.last().context("nothing was measured")?;
    let flat = |what: &str, of: fn(&Step) -> u64| Row {
        name: "P12",
        what: format!("{what} / the same in the first step"),
        ours: of(last) as f64,
        reference: of(first) as f64,
        measure: Measure::Growth,
        goal: 1.25,
    };
    Ok(vec![
        flat("most memory of the projector, full", |step| step.projector),
        flat("most memory of the scraper, full", |step| step.scraper),
        Row {
            name: "P13",
            what: format!(
                "projecting with {} stored / with {}",
                last.stored, first.stored
            ),
            ours: 1_000_000.0 / last.rate,
            reference: 1_000_000.0 / first.rate,
            measure: Measure::Rate,
            goal: 0.8,
        },
        starting("answers with", &full, &empty, |start| start.ready, last),
        starting("taking in with", &full, &empty, |start| start.open, last),
    ])
}

/// Each step has a day of its own.
fn hour(step: usize) -> anyhow::Result<DateTime<Utc>> {
    let first: DateTime<Utc> = "2024-01-01T00:00:00Z".parse()?;
    Ok(first + TimeDelta::days(i64::try_from(step)?))
}

/// What a start took, in seconds.
struct Start {
    /// Until pages and answers are served.
    ready: f64,
    /// Until events are taken in.
    open: f64,
}

/// A row about starts.
fn starting(what: &str, full: &Start, empty: &Start, took: fn(&Start) -> f64, last: &Step) -> Row {
    Row {
        name: "P14",
        what: format!("{what} {} stored / with none", last.stored),
        ours: took(full),
        reference: took(empty),
        measure: Measure::Time,
        goal: 1.5,
    }
}

/// How long `leaderboard up` takes, its files having been read: the medians of
/// several starts.
async fn start(data_dir: &Path, options: &Options) -> anyhow::Result<Start> {
    let (mut ready, mut open) = (Vec::new(), Vec::new());
    Deployment::start(data_dir, &options.tools)
        .await?
        .stop()
        .await?;
    for _ in 0..options.runs {
        let deployment = Deployment::start(data_dir, &options.tools).await?;
        ready.push(as_seconds(deployment.ready_after));
        open.push(as_seconds(deployment.open_after));
        deployment.stop().await?;
    }
    println!("  answers after {ready:.2?} s, events taken in after {open:.2?} s");
    Ok(Start {
        ready: median(ready),
        open: median(open),
    })
}

/// The servers of a data directory, without the services.
struct Servers {
    postgres: Postgres,
    nats: Nats,
    pool: PgPool,
    log: EventLog,
    addresses: Vec<String>,
}

impl Servers {
    async fn start(data_dir: &Path, options: &Options) -> anyhow::Result<Self> {
        let binaries = Binaries::locate(&options.path, &options.tools)?;
        let postgres = Postgres::start(&binaries, &data_dir.join("postgres")).await?;
        let nats = Nats::start(&binaries, &data_dir.join("nats")).await?;
        let url = postgres.url("leaderboard");
        let pool = postgres::connect(&postgres::PoolSettings {
            url: url.clone(),
            max_connections: 2,
            application_name: "bench".to_owned(),
        })?;
        let settings = LogSettings {
            url: nats.url(),
            credentials: None,
            replicas: 1,
        };
        let log = EventLog::connect(&settings).await?;
        let addresses = ["--database-url", &url, "--nats-url", &nats.url()].map(str::to_owned);
        Ok(Self {
            postgres,
            nats,
            pool,
            log,
            addresses: addresses.to_vec(),
        })
    }

    /// A command against these servers.
    fn run(&self, arguments: &[&str], options: &Options) -> anyhow::Result<Running> {
        let addresses: Vec<&str> = self.addresses.iter().map(String::as_str).collect();
        Running::start(&[arguments, &addresses].concat(), &options.tools)
    }

    /// Reads some hours into the log, then projects them.
    async fn step(
        &self,
        directory: &Path,
        begin: DateTime<Utc>,
        options: &Options,
    ) -> anyhow::Result<Step> {
        let hours = make_up(directory, begin)?;
        let paths: Vec<&str> = hours.iter().map(String::as_str).collect();
        let before = self.log.last_sequence(LogStream::Contributions).await?;
        let ingest = [&["ingest"], paths.as_slice()].concat();
        let scraper = self.run(&ingest, options)?.end().await?;
        for path in &hours {
            std::fs::remove_file(path)?;
        }
        let stored = self.log.last_sequence(LogStream::Contributions).await?;

        let started = Instant::now();
        let projector = self.run(&["serve", "projector"], options)?;
        wait_until_projected(&self.pool, &self.log, PATIENCE).await?;
        let elapsed = as_seconds(started.elapsed());
        Ok(Step {
            stored,
            rate: (stored - before) as f64 / elapsed,
            projector: projector.stop().await?,
            scraper,
            database: sqlx::query_scalar("SELECT pg_database_size(current_database())")
                .fetch_one(&self.pool)
                .await?,
        })
    }

    /// Tells what each table costs, with its indexes.
    async fn tell_sizes(&self) -> anyhow::Result<()> {
        let tables = "
            SELECT coalesce(parent.relname, class.relname)::text, sum(class.reltuples)::float8,
                   sum(pg_relation_size(class.oid))::float8, sum(pg_indexes_size(class.oid))::float8
            FROM pg_class AS class
            LEFT JOIN pg_inherits ON inhrelid = class.oid
            LEFT JOIN pg_class AS parent ON parent.oid = inhparent
            WHERE class.relkind = 'r' AND class.relnamespace = 'public'::regnamespace
            GROUP BY 1 HAVING sum(pg_total_relation_size(class.oid)) > 1000000 ORDER BY 3 DESC";
        sqlx::raw_sql("ANALYZE").execute(&self.pool).await?;
        let sizes: Vec<(String, f64, f64, f64)> =
            sqlx::query_as(tables).fetch_all(&self.pool).await?;
        for (table, rows, heap, indexes) in sizes {
            println!(
                "  {table}: {rows:.0} rows, {:.0} MB, indexes {:.0} MB",
                heap / 1e6,
                indexes / 1e6
            );
        }
        Ok(())
    }

    async fn stop(mut self) {
        self.pool.close().await;
        self.nats.stop().await;
        self.postgres.stop().await;
    }
}

/// The hours of a step, as files.
fn make_up(directory: &Path, begin: DateTime<Utc>) -> anyhow::Result<Vec<String>> {
    let settings = Settings {
        seed: 10_000_000,
        size: WORLD,
        shape: Shape::Whole,
        length: 1,
    };
    let hours = (0..HOURS).map(|number| begin + TimeDelta::hours(number));
    hours
        .map(|hour| {
            let path = directory.join(format!("{}.json.gz", hour.format("%Y-%m-%d-%-H")));
            let output = std::io::BufWriter::new(std::fs::File::create(&path)?);
            write_hour_gzip(output, &settings, hour, EVENTS)?;
            Ok(path.display().to_string())
        })
        .collect()
}
