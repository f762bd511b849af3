//! What a search finds.

use std::collections::BTreeSet;

use domain::AccountReference;
use serde::Serialize;
use utoipa::ToSchema;

use super::leaderboard::shown_login;
use crate::problem::Problem;
use crate::queries::search::{self, FoundAccount, FoundRepository};
use crate::queries::snapshot::Snapshot;

/// What begins with the text that was searched for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SearchAnswer {
    /// What was found.
    pub(crate) results: SearchResults,
    /// What was searched for.
    pub(crate) meta: SearchMeta,
}

/// What was found, by sort.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SearchResults {
    /// Contributors: the exact login first, then by score.
    pub(crate) contributors: Vec<ContributorHit>,
    /// Repositories, by name.
    pub(crate) repositories: Vec<RepositoryHit>,
    /// The owners of those repositories.
    pub(crate) organizations: BTreeSet<String>,
}

/// A contributor that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContributorHit {
    /// A numeric id, or `@login` where no id is known.
    #[schema(value_type = String, example = "583231")]
    pub(crate) account: AccountReference,
    /// The present login.
    #[schema(example = "octocat")]
    pub(crate) login: String,
    /// The login that matches, where it is a former one.
    pub(crate) former_login: Option<String>,
    /// `human`, `bot` or `agent`; null where nothing is known of the account.
    #[schema(example = "human")]
    pub(crate) class: Option<String>,
}

/// A repository that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepositoryHit {
    /// A numeric id, or `@owner/name` where no id is known.
    #[schema(example = "8514")]
    pub(crate) repository: String,
    /// The present name.
    #[schema(example = "rails/rails")]
    pub(crate) name: String,
    /// The name that matches, where it is a former one.
    pub(crate) former_name: Option<String>,
}

/// What was searched for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SearchMeta {
    /// The text, without the space around it.
    pub(crate) q: String,
    /// Most results of each sort.
    pub(crate) limit: u32,
}

/// Searches contributors and repositories.
pub(crate) async fn load_search(
    snapshot: &mut Snapshot,
    q: String,
    limit: u32,
) -> Result<SearchAnswer, Problem> {
    let connection = snapshot.connection();
    let contributors = search::contributors(connection, &q, i64::from(limit)).await?;
    let repositories = search::repositories(connection, &q, i64::from(limit)).await?;
    let repositories: Vec<RepositoryHit> =
        repositories.into_iter().map(RepositoryHit::from).collect();
    let owners = repositories
        .iter()
        .filter_map(|hit| hit.name.split('/').next());
    Ok(SearchAnswer {
        results: SearchResults {
            contributors: contributors.into_iter().map(ContributorHit::from).collect(),
            organizations: owners.map(str::to_owned).collect(),
            repositories,
        },
        meta: SearchMeta { q, limit },
    })
}

/// The name that matched, unless it is the one that is shown anyway.
fn former(matched: String, shown: &str) -> Option<String> {
    (!matched.eq_ignore_ascii_case(shown)).then_some(matched)
}

impl From<FoundAccount> for ContributorHit {
    fn from(found: FoundAccount) -> Self {
        let account = AccountReference::from_stored(found.account);
        let login = shown_login(found.login, &account);
        Self {
            former_login: former(found.matched, &login),
            account,
            login,
            class: found.class,
        }
    }
}

impl From<FoundRepository> for RepositoryHit {
    fn from(found: FoundRepository) -> Self {
        let name = found.name.unwrap_or_else(|| found.matched.clone());
        Self {
            former_name: former(found.matched, &name),
            repository: found.repository,
            name,
        }
    }
}
