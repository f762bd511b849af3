//! Named groups of repositories.

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
