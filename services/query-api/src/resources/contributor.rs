//! Contributors: who they are, where they stand, and what they did.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Days, NaiveDate, Utc};
use domain::{
    AccountClass, AccountReference, ClassFilter, ContributionKind, DailyCounts, Metric, Period,
    RepositoryReference, Standing,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::leaderboard::{Entry, entries_without_counts};
use super::name::NameOverTime;
use super::period::PeriodResource;
use crate::addresses::path_segment;
use crate::api::Api;
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::accounts::{
    Account, candidates_for_login, canonical_account, find_account, logins_of,
};
use crate::queries::board::{self, GlobalBoard};
use crate::queries::contributions::pending_near;
use crate::queries::coverage::newest_hour;
use crate::queries::daily;
use crate::queries::ranks::ranks_of;
use crate::queries::repositories::{Repository, names_of};
use crate::queries::snapshot::Snapshot;
use crate::scoped::scoped_board;
use crate::target::Target;

/// Contributors shown above, and below.
const NEIGHBOURS: i64 = 5;

/// Repositories shown.
const TOP_REPOSITORIES: usize = 8;

/// Days of the calendar: 53 weeks, so that a whole year is always in it.
const CALENDAR_DAYS: u64 = 53 * 7;

/// A contributor, and what the answer is computed from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContributorAnswer {
    /// The contributor.
    pub(crate) contributor: Contributor,
    /// What the answer is computed from.
    pub(crate) meta: ProfileMeta,
}

/// An account as it is shown.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AccountResource {
    /// A numeric id, or `@login` where no id is known.
    #[schema(value_type = String, example = "583231")]
    pub(crate) account: AccountReference,
    /// The present login.
    #[schema(example = "octocat")]
    pub(crate) login: String,
    /// `human`, `bot` or `agent`.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: AccountClass,
    /// The account on GitHub.
    #[schema(example = "https://github.com/octocat")]
    pub(crate) github_url: String,
}

/// Who a contributor is, where they stand, and what they did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Contributor {
    /// The account.
    #[serde(flatten)]
    pub(crate) account: AccountResource,
    /// Every login it has borne, the latest first.
    pub(crate) names: Vec<NameOverTime>,
    /// The place on the board over all repositories, of the period asked for
    /// or of the six periods around the newest data.
    pub(crate) ranks: Vec<PeriodRank>,
    /// What was done in the period.
    pub(crate) work: Work,
    /// Who stands just above and below on the board of all time.
    pub(crate) neighbours: Neighbours,
    /// The repositories that brought the most points in the period.
    pub(crate) repositories: Vec<RepositoryStanding>,
    /// Contributions a day, up to the last active day; days without any are
    /// left out.
    pub(crate) activity: Vec<DayActivity>,
    /// Contributions nobody is credited for yet, in the repositories this
    /// contributor works in: some may turn out to be theirs.
    pub(crate) pending: i64,
}

/// A place on the board of a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodRank {
    /// The period.
    pub(crate) period: PeriodResource,
    /// The place; null for who is not on that board.
    pub(crate) rank: Option<u64>,
    /// Contributors on that board.
    pub(crate) members: i64,
    /// The score in points, exactly.
    pub(crate) score: String,
    /// The score in thousandths of a point.
    pub(crate) score_thousandths: i64,
}

/// What was done in a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Work {
    /// The period.
    pub(crate) period: PeriodResource,
    /// The score in points, exactly.
    pub(crate) score: String,
    /// The score in thousandths of a point.
    pub(crate) score_thousandths: i64,
    /// Contributions by kind; kinds without any are left out.
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"commit": 12}))]
    pub(crate) counts: BTreeMap<ContributionKind, i64>,
}

/// Who stands around a contributor, in board order.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct Neighbours {
    /// Up to five just above.
    pub(crate) above: Vec<Entry>,
    /// Up to five just below.
    pub(crate) below: Vec<Entry>,
}

/// A contributor's place in one repository.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepositoryStanding {
    /// A numeric id, or `@owner/name` where no id is known.
    #[schema(value_type = String, example = "8514")]
    pub(crate) repository: RepositoryReference,
    /// The present name.
    #[schema(example = "rails/rails")]
    pub(crate) name: String,
    /// The place on the repository's board; null for who is not on it.
    pub(crate) rank: Option<u64>,
    /// Contributors on that board.
    pub(crate) members: usize,
    /// The score there in points, exactly.
    pub(crate) score: String,
    /// The score in thousandths of a point.
    pub(crate) score_thousandths: i64,
}

/// How much was done on a day.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct DayActivity {
    /// The UTC day.
    pub(crate) day: NaiveDate,
    /// Contributions of any kind.
    pub(crate) contributions: i64,
}

