//! What readers have used, for so many of them and no more.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

/// What each reader has used. When there are too many, the one that has not
/// asked for longest is forgotten, and has a full allowance again: limits are
/// for fairness, and memory is what the process lives on.
pub(super) struct Bounded<K>(Cache<K, Arc<InMemoryState>>);

impl<K: Hash + Eq + Send + Sync + 'static> Bounded<K> {
    /// Remembers so many, each as long as it asks within `idle`.
    pub(super) fn new(most: u64, idle: Duration) -> Self {
        let cache = Cache::builder()
            .max_capacity(most)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(idle);
        Self(cache.build())
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> u64 {
        self.0.run_pending_tasks();
        self.0.entry_count()
    }
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static> StateStore for Bounded<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let state = self.0.get(key);
        let state = state.unwrap_or_else(|| self.0.get_with_by_ref(key, Arc::default));
        state.measure_and_replace(&NotKeyed::NonKey, measure)
    }
}

impl<K> fmt::Debug for Bounded<K> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("readers")
    }
}
