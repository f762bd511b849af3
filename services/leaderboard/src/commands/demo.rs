//! `demo`: everything, with something to see.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use runtime::{Clock, Shutdown, SystemClock};
use scraper::generator::generate_hour_gzip;
use scraper::sources::archive::{ArchiveBases, Fetcher, Patience};

use super::{ask, ingest, up};
use crate::catch_up::wait_until_projected;
use crate::cli::ask::{Moment, Top};
use crate::cli::export::Export;
use crate::cli::jobs::Scheduling;
use crate::cli::{Demo, Options};

/// The seed of made-up events: every demonstration shows the same.
const SEED: u64 = 20_260_901;

/// How long an archive may take to answer before events are made up instead.
const NETWORK_PATIENCE: Duration = Duration::from_secs(8);

/// How long the projector may take to catch up with the demonstration.
const CATCH_UP: Duration = Duration::from_secs(1_800);

pub(super) async fn demo(options: &Options, demo: &Demo) -> anyhow::Result<()> {
    let (input, notice) = choose_input(options, demo).await?;
    if let Some(notice) = &notice {
        println!("{notice}");
    }
    let shutdown = Shutdown::on_signals()?;
    let running = up::start(
        options,
        &demo.listen,
        &Scheduling::default(),
        &demo.working,
        notice,
        &shutdown,
    )
    .await?;
    let Some(running) = running else {
        return Ok(());
    };
    println!(
        "The page is at {} and fills as events are read.",
        running.api
    );
    let plan = ingest::plan(&input, &ArchiveBases::default())?;
    let log = &running.log.log;
    let report = tokio::select! {
        report = ingest::run(&plan, log, false, running.shutdown.token()) => report?,
        () = shutdown.asked() => return running.wait(options).await,
    };
    for (unit, reason) in report.failed() {
        println!("{unit}: {reason}");
    }
    tokio::select! {
        projected = wait_until_projected(&running.database.pool, log, CATCH_UP) => projected?,
        () = shutdown.asked() => return running.wait(options).await,
    }
    ask::show_top(&running.api, &Top::demonstration()).await?;
    println!("\nThe page is at {}; Ctrl-C stops everything.", running.api);
    running.wait(options).await
}

/// What was given; else the latest hour of the archives; else made-up events,
/// with the notice that says so.
async fn choose_input(
    options: &Options,
    demo: &Demo,
) -> anyhow::Result<(Vec<String>, Option<String>)> {
    if !demo.input.is_empty() {
        return Ok((demo.input.clone(), None));
    }
    // The archives are some hours behind.
    let hour = (SystemClock.now() - TimeDelta::hours(3)).duration_trunc(TimeDelta::hours(1))?;
    let text = hour.format("%Y-%m-%dT%H").to_string();
    if is_to_be_had(&text).await {
        return Ok((vec![text], None));
    }
    let path = make_up(options, hour, demo.events)?;
    let notice = format!(
        "Demonstration: no archive can be reached from here, so these {} events, people and \
         repositories are made up.",
        demo.events
    );
    Ok((vec![path.display().to_string()], Some(notice)))
}

async fn is_to_be_had(hour: &str) -> bool {
    let opened = async {
        let plan = ingest::plan(&[hour.to_owned()], &ArchiveBases::default())?;
        let patience = Patience {
            retries: 0,
            ..Patience::default()
        };
        let fetcher = Fetcher::new(patience)?;
        let unit = plan.units.first().context("an hour is one unit")?;
        fetcher.open(unit).await?;
        anyhow::Ok(())
    };
    matches!(
        tokio::time::timeout(NETWORK_PATIENCE, opened).await,
        Ok(Ok(()))
    )
}

fn make_up(options: &Options, hour: DateTime<Utc>, events: usize) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(&options.data_dir)
        .with_context(|| format!("cannot make {}", options.data_dir.display()))?;
    let path = options.data_dir.join("made-up.json.gz");
    std::fs::write(&path, generate_hour_gzip(SEED, hour, events)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

impl Top {
    /// The board that a demonstration ends with.
    fn demonstration() -> Self {
        Self {
            scope: "global".to_owned(),
            period: "all".to_owned(),
            kind: "score".to_owned(),
            class: "human".to_owned(),
            companies: false,
            company: None,
            limit: 10,
            cursor: None,
            moment: Moment::default(),
            file: Export::default(),
            json: false,
        }
    }
}
