//! One round: a stage, a schedule, the work under it, and the verdict.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::feed::{Acknowledged, run_publisher, run_scraper};
use super::harm::Harm;
use super::material::Material;
use super::reader::{SharedSight, Sight, read_boards};
use super::rebuild::check_rebuild;
use super::schedule::{Schedule, Shape};
use super::stage::Stage;
use super::verdict::{Written, check_database, check_log, check_sight, wait_until_answered};

/// How long the work may go on after the last fault, and then the lag until
/// it is zero.
const PATIENCE: Duration = Duration::from_secs(180);

/// Files fed per fault, so that there is work at each.
const FILES_PER_FAULT: f64 = 0.25;

/// What happened in a round without a difference.
#[derive(Debug)]
pub struct RoundReport {
    /// What was done to it, by kind.
    pub faults: BTreeMap<&'static str, usize>,
    /// Messages on the stream of contributions.
    pub messages: u64,
    /// Of these, repetitions and poison.
    pub contributions: usize,
    /// How often the projections changed hands.
    pub takeovers: i64,
    /// Answers the reader had.
    pub answers: u64,
    /// Versions of the score board it saw.
    pub versions: usize,
    /// Runs of `ingest` that succeeded.
    pub ingests: u64,
    /// Times a process of ours ended by itself and was started again.
    pub failures: u64,
    /// How long the round took.
    pub took: Duration,
    /// How long until the lag was zero after the last of the work.
    pub recovery: Duration,
}

/// A round that went wrong.
#[derive(Debug)]
pub struct RoundFailure {
    /// What was done to it.
    pub schedule: Schedule,
    /// Where everything it left behind is.
    pub directory: Option<PathBuf>,
    /// What went wrong.
    pub error: anyhow::Error,
}

impl fmt::Display for RoundFailure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.schedule)?;
        if let Some(directory) = &self.directory {
            writeln!(out, "everything it left behind: {}", directory.display())?;
        }
        write!(out, "seed {}: {:#}", self.schedule.seed, self.error)
    }
}

/// Runs one round.
///
/// # Errors
/// [`RoundFailure`] with the first difference.
pub async fn run_round(seed: u64, shape: Shape) -> Result<RoundReport, Box<RoundFailure>> {
    let schedule = Schedule::draw(seed, shape);
    let mut directory = None;
    run(&schedule, shape, &mut directory)
        .await
        .map_err(|error| {
            Box::new(RoundFailure {
                schedule,
                directory,
                error,
            })
        })
}

async fn run(
    schedule: &Schedule,
    shape: Shape,
    directory: &mut Option<PathBuf>,
) -> anyhow::Result<RoundReport> {
    let started = Instant::now();
    let (mut stage, orders) = Stage::start(shape).await.context("starting the stage")?;
    stage.keep_files();
    *directory = Some(stage.directory().to_owned());
    let stage = Arc::new(stage);
    let files = (schedule.steps.len() as f64 * FILES_PER_FAULT).ceil() as usize;
    let material = Material::make(
        schedule.seed,
        files.max(4),
        &stage.directory().join("input"),
    )?;
    let acknowledged = Arc::new(Acknowledged::default());
    let harm = Arc::new(Harm::new(Arc::clone(&stage), Arc::clone(&acknowledged)));
    let sight = SharedSight::default();
    let stop = CancellationToken::new();
    let reading = tokio::spawn(read_boards(
        stage.api_url.clone(),
        Arc::clone(&sight),
        stop.clone(),
    ));
    let (progress, seen) = watch::channel((0, schedule.steps.len()));
    let work = async {
        let (ingests, ()) = tokio::try_join!(
            run_scraper(&stage, &material.files, &acknowledged, seen.clone(), orders),
            run_publisher(&stage, &material, &acknowledged, seen.clone()),
        )?;
        Ok::<u64, anyhow::Error>(ingests)
    };
    let ((), ingests) = tokio::try_join!(inflict_all(schedule, &harm, progress), async {
        // Long enough for any schedule, short enough to end one day.
        let limit = PATIENCE + Duration::from_secs(2) * u32::try_from(schedule.steps.len())?;
        tokio::time::timeout(limit, work)
            .await
            .context("the work does not end")?
    })?;
    let idle = Instant::now();
    let log = stage.servers.log().await?;
    leaderboard::wait_until_projected(&stage.pool, &log, PATIENCE)
        .await
        .context("the lag does not return to zero")?;
    let recovery = idle.elapsed();
    let written = Written::read(&log).await?;
    wait_until_answered(&stage.api_url, written.last(), PATIENCE).await?;
    stop.cancel();
    reading.await?;
    check_log(&written, &material, &acknowledged)?;
    check_database(&stage.pool, &material, &acknowledged, &written).await?;
    let sight = std::mem::take(&mut *sight.lock().unwrap_or_else(PoisonError::into_inner));
    check_sight(&sight, &written)?;
    check_rebuild(&stage, &log).await?;
    let report = report(&stage, &harm, &written, &material, &sight, started);
    let report = RoundReport {
        ingests,
        recovery,
        takeovers: takeovers(&stage.pool).await?,
        ..report
    };
    std::fs::remove_dir_all(stage.directory().join("input"))?;
    drop(harm);
    if let Some(stage) = Arc::into_inner(stage) {
        stage.discard();
    }
    Ok(report)
}

