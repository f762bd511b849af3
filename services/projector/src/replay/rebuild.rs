//! Making everything anew because the log has changed: after somebody was
//! erased from it, no table may hold what was there before.

use sqlx::PgPool;

use super::past::forget_all;
use super::recalculate::{PATIENCE, wait_until_near};
use super::{
    Author, GenerationStatus, ReplayError, StartSettings, Switched, drop_kept, start, switch,
};

/// Builds the next generation from the log as it is now, gives it to readers
/// whatever they read before, and throws all others away, with everything that
/// was noted of them. A replay that is under way is given up first: it may have
/// read what is not on the log any more.
///
/// It takes as long as the log is long, and needs projectors that run.
///
/// # Errors
/// As each step; whatever was reached stays, and calling it again goes on.
pub async fn rebuild(
    pool: &PgPool,
    author: &Author,
    mut report: impl FnMut(&GenerationStatus),
) -> Result<Switched, ReplayError> {
    match super::abort(pool).await {
        Ok(_) | Err(ReplayError::Nothing(_)) => {}
        Err(error) => return Err(error),
    }
    let settings = StartSettings {
        drop_kept: true,
        ..StartSettings::default()
    };
    start(pool, &settings).await?;
    wait_until_near(pool, PATIENCE, &mut report).await?;
    let switched = switch(pool, author, true).await?;
    drop_kept(pool).await?;
    forget_all(pool).await?;
    // Reports show rows that differed.
    sqlx::query!("UPDATE control.generations SET parity = NULL")
        .execute(pool)
        .await?;
    Ok(switched)
}
