//! Who is meant by a login, kept while the data does not change.

use std::sync::Arc;

use domain::AccountReference;
use moka::future::Cache;

use crate::api::{Api, KEPT_IDLE};
use crate::problem::Problem;
use crate::queries::accounts::candidates_for_login;
use crate::version::DataVersion;

/// The account last seen under a login, if any, and the version of the data
/// that says so; by the version that was known and the login in lower case.
pub(crate) type Logins = Cache<(DataVersion, String), (DataVersion, Option<AccountReference>)>;

pub(crate) fn logins_cache(max_bytes: u64) -> Logins {
    /// Of an entry with its login, roughly.
    const BYTES: u64 = 200;
    Cache::builder()
        .max_capacity(max_bytes / BYTES)
        .time_to_idle(KEPT_IDLE)
        .build()
}

/// The account that a login means in exactly this version of the data; `None`
/// where there is none, or the data has moved on.
pub(crate) async fn account_of_login(
    api: &Api,
    version: DataVersion,
    login: &str,
) -> Result<Option<AccountReference>, Problem> {
    let look_up = async {
        let mut snapshot = api.snapshot().await?;
        let found = candidates_for_login(snapshot.connection(), login).await?;
        Ok::<_, Problem>((snapshot.version(), found.into_iter().next()))
    };
    let key = (version, login.to_lowercase());
    let found = api.logins().try_get_with(key, look_up).await;
    let (of, account) = found.map_err(|problem: Arc<Problem>| Problem::clone(&problem))?;
    Ok(account.filter(|_| of == version))
}
