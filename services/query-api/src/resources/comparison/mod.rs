//! Some contributors, or repositories, side by side: what they did, what it is
//! worth, and when.

mod numbers;

pub(crate) use numbers::{Numbers, numbers_of_contributor, numbers_of_repository, spans_of};

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{ClassFilter, ContributionKind, Metric, Period, RepositoryReference};
use serde::Serialize;
use utoipa::ToSchema;

use super::contributor::AccountResource;
use super::coverage::{CoverageSummary, load_summary};
use super::period::PeriodResource;
use crate::api::Api;
use crate::points::decimal;
use crate::problem::Problem;
use crate::queries::snapshot::Snapshot;
use crate::target::Target;

/// Subjects at most: there are as many colours that can be told apart.
pub(crate) const MOST: usize = 5;

/// Who, or what, is compared, and by what.
#[derive(Clone, Debug)]
pub(crate) struct ComparisonRequest {
    pub(crate) names: Vec<String>,
    pub(crate) period: Period,
    /// What is told over time.
    pub(crate) metric: Metric,
}

/// Contributors side by side.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContributorComparison {
    /// The contributors, in the order in which they were named.
    pub(crate) contributors: Vec<ComparedContributor>,
    /// The spans of which each tells what it did.
    pub(crate) over_time: ComparedSpans,
    /// What the answer is computed from.
    pub(crate) meta: ContributorComparisonMeta,
}

/// Repositories side by side.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepositoryComparison {
    /// The repositories, in the order in which they were named.
    pub(crate) repositories: Vec<ComparedRepository>,
    /// The spans of which each tells what was done in it.
    pub(crate) over_time: ComparedSpans,
    /// What the answer is computed from.
    pub(crate) meta: RepositoryComparisonMeta,
}

/// A contributor beside others.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparedContributor {
    /// The account.
    #[serde(flatten)]
    pub(crate) account: AccountResource,
    /// The place on the board over all repositories, among those of its class;
    /// null for who is not on it.
    #[schema(example = 3)]
    pub(crate) rank: Option<u64>,
    /// What it did in the period.
    #[serde(flatten)]
    pub(crate) numbers: ComparedNumbers,
}

/// A repository beside others.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparedRepository {
    /// A numeric id, or `@owner/name` where no id is known.
    #[schema(value_type = String, example = "8514")]
    pub(crate) repository: RepositoryReference,
    /// The present name.
    #[schema(example = "rails/rails")]
    pub(crate) name: String,
    /// Contributors with any contribution.
    #[schema(example = 12)]
    pub(crate) contributors: usize,
    /// What was done in it in the period.
    #[serde(flatten)]
    pub(crate) numbers: ComparedNumbers,
    /// How much of the period was seen of it.
    pub(crate) coverage: CoverageSummary,
}

/// What was done in a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparedNumbers {
    /// The score in points, exactly.
    #[schema(example = "1234.560")]
    pub(crate) score: String,
    /// The score in thousandths of a point.
    #[schema(example = 1_234_560)]
    pub(crate) score_thousandths: i64,
    /// UTC days with contributions.
    #[schema(example = 21)]
    pub(crate) active_days: usize,
    /// The last of them; null where there are none.
    pub(crate) last_day: Option<NaiveDate>,
    /// Contributions by kind; kinds without any are left out.
    #[schema(value_type = BTreeMap<String, i64>, example = json!({"commit": 12}))]
    pub(crate) counts: BTreeMap<ContributionKind, i64>,
    /// What each span comes to, in the order of `over_time.spans`: thousandths of
    /// a point, or contributions of a kind. A span is scored by itself, so that
    /// caps that hold for longer ones may give all of them together less.
    #[schema(example = json!([1_234_560]))]
    pub(crate) over_time: Vec<i64>,
}

/// Time in pieces: few enough to be drawn, however long the period is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ComparedSpans {
    /// What is told of each: `score`, or a kind of contribution.
    #[schema(value_type = String, example = "score")]
    pub(crate) metric: Metric,
    /// `day`, `week`, `month` or `year`; null where nothing was done.
    #[schema(example = "month")]
    pub(crate) span: Option<&'static str>,
    /// The spans, from the first day with contributions of any to the last.
    pub(crate) spans: Vec<PeriodResource>,
}

