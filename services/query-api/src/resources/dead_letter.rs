//! Dead letters as they are answered.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::cursor::{InstantCursor, List};
use crate::problem::Problem;
use crate::queries::dead_letters::{self, DeadLetterRow, WantedLetters};
use crate::queries::snapshot::Snapshot;

/// A page of dead letters.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetters {
    /// The dead letters, newest first, with the beginning of their content.
    pub(crate) dead_letters: Vec<DeadLetter>,
    /// How many there are.
    pub(crate) meta: DeadLettersMeta,
}

/// One dead letter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetterAnswer {
    /// The dead letter, with all of its content.
    pub(crate) dead_letter: DeadLetter,
}

/// Something that could not be read or projected.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLetter {
    /// Its id.
    pub(crate) id: Uuid,
    /// When it was put aside.
    pub(crate) recorded_at: DateTime<Utc>,
    /// The service that put it aside.
    #[schema(example = "scraper")]
    pub(crate) service: String,
    /// The file, or the stream and sequence, it comes from.
    #[schema(example = "2016-01-01-15.json.gz")]
    pub(crate) origin: String,
    /// The line within the file.
    pub(crate) line: Option<i64>,
    /// What is wrong with it.
    #[schema(example = "the line ends within an object")]
    pub(crate) error: String,
    /// What was received.
    #[schema(example = "{\"type\":\"PushEvent\",")]
    pub(crate) content: String,
    /// How long that is.
    pub(crate) bytes: i64,
    /// From where and in which form it came: by this it is read again. Null for
    /// messages of the log, jobs, and letters of older versions.
    pub(crate) received: Option<Received>,
    /// `parked`, `redriven` or `discarded`.
    #[schema(example = "parked")]
    pub(crate) state: String,
}

/// From where and in which form something came.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct Received {
    /// Where it was seen: `archive`, `api`, `webhook` or `bigquery`.
    #[schema(example = "archive")]
    pub(crate) source: String,
    /// Where there: file and line, address, delivery, or job.
    #[schema(example = "2016-01-01-15.json.gz:17")]
    pub(crate) reference: String,
    /// Its form: `event`, `webhook` or `row`.
    #[schema(example = "event")]
    pub(crate) form: String,
    /// Of a webhook's delivery the event that GitHub named.
    #[serde(default)]
    pub(crate) event: Option<String>,
    /// Whether all of it was kept; else it cannot be redriven.
    pub(crate) whole: bool,
}

/// How many dead letters there are.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadLettersMeta {
    /// Number by state, of those that the filter means.
    #[schema(example = json!({"parked": 3}))]
    pub(crate) totals: BTreeMap<String, i64>,
    /// The `cursor` of the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
}

impl From<DeadLetterRow> for DeadLetter {
    fn from(row: DeadLetterRow) -> Self {
        Self {
            id: row.id,
            recorded_at: row.recorded_at,
            service: row.service,
            origin: row.origin,
            line: row.line,
            error: row.error,
            content: row.content,
            bytes: row.bytes,
            received: row
                .received
                .and_then(|received| serde_json::from_value(received).ok()),
            state: row.state,
        }
    }
}

/// Loads a page of dead letters.
pub(crate) async fn load_dead_letters(
    snapshot: &mut Snapshot,
    wanted: &WantedLetters,
    after: Option<&InstantCursor>,
    limit: u32,
) -> Result<DeadLetters, Problem> {
    let connection = snapshot.connection();
    let mut rows =
        dead_letters::list_after(connection, wanted, after, i64::from(limit) + 1).await?;
    let totals = dead_letters::totals_of(connection, &wanted.filter).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let (at, id) = (row.recorded_at, row.id);
        DeadLetters::cursor_after(&InstantCursor { at, id })
    });
    Ok(DeadLetters {
        dead_letters: rows.into_iter().map(DeadLetter::from).collect(),
        meta: DeadLettersMeta {
            totals: totals.into_iter().collect(),
            next_cursor,
        },
    })
}

/// Loads one dead letter.
pub(crate) async fn load_dead_letter(
    snapshot: &mut Snapshot,
    id: Uuid,
) -> Result<DeadLetterAnswer, Problem> {
    let found = dead_letters::find(snapshot.connection(), id).await?;
    let row = found.ok_or_else(|| {
        Problem::not_found(format!(
            "There is no dead letter {id}; see /api/v1/dead-letters for those there are"
        ))
    })?;
    Ok(DeadLetterAnswer {
        dead_letter: row.into(),
    })
}
