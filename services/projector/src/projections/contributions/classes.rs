//! Which accounts are bots or agents. All others are people.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{AccountClass, AccountReference, ClassDecisions};
use sqlx::PgConnection;

use super::facts::{BatchFacts, Character};
use crate::ProjectionError;

/// What the batch shows of an account: what it is by itself, and the class that
/// lists of logins give it.
#[derive(Clone, Copy, Default)]
struct Shown {
    character: Character,
    listed: Option<AccountClass>,
}

/// Records what the batch shows of accounts. A class once given stays: a bot
/// that is seen under another login is a bot still. Returns the accounts whose class
/// changed.
pub(super) async fn record(
    transaction: &mut PgConnection,
    facts: &BatchFacts,
    decided: &ClassDecisions,
) -> Result<Vec<AccountReference>, ProjectionError> {
    let shown = shown_in(facts, decided);
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let accounts: Vec<String> = shown.keys().map(ToString::to_string).collect();
    let before = of(transaction, &accounts).await?;
    let called_bot: Vec<bool> = shown.values().map(|s| s.character.called_bot).collect();
    let derived = shown
        .values()
        .map(|shown| shown.character.class.to_string());
    let listed = shown
        .values()
        .map(|shown| shown.listed.map(|class| class.to_string()));
    sqlx::query!(
        "INSERT INTO account_classes AS known (account, called_bot, derived, listed)
         SELECT account, called_bot, derived::account_class, listed::account_class
         FROM unnest($1::text[], $2::boolean[], $3::text[], $4::text[])
              AS new (account, called_bot, derived, listed)
         ON CONFLICT (account) DO UPDATE
         SET called_bot = known.called_bot OR excluded.called_bot,
             derived = greatest(known.derived, excluded.derived),
             listed = greatest(known.listed, excluded.listed)
         WHERE excluded.called_bot > known.called_bot OR excluded.derived > known.derived
            OR greatest(known.listed, excluded.listed) IS DISTINCT FROM known.listed",
        &accounts,
        &called_bot,
        &derived.collect::<Vec<_>>(),
        &listed.collect::<Vec<_>>() as &[Option<String>],
    )
    .execute(&mut *transaction)
    .await?;
    changed(transaction, &accounts, &before).await
}

/// The accounts of a batch that are not plainly people.
fn shown_in(facts: &BatchFacts, decided: &ClassDecisions) -> BTreeMap<AccountReference, Shown> {
    let mut shown: BTreeMap<AccountReference, Shown> = BTreeMap::new();
    for (account, character) in &facts.characters {
        if character.called_bot || character.class != AccountClass::Human {
            shown.entry(account.clone()).or_default().character = *character;
        }
    }
    if decided.lists().next().is_some() {
        for (account, login) in facts.account_names.keys() {
            if let Some(class) = decided.listed([login.as_str()]) {
                let listed = &mut shown.entry(account.clone()).or_default().listed;
                *listed = (*listed).max(Some(class));
            }
        }
    }
    shown
}

/// Those of the accounts whose class is another than before.
async fn changed(
    transaction: &mut PgConnection,
    accounts: &[String],
    before: &HashMap<AccountReference, AccountClass>,
) -> Result<Vec<AccountReference>, ProjectionError> {
    let now = of(transaction, accounts).await?;
    let class = |classes: &HashMap<AccountReference, AccountClass>, account: &AccountReference| {
        classes.get(account).copied().unwrap_or_default()
    };
    let accounts = accounts.iter().map(AccountReference::from_stored);
    Ok(accounts
        .filter(|account| class(&now, account) != class(before, account))
        .collect())
}

/// Brings what was decided about accounts, and what lists say of them, into
/// effect: of these accounts, and of those that ever bore one of these logins.
/// Returns the accounts whose class changed.
pub(in crate::projections) async fn decide(
    transaction: &mut PgConnection,
    decided: &ClassDecisions,
    accounts: BTreeSet<AccountReference>,
    logins: &[String],
) -> Result<Vec<AccountReference>, ProjectionError> {
    let mut accounts: BTreeSet<String> = accounts.iter().map(ToString::to_string).collect();
    let bearers = sqlx::query_scalar!(
        r#"SELECT DISTINCT known.account AS "account!"
           FROM unnest($1::text[]) AS wanted (login)
           CROSS JOIN LATERAL (
               SELECT * FROM account_names AS stored
               WHERE lower(stored.login) = wanted.login OFFSET 0) AS known"#,
        logins,
    );
    accounts.extend(bearers.fetch_all(&mut *transaction).await?);
    let accounts: Vec<String> = accounts.into_iter().collect();
    let borne = logins_of(transaction, &accounts).await?;
    let before = of(transaction, &accounts).await?;
    let class = |class: Option<AccountClass>| class.map(|class| class.to_string());
    let of_lists = accounts.iter().map(|account| {
        let logins = borne.get(account).into_iter().flatten();
        class(decided.listed(logins.map(String::as_str)))
    });
    let of_accounts = accounts.iter();
    let of_accounts =
        of_accounts.map(|account| class(decided.of(&AccountReference::from_stored(account))));
    sqlx::query!(
        "INSERT INTO account_classes (account, called_bot, derived, listed, decided)
         SELECT account, false, 'human', listed::account_class, decided::account_class
         FROM unnest($1::text[], $2::text[], $3::text[]) AS new (account, listed, decided)
         ON CONFLICT (account) DO UPDATE
         SET listed = excluded.listed, decided = excluded.decided",
        &accounts,
        &of_lists.collect::<Vec<_>>() as &[Option<String>],
        &of_accounts.collect::<Vec<_>>() as &[Option<String>],
    )
    .execute(&mut *transaction)
    .await?;
    // Plainly people have no row, whatever was decided and taken back.
    sqlx::query!(
        "DELETE FROM account_classes
         WHERE account = ANY($1) AND NOT called_bot AND derived = 'human'
           AND listed IS NULL AND decided IS NULL",
        &accounts,
    )
    .execute(&mut *transaction)
    .await?;
    changed(transaction, &accounts, &before).await
}

/// Every login that these accounts have borne.
async fn logins_of(
    transaction: &mut PgConnection,
    accounts: &[String],
) -> Result<HashMap<String, Vec<String>>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT known.account AS "account!", known.login AS "login!"
           FROM unnest($1::text[]) AS wanted (account)
           CROSS JOIN LATERAL (
               SELECT * FROM account_names AS stored
               WHERE stored.account = wanted.account OFFSET 0) AS known"#,
        accounts,
    );
    let mut logins: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows.fetch_all(transaction).await? {
        logins.entry(row.account).or_default().push(row.login);
    }
    Ok(logins)
}

/// Those of the accounts that are not people, or were decided to be.
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
