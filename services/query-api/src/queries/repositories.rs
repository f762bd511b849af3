//! Repositories: finding the one that is meant, and what it was called.

use std::collections::HashMap;

use domain::RepositoryReference;
use sqlx::PgConnection;

use super::accounts::NameRow;

/// A repository as it is shown.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    pub(crate) reference: RepositoryReference,
    pub(crate) name: String,
}

/// The repository that is or was called this, if there is one.
pub(crate) async fn find_repository(
    connection: &mut PgConnection,
    name: &str,
) -> Result<Option<Repository>, sqlx::Error> {
    let candidate = sqlx::query_file_scalar!("src/queries/repository_candidates.sql", name);
    let Some(reference) = candidate.fetch_optional(&mut *connection).await? else {
        return Ok(None);
    };
    let mut names = names_of(connection, std::slice::from_ref(&reference)).await?;
    let name = names.remove(&reference).unwrap_or_else(|| name.to_owned());
    let reference = RepositoryReference::from_stored(reference);
    Ok(Some(Repository { reference, name }))
}

/// Present names by reference.
pub(crate) async fn names_of(
    connection: &mut PgConnection,
    references: &[String],
) -> Result<HashMap<String, String>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT repository AS "repository!", name AS "name!" FROM repositories WHERE repository = ANY ($1)"#,
        references,
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.repository, row.name))
        .collect())
}

/// The repositories whose present owner is this one.
pub(crate) async fn repositories_of_owner(
    connection: &mut PgConnection,
    owner: &str,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        // Every name that begins with the owner and a slash: `0` follows `/`.
        r#"SELECT repository AS "repository!" FROM repositories
           WHERE lower(name) >= lower($1) || '/' AND lower(name) < lower($1) || '0'
           ORDER BY repository"#,
        owner,
    )
    .fetch_all(connection)
    .await
}

/// The names a repository has borne, the latest first.
pub(crate) async fn names_over_time(
    connection: &mut PgConnection,
    reference: &RepositoryReference,
) -> Result<Vec<NameRow>, sqlx::Error> {
    sqlx::query_as!(
        NameRow,
        r#"
        SELECT name AS "name!", first_seen AS "first_seen!", last_seen AS "last_seen!"
        FROM repository_names
        WHERE repository = $1
        ORDER BY last_seen DESC, name
        LIMIT 100
        "#,
        reference.as_str(),
    )
    .fetch_all(connection)
    .await
}

/// All names, in lower case, that some repositories have borne; repository by
/// repository.
pub(crate) async fn names_borne(
    connection: &mut PgConnection,
    references: &[String],
) -> Result<Vec<Vec<String>>, sqlx::Error> {
    let rows = sqlx::query_scalar!(
        r#"
        SELECT array_agg(DISTINCT lower(name)) AS "names!"
        FROM repository_names
        WHERE repository = ANY ($1)
        GROUP BY repository
        "#,
        references,
    );
    rows.fetch_all(connection).await
}
