//! Where dead letters are found: in the database by workers, at the query API
//! by people with commands.

use std::collections::VecDeque;

use domain::LetterFilter;
use events::Received;
use futures::stream::{self, StreamExt, TryStreamExt};
use projector::{KeptLetter, find_letter, parked_letters};
use scraper::letters::{DeadLetter, FindError, LetterSource, Letters};
use serde::Deserialize;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::api_client::get;

/// Letters read from the database at a time: each may be a mebibyte.
const FEW: i64 = 20;

/// Dead letters in the database.
pub struct DatabaseLetters(pub PgPool);

impl LetterSource for DatabaseLetters {
    fn named<'a>(&'a self, ids: &'a [Uuid]) -> Letters<'a> {
        let letters = stream::iter(ids).then(move |id| async move {
            let found = find_letter(&self.0, *id).await.map_err(unavailable)?;
            found.map(of_database).ok_or(FindError::Absent(*id))
        });
        Box::pin(letters)
    }

    fn parked<'a>(&'a self, filter: &'a LetterFilter) -> Letters<'a> {
        paged(move |after| async move {
            let found = parked_letters(&self.0, filter, after, FEW).await;
            let found = found.map_err(unavailable)?;
            let next = found.last().map(|last| (last.recorded_at, last.id));
            let letters = found.into_iter().map(of_database).collect();
            Ok((letters, next))
        })
    }
}

/// Dead letters at the query API.
pub(crate) struct ApiLetters(pub(crate) String);

impl LetterSource for ApiLetters {
    fn named<'a>(&'a self, ids: &'a [Uuid]) -> Letters<'a> {
        Box::pin(stream::iter(ids).then(move |id| self.find(*id)))
    }

    fn parked<'a>(&'a self, filter: &'a LetterFilter) -> Letters<'a> {
        let ids = paged(move |cursor| self.page(filter, cursor));
        Box::pin(ids.and_then(move |letter| self.find(letter.id)))
    }
}

impl ApiLetters {
    /// How many are parked that a filter means.
    pub(crate) async fn count(&self, filter: &LetterFilter) -> anyhow::Result<u64> {
        let answer = get(&self.0, &["dead-letters"], &parameters(filter, None)).await?;
        let parked = answer["meta"]["totals"]["parked"].as_u64();
        Ok(parked.unwrap_or_default())
    }

    async fn find(&self, id: Uuid) -> Result<DeadLetter, FindError> {
        let path = ["dead-letters", &id.to_string()];
        let answer = get(&self.0, &path, &[]).await.map_err(unavailable)?;
        of_answer(&answer["dead_letter"])
    }

    /// A page of letters, each with the beginning of its content, and where the
    /// next one begins.
    async fn page(
        &self,
        filter: &LetterFilter,
        cursor: Option<String>,
    ) -> Result<(Vec<DeadLetter>, Option<String>), FindError> {
        let asked = parameters(filter, cursor);
        let answer = get(&self.0, &["dead-letters"], &asked).await;
        let answer = answer.map_err(unavailable)?;
        let letters = answer["dead_letters"].as_array().into_iter().flatten();
        let letters: Result<Vec<_>, _> = letters.map(of_answer).collect();
        let next = answer["meta"]["next_cursor"].as_str().map(str::to_owned);
        Ok((letters?, next))
    }
}

fn parameters(filter: &LetterFilter, cursor: Option<String>) -> Vec<(&'static str, String)> {
    let parts = filter.parts().into_iter();
    let more = [("state", "parked".to_owned()), ("limit", "200".to_owned())];
    let cursor = cursor.map(|cursor| ("cursor", cursor));
    parts.chain(more).chain(cursor).collect()
}

/// Page after page, until one says that there is no other.
fn paged<'a, C, F, P>(fetch: F) -> Letters<'a>
where
    C: Send + 'a,
    F: Fn(Option<C>) -> P + Send + 'a,
    P: Future<Output = Result<(Vec<DeadLetter>, Option<C>), FindError>> + Send + 'a,
{
    let begin = (Some(None), VecDeque::new());
    let letters = stream::try_unfold(
        (begin, fetch),
        |((mut place, mut found), fetch)| async move {
            while found.is_empty() {
                let Some(cursor) = place else {
                    return Ok(None);
                };
                let page = fetch(cursor);
                let (letters, next) = page.await?;
                found.extend(letters);
                place = next.map(Some);
            }
            let first: Option<DeadLetter> = found.pop_front();
            Ok(first.map(|first| (first, ((place, found), fetch))))
        },
    );
    Box::pin(letters)
}

fn unavailable(error: impl std::fmt::Display) -> FindError {
    FindError::Unavailable(error.to_string())
}

fn of_database(kept: KeptLetter) -> DeadLetter {
    DeadLetter {
        id: kept.id,
        recorded_at: kept.recorded_at,
        service: kept.service,
        origin: kept.origin,
        line: kept.line.map(i64::cast_unsigned),
        error: kept.error,
        content: kept.content,
        bytes: kept.bytes.cast_unsigned(),
        received: kept.received.map(|received| received.0),
    }
}

/// A letter as the query API tells of it.
#[derive(Deserialize)]
struct Told {
    id: Uuid,
    recorded_at: chrono::DateTime<chrono::Utc>,
    service: String,
    origin: String,
    line: Option<u64>,
    error: String,
    content: String,
    bytes: u64,
    #[serde(default)]
    received: Option<Received>,
}

fn of_answer(answer: &Value) -> Result<DeadLetter, FindError> {
    let told = Told::deserialize(answer).map_err(unavailable)?;
    Ok(DeadLetter {
        id: told.id,
        recorded_at: told.recorded_at,
        service: told.service,
        origin: told.origin,
        line: told.line,
        error: told.error,
        content: told.content,
        bytes: told.bytes,
        received: told.received,
    })
}
