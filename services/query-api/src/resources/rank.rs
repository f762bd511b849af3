//! Where one contributor stands on one board, and nothing else.

use chrono::{DateTime, Utc};
use domain::{AccountClass, AccountReference, ClassFilter, Metric, Period};
use serde::Serialize;
use utoipa::ToSchema;

use super::contributor::find_contributor;
use super::leaderboard::ScopeResource;
use super::period::PeriodResource;
use crate::addresses::account_segment;
use crate::api::Api;
use crate::computed::{computed_board, is_computed};
use crate::logins::account_of_login;
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::accounts::Account;
use crate::queries::rank::{Asked, rank_of};
use crate::queries::snapshot::Snapshot;
use crate::ranks::Rank;
use crate::target::{ScopeName, Target, find_target};
use crate::version::DataVersion;

/// Whose place on which board is wanted.
#[derive(Clone, Debug)]
pub(crate) struct RankRequest {
    /// The instant at which it was known; none for now.
    pub(crate) as_of: Option<DateTime<Utc>>,
    pub(crate) scope: ScopeName,
    /// A login, `@login` or `id:<number>`.
    pub(crate) contributor: String,
    pub(crate) period: Period,
    pub(crate) metric: Metric,
    pub(crate) class: ClassFilter,
}

/// A place on a board, and what board that is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RankAnswer {
    /// The place.
    pub(crate) rank: RankResource,
    /// What the place is on.
    pub(crate) meta: RankMeta,
}

/// A contributor's place on a board.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RankResource {
    /// The account: a numeric id, or `@login` where no id is known.
    #[schema(value_type = String, example = "583231")]
    pub(crate) account: AccountReference,
    /// `human`, `bot` or `agent`.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: AccountClass,
    /// The place; equal values share one (1, 2, 2, 4). Null for who is not on
    /// the board.
    #[schema(example = 1042)]
    pub(crate) rank: Option<u64>,
    /// Contributors on the board.
    #[schema(example = 250_000)]
    pub(crate) members: u64,
    /// How many of a hundred members stand here or lower, in whole hundredths.
    /// Null for who is not on the board.
    #[schema(example = 99.58)]
    pub(crate) percentile: Option<f64>,
    /// What the board is ordered by: thousandths of a point, or a number.
    #[schema(example = 1_234_560)]
    pub(crate) value: i64,
    /// The score in points, exactly; only on boards of the score.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "1234.560")]
    pub(crate) score: Option<String>,
    /// The number of contributions; only on boards of one kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<i64>,
    /// The contributor.
    #[schema(example = "/api/v1/contributors/id:583231")]
    pub(crate) contributor: String,
}

/// What a place is on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RankMeta {
    /// Which repositories count.
    pub(crate) scope: ScopeResource,
    /// Which days count.
    pub(crate) period: PeriodResource,
    /// What the board is ordered by.
    #[schema(value_type = String, example = "score")]
    pub(crate) metric: Metric,
    /// Whose contributions are shown.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: ClassFilter,
    /// The scoring policy.
    pub(crate) policy_version: u32,
    /// The instant at which this was known; left out for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The last sequence of the log that is counted here.
    pub(crate) version: i64,
}

/// Finds a contributor's place, in memory where it can be told.
pub(crate) async fn load_rank(
    api: &Api,
    request: &RankRequest,
) -> Result<(DataVersion, RankAnswer), Problem> {
    let is_stored =
        request.scope == ScopeName::Global && !is_computed(&Target::Global, request.period);
    let (version, policy_version, target, account, rank) = if is_stored {
        on_stored_board(api, request).await?
    } else {
        on_computed_board(api, request).await?
    };
    if rank.class == AccountClass::Hidden {
        return Err(Problem::no_contributor(&request.contributor));
    }
    let is_score = request.metric == Metric::Score;
    let answer = RankAnswer {
        rank: RankResource {
            contributor: format!("/api/v1/contributors/{}", account_segment(&account)),
            account,
            class: rank.class,
            rank: rank.rank,
            members: rank.members,
            percentile: rank.rank.map(|place| percentile(place, rank.members)),
            value: rank.value,
            score: is_score.then(|| decimal(rank.value)),
            count: (!is_score).then_some(rank.value),
        },
        meta: RankMeta {
            scope: ScopeResource::from(&target),
            period: request.period.into(),
            metric: request.metric,
            class: request.class,
            policy_version,
            version: version.contributions,
            as_of: request.as_of,
        },
    };
    Ok((version, answer))
}

