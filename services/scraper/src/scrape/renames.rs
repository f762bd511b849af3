//! Names that repositories have now, told to whoever tracks them.

use chrono::{DateTime, Utc};
use decisions::Author;
use decisions::DecisionError;
use decisions::tracking::follow_rename;
use event_log::EventLog;

use super::ScrapedRepository;

/// Tracked repositories whose ids are known now, or that were renamed, stay
/// tracked under what GitHub calls them.
///
/// # Errors
/// [`DecisionError`] when that cannot be decided on the log.
pub async fn follow_renames(
    scraped: &[ScrapedRepository],
    log: &EventLog,
    at: DateTime<Utc>,
) -> Result<(), DecisionError> {
    let author = Author {
        actor: "github".to_owned(),
        reason: "the id, or another name, as GitHub's API has it".to_owned(),
        at,
    };
    for one in scraped {
        let found = one.found.as_ref().filter(|found| **found != one.wanted);
        if let Some((found, id)) = found.and_then(|found| Some((found, found.id?))) {
            follow_rename(log, &one.wanted.name, id, &found.name, &author).await?;
        }
    }
    Ok(())
}
