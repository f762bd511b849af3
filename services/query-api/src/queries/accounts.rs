//! Accounts: finding the one that is meant, and what it was called.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::{AccountClass, AccountReference};
use sqlx::PgConnection;

use super::stored;

/// An account as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) reference: AccountReference,
    pub(crate) login: String,
    pub(crate) class: AccountClass,
}

/// A name and when it was in use.
#[derive(Clone, Debug)]
pub(crate) struct NameRow {
    pub(crate) name: String,
    pub(crate) first_seen: DateTime<Utc>,
    pub(crate) last_seen: DateTime<Utc>,
}

/// The accounts that have borne a login, the most recently seen first.
pub(crate) async fn candidates_for_login(
    connection: &mut PgConnection,
    login: &str,
) -> Result<Vec<AccountReference>, sqlx::Error> {
    let rows = sqlx::query_file!("src/queries/account_candidates.sql", login);
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| AccountReference::from_stored(row.account))
        .collect())
}

/// Whom each of some logins, in lower case, means: the account last seen under it.
pub(crate) async fn accounts_called(
    connection: &mut PgConnection,
    logins: &[String],
) -> Result<HashMap<String, AccountReference>, sqlx::Error> {
    let rows = sqlx::query_file!("src/queries/accounts_called.sql", logins);
    let rows = rows.fetch_all(connection).await?;
    let meant = rows
        .into_iter()
        .map(|row| (row.login, AccountReference::from_stored(row.account)));
    Ok(meant.collect())
}

/// The account that a reference stands for.
pub(crate) async fn canonical_account(
    connection: &mut PgConnection,
    reference: AccountReference,
) -> Result<AccountReference, sqlx::Error> {
    let link = sqlx::query_scalar!(
        "SELECT canonical AS \"canonical!\" FROM account_references WHERE reference = $1",
        reference.as_str(),
    );
    let link = link.fetch_optional(connection).await?;
    Ok(link.map_or(reference, AccountReference::from_stored))
}

/// An account, if anything is known of it.
pub(crate) async fn find_account(
    connection: &mut PgConnection,
    reference: &AccountReference,
) -> Result<Option<Account>, sqlx::Error> {
    let mut found = accounts_of(connection, &[reference.as_str().to_owned()]).await?;
    Ok(found.remove(reference.as_str()))
}

/// The accounts behind some references, by reference.
pub(crate) async fn accounts_of(
    connection: &mut PgConnection,
    references: &[String],
) -> Result<HashMap<String, Account>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT account AS "account!", login AS "login!", class::text AS "class!"
           FROM accounts WHERE account = ANY ($1)"#,
        references,
    );
    let rows = rows.fetch_all(connection).await?;
    rows.into_iter()
        .map(|row| {
            let class = stored(AccountClass::from_stored(&row.class), "class", &row.class)?;
            let account = Account {
                reference: AccountReference::from_stored(row.account.clone()),
                login: row.login,
                class,
            };
            Ok((row.account, account))
        })
        .collect()
}

/// The accounts that were decided to be one person with this one, which is credited for
/// what they did; but for who is hidden.
pub(crate) async fn linked_into(
    connection: &mut PgConnection,
    reference: &AccountReference,
) -> Result<Vec<Account>, sqlx::Error> {
    let linked = sqlx::query_scalar!(
        "SELECT account FROM account_links WHERE credited = $1 ORDER BY account",
        reference.as_str(),
    );
    let linked = linked.fetch_all(&mut *connection).await?;
    let mut known = accounts_of(connection, &linked).await?;
    let linked = linked.iter().filter_map(|one| known.remove(one));
    Ok(linked
        .filter(|account| account.class != AccountClass::Hidden)
        .collect())
}

/// The logins an account has borne, the latest first.
pub(crate) async fn logins_of(
    connection: &mut PgConnection,
    reference: &AccountReference,
) -> Result<Vec<NameRow>, sqlx::Error> {
    sqlx::query_as!(
        NameRow,
        r#"
        SELECT login AS "name!", first_seen AS "first_seen!", last_seen AS "last_seen!"
        FROM account_names
        WHERE account = $1
        ORDER BY last_seen DESC, login
        LIMIT 100
        "#,
        reference.as_str(),
    )
    .fetch_all(connection)
    .await
}
