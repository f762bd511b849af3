//! Beginning a replay: the next generation's tables.

use postgres::{Generation, GenerationState, generations, migrate_schema, quoted};
use sqlx::{PgConnection, PgPool};

use super::ReplayError;
use super::late_boards::leave_out;
use super::pair::{find, statement};
use super::remove::{drop_kept, finish_dropping};
use crate::projections::{PROJECTIONS, home_of};

/// How a replay is begun.
#[derive(Clone, Debug, Default)]
pub struct StartSettings {
    /// The one projection to be made again; all when none is named.
    pub projection: Option<String>,
    /// Messages per second at most.
    pub throttle: Option<u32>,
    /// Throw a generation away that is kept for a rollback.
    pub drop_kept: bool,
}

/// The projections that can be replayed alone.
fn alone() -> impl Iterator<Item = &'static str> {
    let names = PROJECTIONS.iter().map(|(name, _)| *name);
    names.filter(|name| home_of(name) == *name)
}

/// Makes the tables of the next generation; projectors take it up within a
/// second and fill it. Returns its number. A start that was cut off is
/// finished by the next.
///
/// # Errors
/// [`ReplayError::Running`] and [`ReplayError::Kept`] when there is no room
/// for one, [`ReplayError::NoSuchProjection`], and what the database answers.
pub async fn start(pool: &PgPool, settings: &StartSettings) -> Result<i32, ReplayError> {
    if let Some(name) = &settings.projection
        && !alone().any(|known| known == name)
    {
        let names: Vec<&str> = alone().collect();
        return Err(ReplayError::NoSuchProjection(
            name.clone(),
            names.join(", "),
        ));
    }
    finish_dropping(pool).await?;
    let found = generations(pool).await?;
    if let Some(building) = find(&found, GenerationState::Building) {
        return Err(ReplayError::Running(building.number));
    }
    if let Some(kept) = find(&found, GenerationState::Kept) {
        if !settings.drop_kept {
            return Err(ReplayError::Kept(kept.number));
        }
        drop_kept(pool).await?;
    }
    let made = make_tables(pool, settings.projection.as_deref(), settings.throttle).await?;
    leave_out(pool, &made).await?;
    set_state(
        &mut *pool.acquire().await?,
        made.number,
        GenerationState::Creating,
        GenerationState::Building,
    )
    .await?;
    tracing::info!(generation = made.number, projection = ?settings.projection, "replay_started");
    Ok(made.number)
}

/// Makes the tables of the next generation, which nobody fills yet.
pub(super) async fn make_tables(
    pool: &PgPool,
    projection: Option<&str>,
    throttle: Option<u32>,
) -> Result<Generation, ReplayError> {
    let found = generations(pool).await?;
    // One that was cut off is thrown away: it may have been begun otherwise.
    if let Some(cut_off) = find(&found, GenerationState::Creating) {
        super::remove::remove(pool, &cut_off).await?;
    }
    let number = write_down(pool, projection, throttle).await?;
    let schema = schema_of(number);
    let made = format!("CREATE SCHEMA IF NOT EXISTS {}", quoted(&schema));
    sqlx::raw_sql(statement(made)).execute(pool).await?;
    migrate_schema(pool, &schema).await?;
    let found = generations(pool).await?.into_iter();
    let mut made = found.filter(|generation| generation.number == number);
    made.next().ok_or(ReplayError::Changed)
}

fn schema_of(number: i32) -> String {
    format!("generation_{number}")
}

/// Writes the next generation down; of several who do so at once, one wins.
async fn write_down(
    pool: &PgPool,
    projection: Option<&str>,
    throttle: Option<u32>,
) -> Result<i32, ReplayError> {
    let written = sqlx::query_scalar!(
        "INSERT INTO control.generations (generation, schema, state, projection, throttle, version)
         SELECT number, 'generation_' || number, 'creating', $1, $2, $3
         FROM (SELECT max(generation) + 1 AS number FROM control.generations) AS next
         RETURNING generation",
        projection,
        throttle.map(|throttle| i32::try_from(throttle).unwrap_or(i32::MAX)),
        env!("CARGO_PKG_VERSION"),
    );
    match written.fetch_one(pool).await {
        Ok(number) => Ok(number),
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            Err(ReplayError::Changed)
        }
        Err(error) => Err(error.into()),
    }
}

/// Moves a generation from one state to another.
pub(super) async fn set_state(
    connection: &mut PgConnection,
    number: i32,
    from: GenerationState,
    to: GenerationState,
) -> Result<(), ReplayError> {
    let changed = sqlx::query!(
        "UPDATE control.generations SET state = $3 WHERE generation = $1 AND state = $2",
        number,
        from.as_str(),
        to.as_str(),
    )
    .execute(connection)
    .await?;
    if changed.rows_affected() == 1 {
        Ok(())
    } else {
        Err(ReplayError::Changed)
    }
}

/// Moves a generation on from the state it was found in.
pub(super) async fn move_on(
    connection: &mut PgConnection,
    generation: &Generation,
    to: GenerationState,
) -> Result<(), ReplayError> {
    set_state(connection, generation.number, generation.state, to).await
}