/// All faults in their order, each when its time has come and its victim has
/// got over the one before.
async fn inflict_all(
    schedule: &Schedule,
    harm: &Arc<Harm>,
    progress: watch::Sender<(usize, usize)>,
) -> anyhow::Result<()> {
    let mut under_way = JoinSet::new();
    for (number, step) in schedule.steps.iter().copied().enumerate() {
        tokio::time::sleep(step.after).await;
        let victim = harm.wait_for_victim(step.fault).await;
        let harm = Arc::clone(harm);
        under_way.spawn(async move { harm.inflict(step, victim).await });
        progress.send_replace((number + 1, schedule.steps.len()));
        while let Some(done) = under_way.try_join_next() {
            done??;
        }
    }
    while let Some(done) = under_way.join_next().await {
        done??;
    }
    Ok(())
}

fn report(
    stage: &Stage,
    harm: &Harm,
    written: &Written,
    material: &Material,
    sight: &Sight,
    started: Instant,
) -> RoundReport {
    let services = stage.projectors.iter().chain([&stage.api]);
    let handles = services
        .map(|service| &service.handle)
        .chain([&stage.scraper]);
    RoundReport {
        faults: harm.done(),
        messages: written.last(),
        contributions: super::material::contributions_of(&material.all_events).len(),
        takeovers: 0,
        answers: sight.answers,
        versions: sight
            .boards
            .get("score")
            .map_or(0, |board| board.versions.len()),
        ingests: 0,
        failures: handles
            .map(|handle| handle.lives.failures.load(Ordering::Relaxed))
            .sum(),
        took: started.elapsed(),
        recovery: Duration::ZERO,
    }
}

async fn takeovers(pool: &PgPool) -> anyhow::Result<i64> {
    let epochs = sqlx::query_scalar("SELECT coalesce(sum(epoch), 0)::bigint FROM projections");
    Ok(epochs.fetch_one(pool).await?)
}

impl fmt::Display for RoundReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults = self
            .faults
            .iter()
            .map(|(kind, count)| format!("{count} {kind}"));
        write!(
            out,
            "{}; {} messages on the log of {} contributions; {} ingests; {} changes of owner; \
             {} processes ended by themselves; {} answers, {} versions; caught up in {:.1} s; \
             {:.0} s in all",
            faults.collect::<Vec<_>>().join(", "),
            self.messages,
            self.contributions,
            self.ingests,
            self.takeovers,
            self.failures,
            self.answers,
            self.versions,
            self.recovery.as_secs_f64(),
            self.took.as_secs_f64(),
        )
    }
}
