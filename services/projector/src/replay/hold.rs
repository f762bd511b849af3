//! Holding two generations at the same place of the log for a moment.
//!
//! Both are told to commit nothing after the sequence that the one ahead has
//! reached (`projections.pause_at`). The one ahead stands still, the other
//! comes up to it, and then their tables can be compared or exchanged. A hold
//! runs out by itself when whoever asked for it is gone.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use postgres::GenerationPool;

use super::ReplayError;
use super::late_boards::make;
use super::pair::Pair;
use crate::projections::stream_of;

/// How long a hold lasts when it is not renewed.
const RUNS_OUT: Duration = Duration::from_secs(4);

/// How long the one behind may take to come up.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(20);

/// How far one may be behind when the other is told to stand still: readers
/// hear nothing new until it has come up.
pub(super) const FURTHEST_BEHIND: i64 = 20_000;

/// The sequence of each projection that two generations are held at.
pub(super) type Positions = BTreeMap<String, i64>;

/// Brings both generations to the same place and holds them there, each with all
/// that it is to have. The hold runs out by itself; [`release`] ends it at once.
pub(super) async fn hold(pair: &Pair) -> Result<Positions, ReplayError> {
    refuse_if_far_behind(pair).await?;
    make(pair.pool(), pair.other.generation()).await?;
    let held = bring_together(pair).await;
    if held.is_err() {
        release(pair).await?;
    }
    held
}

async fn bring_together(pair: &Pair) -> Result<Positions, ReplayError> {
    let mut positions = Positions::new();
    for projection in pair.projections() {
        let at = pause(pair, projection).await?;
        positions.insert(projection.to_owned(), at);
    }
    let began = Instant::now();
    let mut renewed = Instant::now();
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        if are_at(pair, &positions).await? {
            renew(pair, &positions).await?;
            return Ok(positions);
        }
        if began.elapsed() > PATIENCE {
            return Err(ReplayError::NotAligned(PATIENCE.as_secs()));
        }
        if renewed.elapsed() > RUNS_OUT / 4 {
            renew(pair, &positions).await?;
            renewed = Instant::now();
        }
    }
}

/// Sequences of a generation's projections.
pub(super) async fn positions_of(home: &GenerationPool) -> Result<Positions, sqlx::Error> {
    let mut transaction = home.begin().await?;
    let rows = sqlx::query!("SELECT projection, sequence FROM projections");
    let rows = rows.fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.projection, row.sequence))
        .collect())
}

async fn refuse_if_far_behind(pair: &Pair) -> Result<(), ReplayError> {
    let active = positions_of(&pair.active).await?;
    let other = positions_of(&pair.other).await?;
    for projection in pair.projections() {
        let at = |positions: &Positions| positions.get(projection).copied().unwrap_or(0);
        let ahead = at(&active) - at(&other);
        let late = if ahead > 0 { &pair.other } else { &pair.active };
        if ahead.abs() > FURTHEST_BEHIND {
            return Err(ReplayError::Behind {
                generation: late.generation().number,
                projection: projection.to_owned(),
                behind: ahead.abs(),
            });
        }
    }
    Ok(())
}

/// Tells both to stop where the one ahead is; returns where that is.
async fn pause(pair: &Pair, projection: &str) -> Result<i64, ReplayError> {
    let mut active = pair.active.begin().await?;
    let mut other = pair.other.begin().await?;
    let mut at = 0;
    for transaction in [&mut active, &mut other] {
        // A projection that no projector has taken up yet has no row.
        sqlx::query!(
            "INSERT INTO projections (projection, stream) VALUES ($1, $2)
             ON CONFLICT (projection) DO NOTHING",
            projection,
            stream_of(projection),
        )
        .execute(&mut **transaction)
        .await?;
    }
    // Both rows are locked until the pause is in both, always in this order.
    for transaction in [&mut active, &mut other] {
        let sequence = sqlx::query_scalar!(
            "SELECT sequence FROM projections WHERE projection = $1 FOR UPDATE",
            projection,
        );
        at = at.max(sequence.fetch_one(&mut **transaction).await?);
    }
    for transaction in [&mut active, &mut other] {
        sqlx::query!(
            "UPDATE projections
             SET pause_at = $2, paused_until = clock_timestamp() + make_interval(secs => $3)
             WHERE projection = $1",
            projection,
            at,
            RUNS_OUT.as_secs_f64(),
        )
        .execute(&mut **transaction)
        .await?;
    }
    active.commit().await?;
    other.commit().await?;
    Ok(at)
}

pub(super) async fn renew(pair: &Pair, positions: &Positions) -> Result<(), ReplayError> {
    for home in pair.both() {
        let mut transaction = home.begin().await?;
        for (projection, at) in positions {
            let renewed = sqlx::query!(
                "UPDATE projections
                 SET paused_until = clock_timestamp() + make_interval(secs => $3)
                 WHERE projection = $1 AND pause_at = $2 AND paused_until > clock_timestamp()",
                projection,
                at,
                RUNS_OUT.as_secs_f64(),
            )
            .execute(&mut *transaction)
            .await?;
            // It ran out, or somebody else holds them at another place.
            if renewed.rows_affected() != 1 {
                return Err(ReplayError::Changed);
            }
        }
        transaction.commit().await?;
    }
    Ok(())
}

async fn are_at(pair: &Pair, positions: &Positions) -> Result<bool, ReplayError> {
    for home in pair.both() {
        let found = positions_of(home).await?;
        let there = |(projection, at): (&String, &i64)| found.get(projection) == Some(at);
        if !positions.iter().all(there) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lets both go on.
pub(super) async fn release(pair: &Pair) -> Result<(), ReplayError> {
    for home in pair.both() {
        let mut transaction = home.begin().await?;
        sqlx::query!(
            "UPDATE projections SET paused_until = '-infinity' WHERE paused_until <> '-infinity'"
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
    }
    Ok(())
}
