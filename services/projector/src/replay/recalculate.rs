//! A whole recalculation, as a scheduled job does it.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::Instant;

use super::hold::FURTHEST_BEHIND;
use super::{
    Author, GenerationStatus, ParityReport, ReplayError, StartSettings, Status, Switched, compare,
    start, status, switch,
};
use crate::projections::{PROJECTIONS, home_of};

/// How often it is looked how far the new generation is.
const LOOK: Duration = Duration::from_secs(1);

/// How long, as a rule, no projector need run before nothing is waited for any more: much
/// longer than another takes to take over from one that was killed.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How often the generations are compared before it is given up: in between
/// the one that is read may have been too far ahead for a moment.
const ATTEMPTS: usize = 10;

/// How a recalculation is done.
#[derive(Clone, Debug)]
pub struct Recalculation {
    /// How the replay is begun, if none is under way.
    pub start: StartSettings,
    /// Rows that are shown of each table that differs.
    pub sample: u32,
    /// Who switches, and why.
    pub author: Author,
    /// How long no projector need run before it is given up ([`PATIENCE`]).
    pub patience: Duration,
}

/// What a recalculation came to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Everything was equal, and readers read the new generation.
    Switched(Switched, ParityReport),
    /// The generations differ. Both are there, for a person to decide.
    Differs(ParityReport),
}

/// Makes all read models anew and gives them to the readers if they are equal
/// to what was read so far. A replay that is under way is taken over, so a
/// recalculation that was cut off goes on when it is called again. `report` is
/// told every second how far the new generation is.
///
/// It takes as long as the log is long, and needs projectors that run.
///
/// # Errors
/// As each step, and [`ReplayError::NoProjector`]; whatever was reached stays.
pub async fn recalculate(
    pool: &PgPool,
    recalculation: &Recalculation,
    mut report: impl FnMut(&GenerationStatus),
) -> Result<Outcome, ReplayError> {
    match start(pool, &recalculation.start).await {
        Ok(_) => {}
        Err(ReplayError::Running(number)) => {
            check_same(pool, number, &recalculation.start).await?;
        }
        Err(error) => return Err(error),
    }
    wait_until_near(pool, recalculation.patience, &mut report).await?;
    let parity = compare_patiently(pool, recalculation.sample).await?;
    if parity.differences > 0 {
        tracing::error!(
            generation = parity.other,
            differences = parity.differences,
            "recalculation_differs"
        );
        return Ok(Outcome::Differs(parity));
    }
    let switched = switch(pool, &recalculation.author, false).await?;
    Ok(Outcome::Switched(switched, parity))
}

/// Refuses to take over a replay of something else than was wanted.
async fn check_same(pool: &PgPool, number: i32, wanted: &StartSettings) -> Result<(), ReplayError> {
    let now = status(pool).await?;
    let building = now.building().ok_or(ReplayError::Changed)?;
    match &building.projection {
        alone if *alone == wanted.projection => Ok(()),
        Some(alone) => Err(ReplayError::RunningAlone(number, alone.clone())),
        None => Err(ReplayError::Running(number)),
    }
}

/// Waits until the new generation has caught up but for what arrives now, for
/// as long as a projector runs: each holds a lease in the database.
pub(super) async fn wait_until_near(
    pool: &PgPool,
    patience: Duration,
    report: &mut impl FnMut(&GenerationStatus),
) -> Result<(), ReplayError> {
    let mut looks = tokio::time::interval(LOOK);
    let mut alive = Instant::now();
    loop {
        looks.tick().await;
        let now = status(pool).await?;
        if is_anybody_working(&now) {
            alive = Instant::now();
        } else if alive.elapsed() > patience {
            return Err(ReplayError::NoProjector(patience.as_secs()));
        }
        let building = now.building().ok_or(ReplayError::Changed)?;
        report(building);
        // Nothing is known of a projection that nobody has taken up yet.
        let held = PROJECTIONS.iter().filter(|(name, _)| {
            let only = building.projection.as_deref();
            only.is_none_or(|only| only == home_of(name))
        });
        let expected = held.count();
        let is_near = building.behind() < FURTHEST_BEHIND / 2 && !building.lacks_boards;
        if building.projections.len() >= expected && is_near {
            return Ok(());
        }
    }
}

/// Whether a projector works on any generation: whoever works on one takes up
/// the others, too.
fn is_anybody_working(now: &Status) -> bool {
    let mut projections = now.generations.iter().flat_map(|one| &one.projections);
    projections.any(|projection| projection.is_running)
}

async fn compare_patiently(pool: &PgPool, sample: u32) -> Result<ParityReport, ReplayError> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match compare(pool, sample).await {
            Err(ReplayError::Behind { .. } | ReplayError::NotAligned(_) | ReplayError::Changed)
                if attempts < ATTEMPTS =>
            {
                tokio::time::sleep(LOOK).await;
            }
            outcome => return outcome,
        }
    }
}
