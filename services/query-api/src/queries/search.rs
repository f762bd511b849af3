//! Searching by the beginning of a name.

use sqlx::PgConnection;

use super::LAST_CHARACTER;

/// An account found by a login it bears or bore.
#[derive(Clone, Debug)]
pub(crate) struct FoundAccount {
    pub(crate) account: String,
    pub(crate) matched: String,
    pub(crate) login: Option<String>,
    pub(crate) class: Option<String>,
    /// Thousandths of a point on the board over all repositories; none off it.
    pub(crate) score: Option<i64>,
}

/// A repository found by a name it bears or bore.
#[derive(Clone, Debug)]
pub(crate) struct FoundRepository {
    pub(crate) repository: String,
    pub(crate) matched: String,
    pub(crate) name: Option<String>,
}

pub(crate) async fn contributors(
    connection: &mut PgConnection,
    prefix: &str,
    limit: i64,
) -> Result<Vec<FoundAccount>, sqlx::Error> {
    sqlx::query_file_as!(
        FoundAccount,
        "src/queries/search_contributors.sql",
        prefix,
        LAST_CHARACTER,
        limit,
    )
    .fetch_all(connection)
    .await
}

pub(crate) async fn repositories(
    connection: &mut PgConnection,
    prefix: &str,
    limit: i64,
) -> Result<Vec<FoundRepository>, sqlx::Error> {
    sqlx::query_file_as!(
        FoundRepository,
        "src/queries/search_repositories.sql",
        prefix,
        LAST_CHARACTER,
        limit,
    )
    .fetch_all(connection)
    .await
}
