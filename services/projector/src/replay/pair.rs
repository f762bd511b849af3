//! The two generations that a step is about.

use postgres::{Generation, GenerationPool, GenerationState, generations};
use sqlx::{AssertSqlSafe, PgPool};

use super::ReplayError;
use crate::projections::{PROJECTIONS, is_held};

/// The generation that is read, and another one.
pub(super) struct Pair {
    pub(super) active: GenerationPool,
    pub(super) other: GenerationPool,
}

impl Pair {
    /// Finds the active generation and the first other one in one of the
    /// given states, in their order.
    pub(super) async fn find(
        pool: &PgPool,
        states: &[GenerationState],
        wanted: &'static str,
    ) -> Result<Self, ReplayError> {
        let found = generations(pool).await?;
        let in_state = |state| find(&found, state);
        let active = in_state(GenerationState::Active).ok_or(ReplayError::Nothing("active"))?;
        let other = states.iter().find_map(|state| in_state(*state));
        let other = other.ok_or(ReplayError::Nothing(wanted))?;
        Ok(Self {
            active: GenerationPool::new(pool.clone(), active),
            other: GenerationPool::new(pool.clone(), other),
        })
    }

    /// The projections that both hold.
    pub(super) fn projections(&self) -> Vec<&'static str> {
        let names = PROJECTIONS.iter().map(|(name, _)| *name);
        names
            .filter(|name| is_held(self.other.generation(), name))
            .collect()
    }

    /// The one projection that the other holds, if it does not hold all.
    pub(super) fn only(&self) -> Option<&str> {
        self.other.generation().projection.as_deref()
    }

    pub(super) fn pool(&self) -> &PgPool {
        self.active.pool()
    }

    pub(super) fn both(&self) -> [&GenerationPool; 2] {
        [&self.active, &self.other]
    }
}

pub(super) fn find(found: &[Generation], state: GenerationState) -> Option<Generation> {
    let mut found = found.iter();
    found.find(|generation| generation.state == state).cloned()
}

/// A statement that is made of quoted identifiers and our own words only.
pub(super) fn statement(text: String) -> AssertSqlSafe<String> {
    AssertSqlSafe(text)
}
