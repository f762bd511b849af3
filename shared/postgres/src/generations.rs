//! Generations: complete sets of read models, each in a schema of its own.
//!
//! The statements of projections and queries name no schema. A transaction is
//! given its generation by `SET LOCAL search_path` as it begins, in the same
//! round trip. That holds for the transaction alone, so it is safe behind a
//! pooler that hands a session to somebody else after each transaction.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use sqlx::{AssertSqlSafe, PgExecutor, PgPool, Postgres, Transaction};

/// What becomes of a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationState {
    /// Its tables are being made.
    Creating,
    /// It is being filled from the log, and follows it.
    Building,
    /// It is what readers read.
    Active,
    /// It follows the log still, so that readers can be given it.
    Kept,
    /// It is being filled with what was known at an instant.
    Recalling,
    /// It holds what was known at an instant.
    Past,
    /// Its tables are being thrown away.
    Dropping,
    /// Its tables are gone.
    Dropped,
}

impl GenerationState {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Creating, "creating"),
        (Self::Building, "building"),
        (Self::Active, "active"),
        (Self::Kept, "kept"),
        (Self::Recalling, "recalling"),
        (Self::Past, "past"),
        (Self::Dropping, "dropping"),
        (Self::Dropped, "dropped"),
    ];

    /// The name it is stored under.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let stored = Self::ALL.iter().find(|(state, _)| *state == self);
        stored.map_or("dropped", |(_, name)| name)
    }

    /// Whether it has its tables and projectors keep them up to date.
    #[must_use]
    pub fn follows_the_log(self) -> bool {
        matches!(
            self,
            Self::Building | Self::Active | Self::Kept | Self::Recalling
        )
    }
}

/// A state that this version does not know.
#[derive(Debug, thiserror::Error)]
#[error("the state of a generation is {0:?}, which this version does not know")]
pub struct UnknownState(String);

impl FromStr for GenerationState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        let known = Self::ALL.iter().find(|(_, name)| *name == text);
        known
            .map(|(state, _)| *state)
            .ok_or_else(|| UnknownState(text.to_owned()))
    }
}

/// A generation as it is written down.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Its number; no two ever have the same.
    pub number: i32,
    /// The schema its tables are in.
    pub schema: String,
    /// What became of it.
    pub state: GenerationState,
    /// The one projection it holds, or none when it holds all.
    pub projection: Option<String>,
    /// Messages per second while it is being built; none for no limit.
    pub throttle: Option<u32>,
    /// The instant whose knowledge it holds; none for the present.
    pub as_of: Option<DateTime<Utc>>,
}

impl Generation {
    /// Whether a projection's read models are in it.
    #[must_use]
    pub fn holds(&self, projection: &str) -> bool {
        self.projection
            .as_deref()
            .is_none_or(|only| only == projection)
    }
}

/// All generations whose tables are not gone, the oldest first.
///
/// # Errors
/// What the database answers; that there is no such table when it was never
/// migrated.
pub async fn generations(executor: impl PgExecutor<'_>) -> Result<Vec<Generation>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT generation, schema, state, projection, throttle, as_of
         FROM control.generations WHERE state <> 'dropped' ORDER BY generation"
    );
    rows.fetch_all(executor)
        .await?
        .into_iter()
        .map(|row| {
            let state = row.state.parse::<GenerationState>();
            Ok(Generation {
                number: row.generation,
                schema: row.schema,
                state: state.map_err(|error| sqlx::Error::Decode(error.into()))?,
                projection: row.projection,
                throttle: row
                    .throttle
                    .and_then(|throttle| u32::try_from(throttle).ok()),
                as_of: row.as_of,
            })
        })
        .collect()
}

/// The generation that readers read.
///
/// # Errors
/// As [`generations`].
pub async fn active_generation(executor: impl PgExecutor<'_>) -> Result<Generation, sqlx::Error> {
    generations(executor)
        .await?
        .into_iter()
        .find(|generation| generation.state == GenerationState::Active)
        .ok_or(sqlx::Error::RowNotFound)
}

/// A name as an identifier of SQL.
#[must_use]
pub fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}

/// Connections whose transactions see the tables of one generation.
#[derive(Clone, Debug)]
pub struct GenerationPool {
    generation: Generation,
    pool: PgPool,
    begin: String,
}

impl GenerationPool {
    /// Connections of a pool that others use too.
    #[must_use]
    pub fn new(pool: PgPool, generation: Generation) -> Self {
        let schema = quoted(&generation.schema);
        Self {
            begin: format!("BEGIN; SET LOCAL search_path TO {schema}"),
            generation,
            pool,
        }
    }

    /// Connections of its own, made like those of a pool. Statements that a
    /// connection has prepared for one generation would be planned anew each
    /// time it turned to another.
    #[must_use]
    pub fn dedicated(like: &PgPool, generation: Generation) -> Self {
        let options = like.connect_options().as_ref().clone();
        let pool = like.options().clone().connect_lazy_with(options);
        Self::new(pool, generation)
    }

    /// The active generation, by the connections of a pool.
    ///
    /// # Errors
    /// As [`generations`].
    pub async fn active(pool: &PgPool) -> Result<Self, sqlx::Error> {
        let generation = active_generation(pool).await?;
        Ok(Self::new(pool.clone(), generation))
    }

    /// The generation.
    #[must_use]
    pub fn generation(&self) -> &Generation {
        &self.generation
    }

    /// The connections themselves, for what hangs on no generation.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Begins a transaction in the generation.
    ///
    /// # Errors
    /// What the database answers.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        // Made of a quoted identifier only.
        self.pool
            .begin_with(AssertSqlSafe(self.begin.clone()))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_as_they_are_written() {
        for (state, name) in GenerationState::ALL {
            assert_eq!(state.as_str(), name);
            assert_eq!(name.parse::<GenerationState>().unwrap(), state);
        }
        assert!("paused".parse::<GenerationState>().is_err());
    }

    #[test]
    fn identifiers_are_quoted() {
        assert_eq!(quoted("generation_2"), "\"generation_2\"");
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
