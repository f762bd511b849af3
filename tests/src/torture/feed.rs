//! Feeding a round: the real scraper over files, a publisher of the harness'
//! own, and the bookkeeping of what was acknowledged.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use event_log::EventLog;
use events::Envelope;
use tokio::sync::watch;
use uuid::Uuid;

use super::material::{InputFile, Material, contributions_of};
use super::process::{RESTART_DELAY, run_once};
use super::stage::{ScraperOrders, Stage};

/// Events the harness publishes at once.
const OWN_BATCH: usize = 40;

/// How far the schedule has come: faults so far, of how many.
pub type Progress = watch::Receiver<(usize, usize)>;

/// What the log said it has.
#[derive(Default)]
pub struct Acknowledged {
    contributions: Mutex<BTreeSet<Uuid>>,
    events: Mutex<Vec<Envelope>>,
}

impl Acknowledged {
    /// Contributions that were acknowledged.
    pub fn add(&self, contributions: &BTreeSet<Uuid>) {
        let mut all = self
            .contributions
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.extend(contributions);
    }

    /// Every contribution that was acknowledged.
    pub fn contributions(&self) -> BTreeSet<Uuid> {
        let all = self.contributions.lock();
        all.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The harness' own events that were acknowledged.
    pub fn own_events(&self) -> Vec<Envelope> {
        let all = self.events.lock();
        all.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Whether as much of the work is due as of the faults has happened.
async fn wait_until_due(progress: &mut Progress, part: usize, of: usize) {
    let is_due = |(faults, all): &(usize, usize)| part * all <= faults * of;
    // Without a schedule any more, everything is due.
    let _ = progress.wait_for(is_due).await;
}

/// Runs `ingest` on one file after the other, each until it succeeds. While it
/// is ahead of the faults it reads repeated files again, so that a scraper is
/// at work whenever one is to be killed.
///
/// # Errors
/// When the program cannot be started.
pub async fn run_scraper(
    stage: &Stage,
    files: &[InputFile],
    acknowledged: &Acknowledged,
    mut progress: Progress,
    mut orders: ScraperOrders,
) -> anyhow::Result<u64> {
    let mut runs = 0;
    let repeated: Vec<&InputFile> = files.iter().filter(|file| file.is_repeated).collect();
    for (number, file) in files.iter().enumerate() {
        for again in repeated.iter().cycle() {
            let (faults, all) = *progress.borrow_and_update();
            if number * all <= faults * files.len() {
                break;
            }
            read_file(stage, again, acknowledged, &mut orders).await?;
            runs += 1;
        }
        wait_until_due(&mut progress, number, files.len()).await;
        read_file(stage, file, acknowledged, &mut orders).await?;
        runs += 1;
    }
    Ok(runs)
}

async fn read_file(
    stage: &Stage,
    file: &InputFile,
    acknowledged: &Acknowledged,
    orders: &mut ScraperOrders,
) -> anyhow::Result<()> {
    let invocation = stage.ingest(&file.path);
    let lives = &stage.scraper.lives;
    while !run_once(&invocation, lives, orders).await?.success() {
        // A process that fails at once is not started again at once.
        tokio::time::sleep(RESTART_DELAY).await;
    }
    acknowledged.add(&file.contributions);
    Ok(())
}

/// Publishes the harness' own events, each batch until it is acknowledged.
///
/// # Errors
/// Never: what fails is tried again.
pub async fn run_publisher(
    stage: &Stage,
    material: &Material,
    acknowledged: &Acknowledged,
    mut progress: Progress,
) -> anyhow::Result<()> {
    let settings = stage.publisher_settings();
    let log = loop {
        match EventLog::connect(&settings).await {
            Ok(log) => break log,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let publisher = log.publisher();
    let batches = material.own_events.chunks(OWN_BATCH);
    let count = batches.len();
    for (number, batch) in batches.enumerate() {
        wait_until_due(&mut progress, number, count).await;
        while publisher.publish(batch.to_vec()).await.is_err() {
            tokio::task::yield_now().await;
        }
        acknowledged.add(&contributions_of(batch));
        let mut events = acknowledged
            .events
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        events.extend_from_slice(batch);
    }
    Ok(())
}
