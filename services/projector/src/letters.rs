//! Dead letters as they are kept in the read models, for those who do something
//! about them.

use chrono::{DateTime, Utc};
use domain::LetterFilter;
use events::Received;
use postgres::GenerationPool;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

/// A dead letter as it is kept.
#[derive(Clone, Debug)]
pub struct KeptLetter {
    /// Its id.
    pub id: Uuid,
    /// When it was set aside.
    pub recorded_at: DateTime<Utc>,
    /// The service that gave up.
    pub service: String,
    /// The file, or the stream and sequence.
    pub origin: String,
    /// The line within the file.
    pub line: Option<i64>,
    /// What was wrong.
    pub error: String,
    /// What was received, or its beginning.
    pub content: String,
    /// How long it was, in bytes.
    pub bytes: i64,
    /// From where and in which form it came, if the letter says so.
    pub received: Option<Json<Received>>,
}

/// A dead letter, whatever was done about it.
///
/// # Errors
/// What the database answers.
pub async fn find_letter(pool: &PgPool, id: Uuid) -> Result<Option<KeptLetter>, sqlx::Error> {
    let active = GenerationPool::active(pool).await?;
    let mut transaction = active.begin().await?;
    let found = sqlx::query_as!(
        KeptLetter,
        r#"SELECT id, recorded_at, service, origin, line, error, content, bytes,
                  received AS "received: Json<Received>"
           FROM dead_letters WHERE id = $1"#,
        id,
    );
    let found = found.fetch_optional(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(found)
}

/// Dead letters that nobody has done anything about and that a filter means,
/// after one of them, the oldest first.
///
/// # Errors
/// What the database answers.
pub async fn parked_letters(
    pool: &PgPool,
    filter: &LetterFilter,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<KeptLetter>, sqlx::Error> {
    let active = GenerationPool::active(pool).await?;
    let mut transaction = active.begin().await?;
    let found = sqlx::query_as!(
        KeptLetter,
        r#"SELECT id, recorded_at, service, origin, line, error, content, bytes,
                  received AS "received: Json<Received>"
           FROM dead_letters
           WHERE NOT EXISTS (SELECT FROM dead_letter_resolutions WHERE letter = dead_letters.id)
             AND ($1::text IS NULL OR service = $1)
             AND ($2::text IS NULL OR starts_with(origin, $2))
             AND ($3::text IS NULL OR strpos(lower(error), lower($3)) > 0)
             AND ($4::text IS NULL OR origin ~* $4 OR content ~* $4)
             AND ($5::timestamptz IS NULL OR recorded_at >= $5)
             AND ($6::timestamptz IS NULL OR recorded_at < $6)
             AND ($7::timestamptz IS NULL
                  OR recorded_at >= $7 AND (recorded_at > $7 OR id < $8))
           ORDER BY recorded_at, id DESC
           LIMIT $9"#,
        filter.service.as_deref(),
        filter.origin(),
        filter.reason.as_deref(),
        filter.naming(),
        filter.since,
        filter.until,
        after.map(|(at, _)| at),
        after.map(|(_, id)| id),
        limit,
    );
    let found = found.fetch_all(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(found)
}