/// What a profile is computed from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileMeta {
    /// The class of the boards that ranks are taken from.
    #[schema(value_type = String, example = "human")]
    pub(crate) class: ClassFilter,
    /// The scoring policy.
    pub(crate) policy_version: u32,
    /// The last sequence of the log that is counted here.
    pub(crate) version: i64,
    /// Other accounts that have borne this login; the one answered was seen
    /// most recently. Each can be asked for as `id:<account>`.
    #[schema(value_type = Vec<String>)]
    pub(crate) other_accounts: Vec<AccountReference>,
    /// When this answer was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

impl From<Account> for AccountResource {
    fn from(account: Account) -> Self {
        Self {
            github_url: format!("https://github.com/{}", path_segment(&account.login)),
            account: account.reference,
            login: account.login,
            class: account.class,
        }
    }
}

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
    let unknown = || {
        Problem::not_found(format!(
            "No contributor called {given:?} has been seen; \
             check the spelling, or search with /api/v1/search?q="
        ))
    };
    if candidates.is_empty() {
        return Err(unknown());
    }
    let first = candidates.remove(0);
    let account = find_account(connection, &first)
        .await?
        .ok_or_else(unknown)?;
    Ok(FoundContributor {
        account,
        others: candidates,
    })
}

/// The filter that shows a class and no other.
fn own_class(class: AccountClass) -> ClassFilter {
    match class {
        AccountClass::Human => ClassFilter::Human,
        AccountClass::Bot => ClassFilter::Bot,
        AccountClass::Agent => ClassFilter::Agent,
    }
}

/// The newest day there is data of: what "this month" means for data of the
/// past.
pub(crate) async fn newest_day(api: &Api, snapshot: &mut Snapshot) -> Result<NaiveDate, Problem> {
    let newest = newest_hour(snapshot.connection(), api.now()).await?;
    Ok(newest.unwrap_or_else(|| api.now()).date_naive())
}

/// Loads a contributor; `period` and `class` as they were asked for.
pub(crate) async fn load_contributor(
    api: &Api,
    snapshot: &mut Snapshot,
    login: &str,
    period: Option<Period>,
    class: Option<ClassFilter>,
) -> Result<ContributorAnswer, Problem> {
    let FoundContributor { account, others } = find_contributor(snapshot, login).await?;
    let class = class.unwrap_or(own_class(account.class));
    let reference = account.reference.clone();
    let periods = match period {
        Some(period) => vec![period],
        None => Period::containing(newest_day(api, snapshot).await?).collect(),
    };
    let ranks = load_ranks(snapshot, &account, class, &periods).await?;
    let period = period.unwrap_or(Period::All);
    let counts = daily::counts_of_contributor(snapshot.connection(), &reference, period).await?;
    let names = logins_of(snapshot.connection(), &reference).await?;
    let contributor = Contributor {
        account: account.into(),
        names: names.into_iter().map(NameOverTime::from).collect(),
        ranks,
        work: load_work(snapshot, &reference, period).await?,
        neighbours: load_neighbours(snapshot, &reference, class).await?,
        repositories: load_repositories(api, snapshot, &reference, &counts, period, class).await?,
        activity: load_activity(snapshot, &reference, period).await?,
        pending: pending_near(snapshot.connection(), &reference).await?,
    };
    Ok(ContributorAnswer {
        contributor,
        meta: ProfileMeta {
            class,
            policy_version: api.settings().policy.version,
            version: snapshot.version().contributions,
            other_accounts: others,
            generated_at: api.now(),
        },
    })
}

async fn load_ranks(
    snapshot: &mut Snapshot,
    account: &Account,
    class: ClassFilter,
    periods: &[Period],
) -> Result<Vec<PeriodRank>, Problem> {
    let connection = snapshot.connection();
    let shown_here = class.classes().contains(&account.class);
    let contributor = &account.reference;
    let standings = board::standings_of(connection, contributor, Metric::Score, periods).await?;
    let members = board::members(connection, Metric::Score, class, periods).await?;
    let value = |period: &Period| standings.get(&period.to_string()).map(|place| place.value);
    let values: Vec<(Period, i64)> = periods
        .iter()
        .filter_map(|period| Some((*period, value(period)?)))
        .collect();
    let ranks = ranks_of(connection, Metric::Score, class, &values).await?;
    Ok(periods
        .iter()
        .map(|period| {
            let name = period.to_string();
            let score = value(period).unwrap_or(0);
            PeriodRank {
                rank: ranks.get(&name).copied().filter(|_| shown_here),
                members: members.get(&name).copied().unwrap_or(0),
                score: decimal(score),
                score_thousandths: score,
                period: (*period).into(),
            }
        })
        .collect())
}

