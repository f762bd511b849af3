//! All references that stand for the same repository.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

/// References, each with everything that stands for the same repository,
/// itself among it.
pub(super) type Aliases = BTreeMap<String, BTreeSet<String>>;

/// Each repository reference with everything else that stands for the same
/// repository.
pub(super) async fn of(
    transaction: &mut PgConnection,
    repositories: &[String],
) -> Result<Aliases, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT wanted.reference AS "reference!", same.reference AS "alias!"
           FROM unnest($1::text[]) AS wanted (reference)
           LEFT JOIN LATERAL (
               SELECT * FROM reference_links AS stored
               WHERE stored.subject = 'repository' AND stored.reference = wanted.reference
               OFFSET 0) AS own ON true
           CROSS JOIN LATERAL (
               SELECT * FROM reference_links AS stored
               WHERE stored.subject = 'repository'
                 AND stored.canonical = coalesce(own.canonical, wanted.reference)
               OFFSET 0) AS same
           UNION
           SELECT wanted.reference, own.canonical
           FROM unnest($1::text[]) AS wanted (reference)
           CROSS JOIN LATERAL (
               SELECT * FROM reference_links AS stored
               WHERE stored.subject = 'repository' AND stored.reference = wanted.reference
               OFFSET 0) AS own"#,
        repositories,
    )
    .fetch_all(transaction)
    .await?;
    let mut aliases: Aliases = repositories
        .iter()
        .map(|repository| (repository.clone(), BTreeSet::from([repository.clone()])))
        .collect();
    for row in rows {
        aliases.entry(row.reference).or_default().insert(row.alias);
    }
    Ok(aliases)
}