/// Of a hundred members those at this place or lower, rounded down to
/// hundredths: only the best have 100.
pub(crate) fn percentile(rank: u64, members: u64) -> f64 {
    let here_or_lower = (members + 1).saturating_sub(rank);
    (here_or_lower * 10_000 / members.max(1)) as f64 / 100.0
}

/// The reference that a contributor is asked for by, if it is not a login.
fn reference(contributor: &str) -> Option<AccountReference> {
    match contributor.strip_prefix("id:") {
        Some(id) => Some(AccountReference::from_stored(id)),
        None => contributor
            .strip_prefix('@')
            .map(AccountReference::from_login),
    }
}

/// `None` where memory does not know.
async fn in_memory(
    api: &Api,
    request: &RankRequest,
) -> Result<Option<(DataVersion, AccountReference, Rank)>, Problem> {
    let Some(version) = api.known_version() else {
        return Ok(None);
    };
    let account = match reference(&request.contributor) {
        // One that stands for another is on no board.
        Some(reference) => Some(reference),
        None => account_of_login(api, version, &request.contributor).await?,
    };
    let Some(account) = account else {
        return Ok(None);
    };
    let board = (request.period, request.metric, request.class);
    let rank = api.ranks().find(version, board, &account).await;
    Ok(rank.map(|rank| (version, account, rank)))
}

/// The version of the data, that of the policy, and whose place on what.
type Found = (DataVersion, u32, Target, AccountReference, Rank);

async fn on_stored_board(api: &Api, request: &RankRequest) -> Result<Found, Problem> {
    let remembered = match request.as_of {
        Some(_) => None,
        None => in_memory(api, request).await?,
    };
    if let Some((version, account, rank)) = remembered {
        metrics::counter!("ranks_answered_total", "from" => "memory").increment(1);
        return Ok((version, version.policy, Target::Global, account, rank));
    }
    metrics::counter!("ranks_answered_total", "from" => "database").increment(1);
    in_database(api, request).await
}

async fn in_database(api: &Api, request: &RankRequest) -> Result<Found, Problem> {
    let asked = match reference(&request.contributor) {
        Some(reference) => Asked::Reference(reference),
        None => Asked::Login(request.contributor.clone()),
    };
    let board = (request.period, request.metric, request.class);
    let mut snapshot = api.snapshot_of(request.as_of).await?;
    let found = rank_of(snapshot.connection(), &asked, board).await?;
    let (account, rank) = found.ok_or_else(|| Problem::no_contributor(&request.contributor))?;
    let version = snapshot.version();
    Ok((version, version.policy, Target::Global, account, rank))
}

async fn on_computed_board(api: &Api, request: &RankRequest) -> Result<Found, Problem> {
    let mut snapshot = api.snapshot_of(request.as_of).await?;
    let place = load_place(api, &mut snapshot, request).await?;
    let account = place.account.reference;
    let policy = snapshot.policy(&place.target).version;
    Ok((
        snapshot.version(),
        policy,
        place.target,
        account,
        place.rank,
    ))
}

/// A contributor's place on a board, and what both are called.
pub(crate) struct Place {
    pub(crate) target: Target,
    pub(crate) account: Account,
    pub(crate) rank: Rank,
}

/// Finds a contributor's place in a snapshot, on a board of any scope.
pub(crate) async fn load_place(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &RankRequest,
) -> Result<Place, Problem> {
    let target = find_target(snapshot, &request.scope).await?;
    let found = find_contributor(snapshot, &request.contributor).await?;
    let account = found.account;
    let RankRequest {
        period,
        metric,
        class,
        ..
    } = *request;
    let rank = if is_computed(&target, period) {
        let board = computed_board(api, snapshot, &target, period, metric, class).await?;
        let member = board.tally.members.get(&account.reference);
        Rank {
            class: account.class,
            value: member.map_or(0, |member| member.value(metric)),
            rank: board.rank(&account.reference),
            members: board.ranked.len() as u64,
        }
    } else {
        let asked = Asked::Reference(account.reference.clone());
        let found = rank_of(snapshot.connection(), &asked, (period, metric, class)).await?;
        let rank = found.map(|(_, rank)| rank);
        rank.ok_or_else(|| Problem::no_contributor(&request.contributor))?
    };
    Ok(Place {
        target,
        account,
        rank,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_all_have_a_hundred_and_nobody_else() {
        assert_eq!(percentile(1, 3), 100.0);
        assert_eq!(percentile(2, 3), 66.66);
        assert_eq!(percentile(3, 3), 33.33);
        assert_eq!(percentile(2, 1_000_000), 99.99);
        assert_eq!(percentile(1, 0), 0.0);
    }
}
