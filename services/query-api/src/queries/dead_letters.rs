//! Dead letters: what could not be read or projected.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::cursor::InstantCursor;

/// A dead letter. In lists the content is only its beginning.
#[derive(Clone, Debug)]
pub(crate) struct DeadLetterRow {
    pub(crate) id: Uuid,
    pub(crate) recorded_at: DateTime<Utc>,
    pub(crate) service: String,
    pub(crate) origin: String,
    pub(crate) line: Option<i64>,
    pub(crate) error: String,
    pub(crate) content: String,
    pub(crate) bytes: i64,
    pub(crate) state: String,
}

/// The dead letters after a place, newest first.
pub(crate) async fn list_after(
    connection: &mut PgConnection,
    after: Option<&InstantCursor>,
    limit: i64,
) -> Result<Vec<DeadLetterRow>, sqlx::Error> {
    sqlx::query_as!(
        DeadLetterRow,
        r#"
        SELECT id, recorded_at, service, origin, line, error,
               left(content, 200) AS "content!", bytes,
               coalesce(outcome, 'parked') AS "state!"
        FROM dead_letters
        LEFT JOIN dead_letter_resolutions ON letter = id
        WHERE $1::timestamptz IS NULL
           OR recorded_at <= $1 AND (recorded_at < $1 OR id > $2)
        ORDER BY recorded_at DESC, id
        LIMIT $3
        "#,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
    )
    .fetch_all(connection)
    .await
}

/// One dead letter with all of its content.
pub(crate) async fn find(
    connection: &mut PgConnection,
    id: Uuid,
) -> Result<Option<DeadLetterRow>, sqlx::Error> {
    sqlx::query_as!(
        DeadLetterRow,
        r#"
        SELECT id, recorded_at, service, origin, line, error, content, bytes,
               coalesce(outcome, 'parked') AS "state!"
        FROM dead_letters
        LEFT JOIN dead_letter_resolutions ON letter = id
        WHERE id = $1
        "#,
        id,
    )
    .fetch_optional(connection)
    .await
}

/// How many there are in each state.
pub(crate) async fn totals(
    connection: &mut PgConnection,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT coalesce(outcome, 'parked') AS "state!", count(*) AS "letters!"
           FROM dead_letters
           LEFT JOIN dead_letter_resolutions ON letter = id
           GROUP BY 1 ORDER BY 1"#
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.state, row.letters))
        .collect())
}
