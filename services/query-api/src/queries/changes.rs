//! Whose places on the boards over all repositories changed.

use sqlx::PgConnection;
use uuid::Uuid;

/// The last change that was taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    change: i64,
    token: Uuid,
}

/// The last change there is.
pub(crate) async fn last_change(
    connection: &mut PgConnection,
) -> Result<Option<Position>, sqlx::Error> {
    sqlx::query_as!(
        Position,
        "SELECT change, token FROM board_changes ORDER BY change DESC LIMIT 1",
    )
    .fetch_optional(connection)
    .await
}

/// The last change there is, and who is concerned by those since another;
/// `None` when that one is not remembered any more.
pub(crate) async fn changed_since(
    connection: &mut PgConnection,
    position: Option<Position>,
) -> Result<Option<(Option<Position>, Vec<String>)>, sqlx::Error> {
    let Some(position) = position else {
        // Nothing had changed yet.
        let last = last_change(connection).await?;
        return Ok(last.is_none().then(|| (None, Vec::new())));
    };
    let rows = sqlx::query!(
        "SELECT change, token, contributors FROM board_changes WHERE change >= $1 ORDER BY change",
        position.change,
    )
    .fetch_all(connection)
    .await?;
    let mut found = None;
    let mut contributors = Vec::new();
    for row in rows {
        let Some(last) = &mut found else {
            if (row.change, row.token) != (position.change, position.token) {
                return Ok(None);
            }
            found = Some(position);
            continue;
        };
        *last = Position {
            change: row.change,
            token: row.token,
        };
        contributors.extend(row.contributors);
    }
    contributors.sort_unstable();
    contributors.dedup();
    Ok(found.map(|last| (Some(last), contributors)))
}
