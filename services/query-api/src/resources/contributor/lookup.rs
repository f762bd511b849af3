//! Finding the contributor that is meant.

use domain::{AccountClass, AccountReference};

use crate::problem::Problem;
use crate::queries::accounts::{Account, candidates_for_login, canonical_account, find_account};
use crate::queries::snapshot::Snapshot;

/// A contributor that was asked for, and who else it might have been.
pub(crate) struct FoundContributor {
    pub(crate) account: Account,
    pub(crate) others: Vec<AccountReference>,
}

/// Finds who is meant by a login, `@login` or `id:<number>`.
pub(crate) async fn find_contributor(
    snapshot: &mut Snapshot,
    given: &str,
) -> Result<FoundContributor, Problem> {
    let connection = snapshot.connection();
    let reference = if let Some(id) = given.strip_prefix("id:") {
        Some(AccountReference::from_stored(id.to_owned()))
    } else {
        given.strip_prefix('@').map(AccountReference::from_login)
    };
    let mut candidates = match reference {
        Some(reference) => vec![canonical_account(connection, reference).await?],
        None => candidates_for_login(connection, given).await?,
    };
    let unknown = || Problem::no_contributor(given);
    if candidates.is_empty() {
        return Err(unknown());
    }
    let first = candidates.remove(0);
    let account = find_account(connection, &first)
        .await?
        .filter(|account| account.class != AccountClass::Hidden)
        .ok_or_else(unknown)?;
    Ok(FoundContributor {
        account,
        others: candidates,
    })
}
