//! A month's money as it is answered.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use domain::budget::{
    Attribution, Entry, Ledger, Money, Refusal, Reservation, Spending, ThresholdReached, attribute,
    forecast,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Problem;
use crate::queries::ledger;
use crate::queries::snapshot::Snapshot;

/// A month's money. Sums are whole millionths of a US dollar.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BudgetAnswer {
    /// The UTC month.
    #[schema(example = "2026-11")]
    pub(crate) month: String,
    /// How much may be spent; null when nobody said, and so nothing may be.
    pub(crate) limits: Option<BudgetLimits>,
    /// What is spent of the month.
    pub(crate) spent: SpentSums,
    /// What is spent of the present day; null for other months.
    pub(crate) today: Option<SpentSums>,
    /// What the month will have cost if it goes on as it did; null for others
    /// than the present one.
    pub(crate) forecast_micros: Option<u64>,
    /// What was reserved and is not settled yet.
    pub(crate) outstanding: Vec<OutstandingReservation>,
    /// By the job that spent it.
    pub(crate) by_job: Vec<SpentShare>,
    /// By the source that was paid.
    pub(crate) by_source: Vec<SpentShare>,
    /// By the repositories it was spent for, divided evenly.
    pub(crate) by_repository: Vec<SpentShare>,
    /// By the UTC day it was reserved on.
    pub(crate) by_day: Vec<SpentShare>,
    /// What may not be spent, newest first.
    pub(crate) refusals: Vec<BudgetRefusal>,
    /// Thresholds that were reached, newest first.
    pub(crate) thresholds: Vec<ReachedThreshold>,
}

/// How much may be spent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BudgetLimits {
    /// On a UTC day.
    pub(crate) day_micros: u64,
    /// In a UTC month.
    pub(crate) month_micros: u64,
    /// By one job in a month.
    pub(crate) job_micros: u64,
    /// What a tebibyte costs.
    pub(crate) tebibyte_micros: u64,
    /// Bytes of a month that cost nothing.
    pub(crate) free_bytes: u64,
    /// Who decided.
    #[schema(example = "ann")]
    pub(crate) actor: String,
    /// Why.
    #[schema(example = "the sponsor's grant")]
    pub(crate) reason: String,
    /// When.
    pub(crate) defined_at: DateTime<Utc>,
}

/// Sums.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpentSums {
    /// What is known to be spent.
    pub(crate) settled_micros: u64,
    /// What may have been spent at most, besides.
    pub(crate) reserved_micros: u64,
    /// How much of that is assumed spent, because nobody settled it in time.
    pub(crate) assumed_micros: u64,
}

/// What was spent for one thing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SpentShare {
    /// Its name.
    #[schema(example = "bigquery")]
    pub(crate) name: String,
    /// Queries that were for it, wholly or in part.
    pub(crate) queries: u64,
    /// Bytes that were reserved.
    pub(crate) bytes: u64,
    /// What is known to be spent.
    pub(crate) settled_micros: u64,
    /// What may have been spent at most, besides.
    pub(crate) reserved_micros: u64,
}

/// Something that counts as spent until it is known what was.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OutstandingReservation {
    /// Its id.
    pub(crate) reservation: Uuid,
    /// The job that spends.
    #[schema(example = "read-bigquery")]
    pub(crate) job: String,
    /// The source that is paid.
    #[schema(example = "bigquery")]
    pub(crate) source: &'static str,
    /// The source's own name of the work.
    #[schema(example = "leaderboard_2026_03_01")]
    pub(crate) reference: String,
    /// The most it can cost.
    pub(crate) micros: u64,
    /// When it was reserved.
    pub(crate) reserved_at: DateTime<Utc>,
    /// From when on it is assumed spent.
    pub(crate) expires_at: DateTime<Utc>,
}

/// Something that may not be spent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BudgetRefusal {
    /// The job that asked.
    #[schema(example = "read-bigquery")]
    pub(crate) job: String,
    /// What it would have cost at most.
    pub(crate) micros: u64,
    /// The limit that stood against it: `day`, `month` or `job`.
    #[schema(example = "day")]
    pub(crate) limit: String,
    /// What was left below it.
    pub(crate) left_micros: u64,
    /// When.
    pub(crate) refused_at: DateTime<Utc>,
}

