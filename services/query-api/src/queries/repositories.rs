//! Repositories: finding the one that is meant, and what it was called.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::RepositoryReference;
use sqlx::PgConnection;

use super::LAST_CHARACTER;
use super::accounts::NameRow;
use crate::cursor::RepositoryCursor;

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

/// What is known of a repository without ranking anybody.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RepositoryFacts {
    pub(crate) contributors: i64,
    /// The last UTC day on which anybody contributed.
    pub(crate) last_day: Option<NaiveDate>,
}

/// The repositories after a place, by present name; of one owner, where one is given.
pub(crate) async fn repositories_after(
    connection: &mut PgConnection,
    owner: Option<&str>,
    after: Option<&RepositoryCursor>,
    limit: i64,
) -> Result<Vec<Repository>, sqlx::Error> {
    // Every name that begins with the owner and a slash: `0` follows `/`.
    let owner = owner.map(str::to_lowercase);
    let first = owner
        .as_ref()
        .map_or_else(String::new, |owner| format!("{owner}/"));
    let end = owner.map_or_else(|| LAST_CHARACTER.to_owned(), |owner| format!("{owner}0"));
    let (name, reference) = match after {
        Some(after) => (after.name.clone(), after.repository.clone()),
        None => (first, String::new()),
    };
    let rows = sqlx::query_file!(
        "src/queries/repository_list.sql",
        name,
        reference,
        end,
        limit
    );
    let rows = rows.fetch_all(connection).await?;
    let repositories = rows.into_iter().map(|row| Repository {
        reference: RepositoryReference::from_stored(row.repository),
        name: row.name,
    });
    Ok(repositories.collect())
}

/// What is known of some repositories, by reference.
pub(crate) async fn facts_of(
    connection: &mut PgConnection,
    references: &[String],
) -> Result<HashMap<String, RepositoryFacts>, sqlx::Error> {
    let rows = sqlx::query_file!("src/queries/repository_facts.sql", references);
    let rows = rows.fetch_all(connection).await?;
    let facts = rows.into_iter().map(|row| {
        let facts = RepositoryFacts {
            contributors: row.contributors,
            last_day: row.last_day,
        };
        (row.repository, facts)
    });
    Ok(facts.collect())
}

/// What is known now of repositories that are tracked, by their places in the list:
/// each by its id, empty where none is known, else by its name in lower case.
pub(crate) async fn tracked_now(
    connection: &mut PgConnection,
    ids: &[String],
    names: &[String],
) -> Result<HashMap<usize, Repository>, sqlx::Error> {
    let rows = sqlx::query_file!("src/queries/tracked_repositories.sql", ids, names);
    let rows = rows.fetch_all(connection).await?;
    let repositories = rows.into_iter().filter_map(|row| {
        let place = usize::try_from(row.place).ok()?.checked_sub(1)?;
        let reference = RepositoryReference::from_stored(row.repository);
        let name = row.name;
        Some((place, Repository { reference, name }))
    });
    Ok(repositories.collect())
}
