//! Names over time, and what accounts and repositories are called now.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::{AccountClass, AccountReference, RepositoryReference};
use sqlx::PgConnection;

use super::facts::{BatchFacts, Seen};
use crate::ProjectionError;

/// Classes of accounts: before a batch, if they were known, and after it.
pub(super) type Classes = HashMap<AccountReference, (Option<AccountClass>, AccountClass)>;

/// What a batch taught about accounts.
pub(super) struct AccountsRecorded {
    /// Logins, in lower case, that an account bore for the first time.
    pub(super) new_names: Vec<String>,
    /// The classes of the batch's accounts.
    pub(super) classes: Classes,
}

/// The latest name of each thing; of two seen at the same instant the smaller.
fn latest<R: Ord + Clone>(
    names: &BTreeMap<(R, String), Seen>,
) -> BTreeMap<R, (&str, DateTime<Utc>)> {
    let mut latest: BTreeMap<R, (&str, DateTime<Utc>)> = BTreeMap::new();
    for ((reference, name), seen) in names {
        let known = latest.entry(reference.clone()).or_insert((name, seen.last));
        // Names come in ascending order, so of equals the first stays.
        if seen.last > known.1 {
            *known = (name, seen.last);
        }
    }
    latest
}

pub(super) async fn record_accounts(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<AccountsRecorded, ProjectionError> {
    if facts.account_names.is_empty() {
        return Ok(AccountsRecorded {
            new_names: Vec::new(),
            classes: HashMap::new(),
        });
    }
    let new_names = record_account_names(transaction, facts).await?;
    let classes = record_account_rows(transaction, facts).await?;
    Ok(AccountsRecorded { new_names, classes })
}

async fn record_account_names(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Vec<String>, ProjectionError> {
    let names = || facts.account_names.keys();
    let accounts: Vec<String> = names().map(|(account, _)| account.to_string()).collect();
    let logins: Vec<String> = names().map(|(_, login)| login.clone()).collect();
    let first: Vec<_> = facts
        .account_names
        .values()
        .map(|seen| seen.first)
        .collect();
    let last: Vec<_> = facts.account_names.values().map(|seen| seen.last).collect();
    let written = sqlx::query!(
        r#"INSERT INTO account_names AS known (account, login, first_seen, last_seen)
           SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[])
           ON CONFLICT (account, login) DO UPDATE
           SET first_seen = least(known.first_seen, excluded.first_seen),
               last_seen = greatest(known.last_seen, excluded.last_seen)
           WHERE excluded.first_seen < known.first_seen OR excluded.last_seen > known.last_seen
           RETURNING login, (xmax = 0) AS "inserted!""#,
        &accounts,
        &logins,
        &first,
        &last,
    )
    .fetch_all(transaction)
    .await?;
    Ok(written
        .into_iter()
        .filter(|row| row.inserted)
        .map(|row| row.login)
        .collect())
}

async fn record_account_rows(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Classes, ProjectionError> {
    let latest = latest(&facts.account_names);
    let accounts: Vec<String> = latest.keys().map(ToString::to_string).collect();
    let before: HashMap<String, AccountClass> = sqlx::query!(
        r#"SELECT account, class::text AS "class!" FROM accounts WHERE account = ANY($1)"#,
        &accounts,
    )
    .fetch_all(&mut *transaction)
    .await?
    .into_iter()
    .filter_map(|row| Some((row.account, AccountClass::from_stored(&row.class)?)))
    .collect();
    let classes: HashMap<_, _> = latest
        .keys()
        .map(|account| {
            let before = before.get(account.as_str()).copied();
            let shown = facts
                .characters
                .get(account)
                .map(|character| character.class);
            (
                account.clone(),
                (before, before.max(shown).unwrap_or_default()),
            )
        })
        .collect();
    let logins: Vec<String> = latest
        .values()
        .map(|(login, _)| (*login).to_owned())
        .collect();
    let seen_at: Vec<_> = latest.values().map(|(_, at)| *at).collect();
    let called_bot: Vec<bool> = latest
        .keys()
        .map(|account| {
            facts
                .characters
                .get(account)
                .is_some_and(|found| found.called_bot)
        })
        .collect();
    let class: Vec<String> = latest
        .keys()
        .map(|account| classes[account].1.as_str().to_owned())
        .collect();
    sqlx::query!(
        r#"INSERT INTO accounts AS known (account, login, login_seen_at, called_bot, class)
           SELECT account, login, seen_at, called_bot, class::account_class
           FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::boolean[], $5::text[])
                AS new (account, login, seen_at, called_bot, class)
           ON CONFLICT (account) DO UPDATE
           SET login = CASE WHEN excluded.login_seen_at > known.login_seen_at
                              OR (excluded.login_seen_at = known.login_seen_at
                                  AND excluded.login COLLATE "C" < known.login COLLATE "C")
                            THEN excluded.login ELSE known.login END,
               login_seen_at = greatest(known.login_seen_at, excluded.login_seen_at),
               called_bot = known.called_bot OR excluded.called_bot,
               class = excluded.class
           WHERE excluded.login_seen_at >= known.login_seen_at
              OR excluded.called_bot > known.called_bot
              OR excluded.class <> known.class"#,
        &accounts,
        &logins,
        &seen_at,
        &called_bot,
        &class,
    )
    .execute(transaction)
    .await?;
    Ok(classes)
}

/// Records what repositories are called; returns the names, in the case they
/// were seen in, that a repository bore for the first time.
pub(super) async fn record_repositories(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Vec<String>, ProjectionError> {
    if facts.repository_names.is_empty() {
        return Ok(Vec::new());
    }
    let new_names = record_repository_names(transaction, facts).await?;
    let latest = latest::<RepositoryReference>(&facts.repository_names);
    let repositories: Vec<String> = latest.keys().map(ToString::to_string).collect();
    let names: Vec<String> = latest
        .values()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let seen_at: Vec<_> = latest.values().map(|(_, at)| *at).collect();
    sqlx::query!(
        r#"INSERT INTO repositories AS known (repository, name, owner, name_seen_at)
           SELECT repository, name, lower(split_part(name, '/', 1)), seen_at
           FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS new (repository, name, seen_at)
           ON CONFLICT (repository) DO UPDATE
           SET name = excluded.name, owner = excluded.owner, name_seen_at = excluded.name_seen_at
           WHERE excluded.name_seen_at > known.name_seen_at
              OR (excluded.name_seen_at = known.name_seen_at
                  AND excluded.name COLLATE "C" < known.name COLLATE "C")"#,
        &repositories,
        &names,
        &seen_at,
    )
    .execute(transaction)
    .await?;
    Ok(new_names)
}

async fn record_repository_names(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
) -> Result<Vec<String>, ProjectionError> {
    let names = || facts.repository_names.keys();
    let repositories: Vec<String> = names()
        .map(|(repository, _)| repository.to_string())
        .collect();
    let called: Vec<String> = names().map(|(_, name)| name.clone()).collect();
    let first: Vec<_> = facts
        .repository_names
        .values()
        .map(|seen| seen.first)
        .collect();
    let last: Vec<_> = facts
        .repository_names
        .values()
        .map(|seen| seen.last)
        .collect();
    let written = sqlx::query!(
        r#"INSERT INTO repository_names AS known (repository, name, first_seen, last_seen)
           SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[])
           ON CONFLICT (repository, name) DO UPDATE
           SET first_seen = least(known.first_seen, excluded.first_seen),
               last_seen = greatest(known.last_seen, excluded.last_seen)
           WHERE excluded.first_seen < known.first_seen OR excluded.last_seen > known.last_seen
           RETURNING name, (xmax = 0) AS "inserted!""#,
        &repositories,
        &called,
        &first,
        &last,
    )
    .fetch_all(transaction)
    .await?;
    Ok(written
        .into_iter()
        .filter(|row| row.inserted)
        .map(|row| row.name)
        .collect())
}