/// A threshold that was reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReachedThreshold {
    /// The limit: `day` or `month`.
    #[schema(example = "day")]
    pub(crate) limit: String,
    /// Of which so many percent were spent or reserved.
    pub(crate) percent: u8,
    /// When.
    pub(crate) reached_at: DateTime<Utc>,
}

/// Refusals and thresholds that are shown at most.
const SHOWN: usize = 50;

/// Loads a month's money, as of now.
pub(crate) async fn load_budget(
    snapshot: &mut Snapshot,
    month: NaiveDate,
    now: DateTime<Utc>,
) -> Result<BudgetAnswer, Problem> {
    let name = month.format("%Y-%m").to_string();
    let begin = month.and_time(NaiveTime::MIN).and_utc();
    let mut ledger = Ledger::of_month(begin);
    let (mut refusals, mut thresholds) = (Vec::new(), Vec::new());
    for entry in ledger::entries(snapshot.connection(), &name).await? {
        let entry: Entry =
            serde_json::from_value(entry).map_err(|error| Problem::internal(&error))?;
        ledger.apply(&entry);
        match entry {
            Entry::Refused(refusal) => refusals.push(refusal.into()),
            Entry::Threshold(reached) => thresholds.push(reached.into()),
            _ => {}
        }
    }
    refusals.reverse();
    refusals.truncate(SHOWN);
    thresholds.reverse();
    thresholds.truncate(SHOWN);
    let is_present = (now.year(), now.month()) == (month.year(), month.month());
    Ok(BudgetAnswer {
        month: name,
        limits: ledger.definition().map(limits),
        spent: ledger.of_month_until_now(now).into(),
        today: is_present.then(|| ledger.of_day(now.date_naive(), now).into()),
        forecast_micros: is_present.then(|| forecast(&ledger, now).micros()),
        outstanding: ledger.outstanding(now).map(|(one, _)| one.into()).collect(),
        by_job: shares(&ledger, Attribution::Job),
        by_source: shares(&ledger, Attribution::Source),
        by_repository: shares(&ledger, Attribution::Repository),
        by_day: shares(&ledger, Attribution::Day),
        refusals,
        thresholds,
    })
}

fn limits(definition: &domain::budget::BudgetDefinition) -> BudgetLimits {
    let micros = Money::micros;
    BudgetLimits {
        day_micros: micros(definition.ceilings.day),
        month_micros: micros(definition.ceilings.month),
        job_micros: micros(definition.ceilings.job),
        tebibyte_micros: micros(definition.price.of_a_tebibyte),
        free_bytes: definition.price.free_bytes,
        actor: definition.actor.clone(),
        reason: definition.reason.clone(),
        defined_at: definition.defined_at,
    }
}

fn shares(ledger: &Ledger, by: Attribution) -> Vec<SpentShare> {
    let shares = attribute(ledger, by).into_iter();
    shares
        .map(|(name, share)| SpentShare {
            name,
            queries: share.queries,
            bytes: share.bytes,
            settled_micros: share.settled.micros(),
            reserved_micros: share.reserved.micros(),
        })
        .collect()
}

impl From<Spending> for SpentSums {
    fn from(spent: Spending) -> Self {
        Self {
            settled_micros: spent.settled.micros(),
            reserved_micros: spent.reserved.micros(),
            assumed_micros: spent.assumed.micros(),
        }
    }
}

impl From<&Reservation> for OutstandingReservation {
    fn from(reservation: &Reservation) -> Self {
        Self {
            reservation: reservation.reservation,
            job: reservation.job.clone(),
            source: reservation.source.as_str(),
            reference: reservation.reference.clone(),
            micros: reservation.amount.micros(),
            reserved_at: reservation.reserved_at,
            expires_at: reservation.expires_at,
        }
    }
}

impl From<Refusal> for BudgetRefusal {
    fn from(refusal: Refusal) -> Self {
        Self {
            job: refusal.job,
            micros: refusal.amount.micros(),
            limit: refusal.ceiling.to_string(),
            left_micros: refusal.left.micros(),
            refused_at: refusal.refused_at,
        }
    }
}

impl From<ThresholdReached> for ReachedThreshold {
    fn from(reached: ThresholdReached) -> Self {
        Self {
            limit: reached.ceiling.to_string(),
            percent: reached.percent,
            reached_at: reached.reached_at,
        }
    }
}
