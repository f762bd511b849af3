//! What a search finds.

use std::collections::{BTreeSet, HashMap};

use domain::{AccountClass, AccountReference, Metric, Period};
use serde::Serialize;
use utoipa::ToSchema;

use super::contributor::own_class;
use super::leaderboard::shown_login;
use crate::addresses::{account_segment, contributor_path};
use crate::api::Api;
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::accounts::accounts_called;
use crate::queries::search::{self, FoundAccount, FoundRepository};
use crate::queries::snapshot::Snapshot;
use crate::standings::{WantedBoard, ranks_on};
use crate::target::Target;

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
    #[schema(example = json!(["rails"]))]
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
    /// The place on the board over all repositories and of all time, among those of its
    /// class; null for who is not on it.
    #[schema(example = 3)]
    pub(crate) rank: Option<u64>,
    /// The score there in points, exactly; null for who is not on it.
    #[schema(example = "1234.560")]
    pub(crate) score: Option<String>,
    /// The score there in thousandths of a point.
    #[schema(example = 1_234_560)]
    pub(crate) score_thousandths: Option<i64>,
    /// Where to go from here.
    pub(crate) links: HitLinks,
}

/// Addresses about something that was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HitLinks {
    /// The contributor.
    #[schema(example = "/api/v1/contributors/id:583231")]
    pub(crate) contributor: String,
    /// The contributor's page here.
    #[schema(example = "/contributors/octocat")]
    pub(crate) page: String,
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
    #[schema(example = "oct")]
    pub(crate) q: String,
    /// Most results of each sort.
    pub(crate) limit: u32,
}

/// Searches contributors and repositories.
pub(crate) async fn load_search(
    api: &Api,
    snapshot: &mut Snapshot,
    q: String,
    limit: u32,
) -> Result<SearchAnswer, Problem> {
    let contributors = search::contributors(snapshot.connection(), &q, i64::from(limit)).await?;
    let contributors = contributor_hits(api, snapshot, contributors).await?;
    let connection = snapshot.connection();
    let repositories = search::repositories(connection, &q, i64::from(limit)).await?;
    let repositories: Vec<RepositoryHit> =
        repositories.into_iter().map(RepositoryHit::from).collect();
    let owners = repositories
        .iter()
        .filter_map(|hit| hit.name.split('/').next());
    Ok(SearchAnswer {
        results: SearchResults {
            contributors,
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

/// Those who were found, with where they stand and where more is told of them.
async fn contributor_hits(
    api: &Api,
    snapshot: &mut Snapshot,
    found: Vec<FoundAccount>,
) -> Result<Vec<ContributorHit>, Problem> {
    let mut ranks = HashMap::new();
    for class in [AccountClass::Human, AccountClass::Bot, AccountClass::Agent] {
        let of_class = |one: &&FoundAccount| one.class.as_deref() == Some(class.as_str());
        let accounts = found
            .iter()
            .filter(of_class)
            .filter(|one| one.score.is_some());
        let accounts = accounts.map(|one| AccountReference::from_stored(one.account.clone()));
        let accounts: Vec<AccountReference> = accounts.collect();
        if accounts.is_empty() {
            continue;
        }
        let board = WantedBoard {
            target: &Target::Global,
            period: Period::All,
            metric: Metric::Score,
            class: own_class(class),
            company: None,
        };
        ranks.extend(ranks_on(api, snapshot, board, &accounts).await?);
    }
    let logins = found.iter().filter_map(|one| one.login.as_ref());
    let logins: Vec<String> = logins.map(|login| login.to_lowercase()).collect();
    let meant = accounts_called(snapshot.connection(), &logins).await?;
    let hits = found.into_iter().map(|one| {
        let account = AccountReference::from_stored(one.account);
        let login = shown_login(one.login, &account);
        let is_meant = meant.get(&login.to_lowercase()) == Some(&account);
        let rank = ranks.get(&account).copied();
        let score = one.score.filter(|_| rank.is_some());
        ContributorHit {
            former_login: former(one.matched, &login),
            class: one.class,
            rank,
            score: score.map(decimal),
            score_thousandths: score,
            links: HitLinks {
                contributor: format!("/api/v1/contributors/{}", account_segment(&account)),
                page: contributor_path(&account, &login, if is_meant { &login } else { "" }),
            },
            account,
            login,
        }
    });
    Ok(hits.collect())
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
