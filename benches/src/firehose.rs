//! An hour of all of GitHub as it is in 2026, made up in shape and mix: how
//! many times faster than real time it is read, stored, and on every board.

use std::path::Path;

use anyhow::Context;
use scraper::generator::{Settings, Shape, Size, write_hour_gzip};

use crate::Options;
use crate::deployment::Deployment;
use crate::program::directory;
use crate::report::{Measure, Row, as_seconds, median};

/// Events in the fullest hours that the most complete archive has of
/// September 2026 (igrigorik/gharchive.org issue 323).
const EVENTS: usize = 624_300;

/// As many people and repositories as an hour has to do with, and more.
const WORLD: Size = Size {
    people: 2_000_000,
    repositories: 1_000_000,
    organisations: 60_000,
};

/// Texts of such a length that the hour is as large as those, 361 MB.
const LENGTH: usize = 12;

/// What GitHub takes for an hour, in seconds.
const HOUR: f64 = 3_600.0;

pub(crate) async fn against_real_time(options: &Options) -> anyhow::Result<Row> {
    let directory = directory()?;
    let file = directory.path().join("2026-09-17-15.json.gz");
    make_up(&file)?;
    let file = file.display().to_string();
    let mut took = Vec::new();
    for run in 0..options.runs {
        let data_dir = directory.path().join(format!("run-{run}"));
        let deployment = Deployment::start(&data_dir, &options.tools).await?;
        let (elapsed, peak) = deployment.run(&["ingest", "--wait", &file]).await?;
        let [program, postgres, nats] = deployment.usage()?;
        println!(
            "  {:.1} s; scraper at most {} MB, projector and API {} MB, Postgres {} MB, nats-server {} MB",
            as_seconds(elapsed),
            peak / 1_000_000,
            program.bytes / 1_000_000,
            postgres.bytes / 1_000_000,
            nats.bytes / 1_000_000,
        );
        deployment.stop().await?;
        std::fs::remove_dir_all(&data_dir)?;
        took.push(as_seconds(elapsed));
    }
    Ok(Row {
        name: "firehose",
        what: format!("{EVENTS} events onto every board / the hour they happen in"),
        ours: median(took),
        reference: HOUR,
        measure: Measure::Rate,
        goal: 10.0,
    })
}

fn make_up(path: &Path) -> anyhow::Result<()> {
    let settings = Settings {
        seed: 2026,
        size: WORLD,
        shape: Shape::Trimmed,
        length: LENGTH,
    };
    let hour = "2026-09-17T15:00:00Z".parse().context("an hour")?;
    let output = std::io::BufWriter::new(std::fs::File::create(path)?);
    write_hour_gzip(output, &settings, hour, EVENTS)?;
    println!(
        "  made up an hour of {EVENTS} events, {} MB compressed",
        path.metadata()?.len() / 1_000_000
    );
    Ok(())
}
