//! Contributors: who they are, where they stand, and what they did.

mod activity;
mod lookup;
mod standing;

pub(crate) use lookup::find_contributor;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{
    AccountClass, AccountReference, Affiliation, ClassFilter, ContributionKind, Period, Policy,
    RepositoryReference,
};
use serde::Serialize;
use utoipa::ToSchema;

use self::activity::{load_activity, load_repositories, work_of};
use self::lookup::FoundContributor;
use self::standing::{load_neighbours, load_ranks};
use super::coverage::{CoverageSummary, load_summary};
use super::leaderboard::Entry;
use super::name::NameOverTime;
use super::period::PeriodResource;
use crate::addresses::path_segment;
use crate::affiliations::known_affiliations;
use crate::api::Api;
use crate::problem::Problem;
use crate::queries::accounts::{Account, linked_into, logins_of};
use crate::queries::contributions::pending_near;
use crate::queries::coverage::newest_hour;
use crate::queries::daily;
use crate::queries::snapshot::Snapshot;
use crate::target::Target;

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
    /// Accounts that people decided are one person with this one: what they did is
    /// credited to it.
    #[schema(example = json!([]))]
    pub(crate) linked_accounts: Vec<AccountResource>,
    /// Whom the account worked for, as people decided, in the order of time.
    pub(crate) affiliations: Vec<AffiliationResource>,
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

/// A time at a company.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AffiliationResource {
    /// The company, as it was written.
    #[schema(example = "Octo Inc.")]
    pub(crate) company: String,
    /// The first UTC day; null for as long as anything is known.
    pub(crate) from: Option<NaiveDate>,
    /// The first UTC day after it; null when it has not ended.
    pub(crate) until: Option<NaiveDate>,
}

impl From<&Affiliation> for AffiliationResource {
    fn from(affiliation: &Affiliation) -> Self {
        Self {
            company: affiliation.company.clone(),
            from: affiliation.from,
            until: affiliation.until,
        }
    }
}

/// A place on the board of a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PeriodRank {
    /// The period.
    pub(crate) period: PeriodResource,
    /// The place; null for who is not on that board.
    #[schema(example = 3)]
    pub(crate) rank: Option<u64>,
    /// Contributors on that board.
    #[schema(example = 4_412)]
    pub(crate) members: i64,
    /// The score in points, exactly.
    #[schema(example = "1234.560")]
    pub(crate) score: String,
    /// The score in thousandths of a point.
    #[schema(example = 1_234_560)]
    pub(crate) score_thousandths: i64,
}

/// What was done in a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Work {
    /// The period.
    pub(crate) period: PeriodResource,
    /// The score in points, exactly.
    #[schema(example = "1234.560")]
    pub(crate) score: String,
    /// The score in thousandths of a point.
    #[schema(example = 1_234_560)]
    pub(crate) score_thousandths: i64,
    /// Contributions by kind; kinds without any are left out.
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"commit": 12}))]
    pub(crate) counts: BTreeMap<ContributionKind, i64>,
    /// The same day by day, for charts.
    #[serde(skip)]
    pub(crate) by_day: BTreeMap<(NaiveDate, ContributionKind), i64>,
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
    #[schema(example = "1234.560")]
    pub(crate) score: String,
    /// The score in thousandths of a point.
    #[schema(example = 1_234_560)]
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
    /// The instant at which this was known; left out for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The same, for bars in which its worth is shown.
    #[serde(skip)]
    pub(crate) policy: Policy,
    /// The last sequence of the log that is counted here.
    pub(crate) version: i64,
    /// Other accounts that have borne this login; the one answered was seen
    /// most recently. Each can be asked for as `id:<account>`.
    #[schema(value_type = Vec<String>, example = json!([]))]
    pub(crate) other_accounts: Vec<AccountReference>,
    /// How much of the period that work and repositories are of was seen.
    pub(crate) coverage: CoverageSummary,
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

/// The filter that shows a class and no other.
pub(crate) fn own_class(class: AccountClass) -> ClassFilter {
    match class {
        // Who is hidden is not found.
        AccountClass::Human | AccountClass::Hidden => ClassFilter::Human,
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
    let ranks = load_ranks(api, snapshot, &account, class, &periods).await?;
    let period = period.unwrap_or(Period::All);
    let counts = daily::counts_of_contributor(snapshot.connection(), &reference, period).await?;
    let names = logins_of(snapshot.connection(), &reference).await?;
    let linked = linked_into(snapshot.connection(), &reference).await?;
    let contributor = Contributor {
        account: account.into(),
        linked_accounts: linked.into_iter().map(AccountResource::from).collect(),
        names: names.into_iter().map(NameOverTime::from).collect(),
        affiliations: known_affiliations(api, snapshot)
            .await?
            .affiliations
            .of(&reference)
            .iter()
            .map(AffiliationResource::from)
            .collect(),
        ranks,
        work: work_of(snapshot.policies().general(), &reference, &counts, period),
        neighbours: load_neighbours(snapshot, &reference, class).await?,
        repositories: load_repositories(api, snapshot, &reference, &counts, period, class).await?,
        activity: load_activity(snapshot, &reference, period).await?,
        pending: pending_near(snapshot.connection(), &reference).await?,
    };
    Ok(ContributorAnswer {
        contributor,
        meta: ProfileMeta {
            class,
            policy_version: snapshot.policies().general().version,
            policy: snapshot.policies().general().clone(),
            version: snapshot.version().contributions,
            as_of: snapshot.as_of(),
            other_accounts: others,
            coverage: load_summary(api, snapshot, &Target::Global, period).await?,
            generated_at: api.now(),
        },
    })
}
