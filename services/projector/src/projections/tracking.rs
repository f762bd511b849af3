//! What was decided about which repositories belong together.

use event_log::{Delivered, LogStream};
use events::{Event, GroupDefined};
use sqlx::PgConnection;

use super::{Projection, Unreadable, read_events};
use crate::ProjectionError;

/// The projection of decisions about groups of repositories.
pub struct Tracking;

impl Projection for Tracking {
    const NAME: &'static str = "tracking";
    const STREAM: LogStream = LogStream::Decisions;
    const TABLES: &'static [&'static str] = &["repository_groups"];

    type Facts = Vec<GroupDefined>;

    fn read(batch: &[Delivered]) -> (Self::Facts, Unreadable) {
        // Other decisions are for others.
        let (decisions, unreadable) = read_events(batch, "decision", |event| match event {
            Event::GroupDefined(group) => Some(Some(group)),
            _ => Some(None),
        });
        let groups = decisions.into_iter().filter_map(|(_, group)| group);
        (groups.collect(), unreadable)
    }

    /// The latest definition counts, in the order of the log.
    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        groups: Self::Facts,
    ) -> Result<(), ProjectionError> {
        for group in groups {
            let repositories: Vec<String> =
                group.repositories.iter().map(ToString::to_string).collect();
            sqlx::query!(
                "INSERT INTO repository_groups (name, repositories, actor, reason, decided_at)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (name) DO UPDATE
                 SET repositories = excluded.repositories, actor = excluded.actor,
                     reason = excluded.reason, decided_at = excluded.decided_at",
                group.group,
                &repositories,
                group.actor,
                group.reason,
                group.decided_at,
            )
            .execute(&mut *transaction)
            .await?;
        }
        Ok(())
    }
}