async fn load_work(
    snapshot: &mut Snapshot,
    contributor: &AccountReference,
    period: Period,
) -> Result<Work, Problem> {
    let contributors = [contributor.to_string()];
    let found = board::member_counts(snapshot.connection(), period, &contributors).await?;
    let counts = found.into_values().next().unwrap_or_default();
    Ok(Work {
        period: period.into(),
        score: decimal(counts.score),
        score_thousandths: counts.score,
        counts: counts.counts,
    })
}

async fn load_neighbours(
    snapshot: &mut Snapshot,
    contributor: &AccountReference,
    class: ClassFilter,
) -> Result<Neighbours, Problem> {
    let wanted = GlobalBoard {
        period: Period::All,
        metric: Metric::Score,
        class,
    };
    let connection = snapshot.connection();
    let own = board::standings_of(connection, contributor, wanted.metric, &[wanted.period]).await?;
    let Some(own) = own.into_values().next() else {
        return Ok(Neighbours::default());
    };
    let above = board::rows_before(connection, wanted, &own, NEIGHBOURS).await?;
    let below = board::rows_after(connection, wanted, Some(&own), NEIGHBOURS).await?;
    Ok(Neighbours {
        above: rank_rows(snapshot, wanted, above).await?,
        below: rank_rows(snapshot, wanted, below).await?,
    })
}

async fn rank_rows(
    snapshot: &mut Snapshot,
    wanted: GlobalBoard,
    rows: Vec<board::Placed>,
) -> Result<Vec<Entry>, Problem> {
    let connection = snapshot.connection();
    let mut ranked = Vec::with_capacity(rows.len());
    let mut rank_of: HashMap<i64, u64> = HashMap::new();
    for row in rows {
        let Standing { value, .. } = row.standing;
        let rank = match rank_of.get(&value) {
            Some(rank) => *rank,
            None => {
                let value = [(wanted.period, value)];
                let found = ranks_of(connection, wanted.metric, wanted.class, &value).await?;
                found.into_values().next().unwrap_or(1)
            }
        };
        rank_of.insert(value, rank);
        ranked.push((rank, row));
    }
    let contributors: Vec<String> = ranked
        .iter()
        .map(|(_, row)| row.standing.contributor.to_string())
        .collect();
    let mut counts = board::member_counts(connection, wanted.period, &contributors).await?;
    Ok(entries_without_counts(ranked, &mut counts, wanted.period))
}

/// The repositories that brought the most points, with the rank in each.
async fn load_repositories(
    api: &Api,
    snapshot: &mut Snapshot,
    contributor: &AccountReference,
    counts: &DailyCounts,
    period: Period,
    class: ClassFilter,
) -> Result<Vec<RepositoryStanding>, Problem> {
    let top = top_repositories(api, contributor, counts);
    let references: Vec<String> = top.iter().map(|(_, name)| name.to_string()).collect();
    let mut names = names_of(snapshot.connection(), &references).await?;
    let mut standings = Vec::with_capacity(top.len());
    for (score, reference) in top {
        let name = names.remove(reference.as_str());
        let name = name.unwrap_or_else(|| reference.as_str().trim_start_matches('@').to_owned());
        let repository = Repository { reference, name };
        let target = Target::of_repository(&repository);
        let board = scoped_board(api, snapshot, &target, period, Metric::Score, class).await?;
        standings.push(RepositoryStanding {
            rank: board.rank(contributor, Metric::Score),
            members: board.ranked.len(),
            score: decimal(score),
            score_thousandths: score,
            repository: repository.reference,
            name: repository.name,
        });
    }
    Ok(standings)
}

fn top_repositories(
    api: &Api,
    contributor: &AccountReference,
    counts: &DailyCounts,
) -> Vec<(i64, RepositoryReference)> {
    let mut by_repository: HashMap<RepositoryReference, DailyCounts> = HashMap::new();
    for (key, count) in counts.iter() {
        by_repository
            .entry(key.repository.clone())
            .or_default()
            .add(key.clone(), *count);
    }
    let mut top: Vec<(i64, RepositoryReference)> = by_repository
        .into_iter()
        .map(|(repository, counts)| {
            let scores = counts.scores(&api.settings().policy, Period::All, |_| true);
            (scores.get(contributor).copied().unwrap_or(0), repository)
        })
        .collect();
    top.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    top.truncate(TOP_REPOSITORIES);
    top
}

async fn load_activity(
    snapshot: &mut Snapshot,
    contributor: &AccountReference,
    period: Period,
) -> Result<Vec<DayActivity>, Problem> {
    let connection = snapshot.connection();
    let Some(last) = daily::last_active_day(connection, contributor, period).await? else {
        return Ok(Vec::new());
    };
    let first = last.checked_sub_days(Days::new(CALENDAR_DAYS - 1));
    let days = daily::activity(connection, contributor, first.unwrap_or(last), last).await?;
    Ok(days
        .into_iter()
        .map(|(day, contributions)| DayActivity { day, contributions })
        .collect())
}
