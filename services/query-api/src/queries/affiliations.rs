//! Whom people worked for.

use std::collections::BTreeMap;

use domain::{AccountReference, Affiliation, Affiliations};
use sqlx::PgConnection;

/// The last decision that the tables follow.
pub(crate) async fn last_decision(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!("SELECT decision FROM counting")
        .fetch_one(connection)
        .await
}

/// Everybody's affiliations.
pub(crate) async fn affiliations(
    connection: &mut PgConnection,
) -> Result<Affiliations, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT account, from_day, until_day, company FROM affiliations ORDER BY account, ordinal"
    );
    let mut all: BTreeMap<AccountReference, Vec<Affiliation>> = BTreeMap::new();
    for row in rows.fetch_all(connection).await? {
        let account = AccountReference::from_stored(row.account);
        all.entry(account).or_default().push(Affiliation {
            from: row.from_day,
            until: row.until_day,
            company: row.company,
        });
    }
    let mut affiliations = Affiliations::default();
    for (account, of_account) in all {
        affiliations.set(account, of_account);
    }
    Ok(affiliations)
}