/// What contributors are compared by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContributorComparisonMeta {
    /// The period.
    pub(crate) period: PeriodResource,
    /// The scoring policy.
    #[schema(example = 1)]
    pub(crate) policy_version: u32,
    /// The instant at which this was known; left out for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The last sequence of the log that is counted here.
    #[schema(example = 48_211)]
    pub(crate) version: i64,
    /// How much of the period was seen.
    pub(crate) coverage: CoverageSummary,
    /// When this answer was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

/// What repositories are compared by.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RepositoryComparisonMeta {
    /// The period.
    pub(crate) period: PeriodResource,
    /// Whose contributions are added up.
    #[schema(value_type = String, example = "everyone")]
    pub(crate) class: ClassFilter,
    /// The scoring policy.
    #[schema(example = 1)]
    pub(crate) policy_version: u32,
    /// The instant at which this was known; left out for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// The last sequence of the log that is counted here.
    #[schema(example = 48_211)]
    pub(crate) version: i64,
    /// When this answer was computed.
    pub(crate) generated_at: DateTime<Utc>,
}

impl ComparedNumbers {
    fn of(numbers: &Numbers, metric: Metric, spans: &[Period]) -> Self {
        let days = numbers.days();
        Self {
            score: decimal(numbers.score),
            score_thousandths: numbers.score,
            active_days: days.len(),
            last_day: days.last().copied(),
            counts: numbers.by_kind(),
            over_time: numbers.values(metric, spans),
        }
    }
}

/// Everything that is compared, and the spans that it is told over.
fn over_time<'a>(
    numbers: impl Iterator<Item = &'a Numbers>,
    metric: Metric,
) -> (Vec<Period>, ComparedSpans) {
    let (span, spans) = spans_of(numbers).unzip();
    let spans: Vec<Period> = spans.unwrap_or_default();
    let told = ComparedSpans {
        metric,
        span,
        spans: spans.iter().copied().map(PeriodResource::from).collect(),
    };
    (spans, told)
}

/// Loads contributors side by side.
pub(crate) async fn compare_contributors(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &ComparisonRequest,
) -> Result<ContributorComparison, Problem> {
    let mut compared = Vec::with_capacity(request.names.len());
    for login in &request.names {
        compared.push(numbers_of_contributor(api, snapshot, login, request.period).await?);
    }
    let (spans, told) = over_time(compared.iter().map(|(_, numbers)| numbers), request.metric);
    let contributors = compared.into_iter().map(|(account, numbers)| {
        let rank = numbers.rank;
        ComparedContributor {
            account: account.into(),
            rank,
            numbers: ComparedNumbers::of(&numbers, request.metric, &spans),
        }
    });
    Ok(ContributorComparison {
        contributors: contributors.collect(),
        over_time: told,
        meta: ContributorComparisonMeta {
            period: request.period.into(),
            policy_version: snapshot.policies().general().version,
            as_of: snapshot.as_of(),
            version: snapshot.version().contributions,
            coverage: load_summary(api, snapshot, &Target::Global, request.period).await?,
            generated_at: api.now(),
        },
    })
}

/// Loads repositories side by side, of what those of a class did in them.
pub(crate) async fn compare_repositories(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &ComparisonRequest,
    class: ClassFilter,
) -> Result<RepositoryComparison, Problem> {
    let period = request.period;
    let mut compared = Vec::with_capacity(request.names.len());
    for name in &request.names {
        let (repository, numbers) =
            numbers_of_repository(api, snapshot, name, period, class).await?;
        let target = Target::of_repository(&repository);
        let coverage = load_summary(api, snapshot, &target, period).await?;
        compared.push((repository, numbers, coverage));
    }
    let numbers = compared.iter().map(|(_, numbers, _)| numbers);
    let (spans, told) = over_time(numbers, request.metric);
    let repositories = compared.into_iter().map(|(repository, numbers, coverage)| {
        let contributors = numbers.contributors.unwrap_or(0);
        ComparedRepository {
            repository: repository.reference,
            name: repository.name,
            contributors,
            numbers: ComparedNumbers::of(&numbers, request.metric, &spans),
            coverage,
        }
    });
    Ok(RepositoryComparison {
        repositories: repositories.collect(),
        over_time: told,
        meta: RepositoryComparisonMeta {
            period: period.into(),
            class,
            policy_version: snapshot.policies().general().version,
            as_of: snapshot.as_of(),
            version: snapshot.version().contributions,
            generated_at: api.now(),
        },
    })
}
