//! Dead letters: what could not be read or projected.

use chrono::{DateTime, Utc};
use domain::LetterFilter;
use serde_json::Value;
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
    pub(crate) received: Option<Value>,
    pub(crate) state: String,
}

/// Which dead letters are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct WantedLetters {
    /// Their state; empty: any.
    pub(crate) state: String,
    /// What else is asked of them.
    pub(crate) filter: LetterFilter,
}

/// The dead letters after a place, newest first.
pub(crate) async fn list_after(
    connection: &mut PgConnection,
    wanted: &WantedLetters,
    after: Option<&InstantCursor>,
    limit: i64,
) -> Result<Vec<DeadLetterRow>, sqlx::Error> {
    sqlx::query_as!(
        DeadLetterRow,
        r#"
        SELECT id, recorded_at, service, origin, line, error,
               left(content, 200) AS "content!", bytes, received,
               coalesce(outcome, 'parked') AS "state!"
        FROM dead_letters
        LEFT JOIN dead_letter_resolutions ON letter = id
        WHERE ($1::timestamptz IS NULL
               OR recorded_at <= $1 AND (recorded_at < $1 OR id > $2))
          AND ($4 = '' OR coalesce(outcome, 'parked') = $4)
          AND ($5::text IS NULL OR service = $5)
          AND ($6::text IS NULL OR starts_with(origin, $6))
          AND ($7::text IS NULL OR strpos(lower(error), lower($7)) > 0)
          AND ($8::text IS NULL OR origin ~* $8 OR content ~* $8)
          AND ($9::timestamptz IS NULL OR recorded_at >= $9)
          AND ($10::timestamptz IS NULL OR recorded_at < $10)
        ORDER BY recorded_at DESC, id
        LIMIT $3
        "#,
        after.map(|cursor| cursor.at),
        after.map(|cursor| cursor.id),
        limit,
        wanted.state,
        wanted.filter.service.as_deref(),
        wanted.filter.origin(),
        wanted.filter.reason.as_deref(),
        wanted.filter.naming(),
        wanted.filter.since,
        wanted.filter.until,
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
               received,
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

/// How many of those that a filter means are in each state.
pub(crate) async fn totals_of(
    connection: &mut PgConnection,
    filter: &LetterFilter,
) -> Result<Vec<(String, i64)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT coalesce(outcome, 'parked') AS "state!", count(*) AS "letters!"
           FROM dead_letters
           LEFT JOIN dead_letter_resolutions ON letter = id
           WHERE ($1::text IS NULL OR service = $1)
             AND ($2::text IS NULL OR starts_with(origin, $2))
             AND ($3::text IS NULL OR strpos(lower(error), lower($3)) > 0)
             AND ($4::text IS NULL OR origin ~* $4 OR content ~* $4)
             AND ($5::timestamptz IS NULL OR recorded_at >= $5)
             AND ($6::timestamptz IS NULL OR recorded_at < $6)
           GROUP BY 1 ORDER BY 1"#,
        filter.service.as_deref(),
        filter.origin(),
        filter.reason.as_deref(),
        filter.naming(),
        filter.since,
        filter.until,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.state, row.letters))
        .collect())
}
