//! Which database is read, and at which moment.

use chrono::{DateTime, SecondsFormat, Utc};

use super::Api;
use crate::problem::Problem;
use crate::queries::snapshot::Snapshot;
use crate::standby::is_away;

impl Api {
    /// What was known at an instant, or what is known now.
    pub(crate) async fn snapshot_of(
        &self,
        as_of: Option<DateTime<Utc>>,
    ) -> Result<Snapshot, Problem> {
        let Some(as_of) = as_of else {
            return self.snapshot().await;
        };
        let past = Snapshot::open_past(&self.pool, as_of).await?;
        past.ok_or_else(|| {
            let instant = as_of.to_rfc3339_opts(SecondsFormat::AutoSi, true);
            Problem::not_found(format!(
                "What was known at {instant} was not made readable, or is not complete yet; \
                 an operator does that with `leaderboard replay as-of {instant}`, and \
                 /api/v1/replay shows what there is"
            ))
        })
    }

    pub(crate) async fn snapshot(&self) -> Result<Snapshot, Problem> {
        Ok(self.open_snapshot().await?)
    }

    /// A snapshot of the standby while that has all that was heard of, or else of the
    /// primary; and of the standby again when the primary is away. Only the first who
    /// finds that out waits for it.
    pub(crate) async fn open_snapshot(&self) -> Result<Snapshot, sqlx::Error> {
        // Without news of the primary nobody knows whether the standby is behind.
        let is_heard = self.known_version().is_some();
        let standby = self.standby.as_ref();
        if let Some(standby) = standby.filter(|standby| is_heard && standby.is_usable())
            && let Some(snapshot) = standby.snapshot().await
        {
            return Ok(snapshot);
        }
        let Some(standby) = standby else {
            return Snapshot::open(&self.pool, &self.generation).await;
        };
        if self.primary.is_away()
            && let Some(snapshot) = standby.snapshot().await
        {
            return Ok(snapshot);
        }
        match Snapshot::open(&self.pool, &self.generation).await {
            Err(error) if is_away(&error) => {
                self.primary.note_away();
                standby.snapshot().await.ok_or(error)
            }
            opened => opened,
        }
    }
}
