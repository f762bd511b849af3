//! Named groups of repositories.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// The repositories of a group, in order; `None` where there is no such group.
/// Names that nothing was seen under yet are passed over.
pub(crate) async fn repositories_of_group(
    connection: &mut PgConnection,
    group: &str,
) -> Result<Option<Vec<String>>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        "SELECT DISTINCT repository FROM repository_group_members
         WHERE group_name = $1 ORDER BY repository",
        group,
    );
    let rows = rows.fetch_all(connection).await?;
    // A group without repositories is one row without any.
    let exists = !rows.is_empty();
    Ok(exists.then(|| rows.into_iter().flatten().collect()))
}

/// A group, and what its repositories are called now.
#[derive(Clone, Debug)]
pub(crate) struct GroupRow {
    pub(crate) name: String,
    pub(crate) repositories: Vec<String>,
    pub(crate) decided_at: DateTime<Utc>,
}

/// The groups that have repositories after one, by name.
pub(crate) async fn groups_after(
    connection: &mut PgConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<GroupRow>, sqlx::Error> {
    sqlx::query_file_as!(GroupRow, "src/queries/groups.sql", after, limit)
        .fetch_all(connection)
        .await
}
