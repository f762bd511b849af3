//! Which accounts are bots or agents. All others are people.

use std::collections::HashMap;

use domain::{AccountClass, AccountReference};
use sqlx::PgConnection;

use super::facts::{BatchFacts, Character};
use crate::ProjectionError;

/// Records what the batch shows of accounts. A class once given stays: a bot
/// that is seen under another login is a bot still. Returns the accounts whose class
/// changed.
pub(super) async fn record(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Vec<AccountReference>, ProjectionError> {
    let shown: Vec<(&AccountReference, &Character)> = facts
        .characters
        .iter()
        .filter(|(_, shown)| shown.called_bot || shown.class != AccountClass::Human)
        .collect();
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let accounts: Vec<String> = shown.iter().map(|(who, _)| who.to_string()).collect();
    let before = of(transaction, &accounts).await?;
    let mut changed = Vec::new();
    let mut classes = Vec::with_capacity(shown.len());
    for (account, character) in &shown {
        let before = before.get(*account).copied().unwrap_or_default();
        let now = before.max(character.class);
        classes.push(now.as_str().to_owned());
        if before != now {
            changed.push((*account).clone());
        }
    }
    let called_bot: Vec<bool> = shown.iter().map(|(_, shown)| shown.called_bot).collect();
    sqlx::query!(
        "INSERT INTO account_classes AS known (account, called_bot, class)
         SELECT account, called_bot, class::account_class
         FROM unnest($1::text[], $2::boolean[], $3::text[]) AS new (account, called_bot, class)
         ON CONFLICT (account) DO UPDATE
         SET called_bot = known.called_bot OR excluded.called_bot, class = excluded.class
         WHERE excluded.called_bot > known.called_bot OR excluded.class <> known.class",
        &accounts,
        &called_bot,
        &classes,
    )
    .execute(transaction)
    .await?;
    Ok(changed)
}

/// Those of the accounts that are not people.
pub(super) async fn of(
    transaction: &mut PgConnection,
    accounts: &[String],
) -> Result<HashMap<AccountReference, AccountClass>, ProjectionError> {
    let rows = sqlx::query!(
        r#"SELECT known.account, known.class::text AS "class!"
           FROM unnest($1::text[]) AS wanted (account)
           CROSS JOIN LATERAL (
               SELECT * FROM account_classes AS stored
               WHERE stored.account = wanted.account OFFSET 0) AS known"#,
        accounts,
    )
    .fetch_all(transaction)
    .await?;
    rows.into_iter()
        .map(|row| {
            let class = AccountClass::from_stored(&row.class).ok_or(ProjectionError::Corrupt {
                what: "account class",
                detail: row.class,
            })?;
            Ok((AccountReference::from_stored(row.account), class))
        })
        .collect()
}
