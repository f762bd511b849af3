//! The job that reads GH Archive's day tables in BigQuery: for each day one
//! pass over its table, for all repositories that want it.
//!
//! Of each pass is known what it can cost at most before it begins: a dry run
//! says what it would read, so much is reserved in the ledger, and the job may
//! charge no more. Reservation and job bear names that follow from what is
//! read, so a pass that is begun twice, by two scrapers or after a crash, is
//! one reservation and one job.
//!
//! A day is said to be read when all of it is on the log. A pass that fails
//! says that, too: the day stays open and is read the next time.

mod publication;
mod reading;
mod recovery;
mod spending;
mod window;

use std::sync::Arc;

use bigquery::{BigQuery, BigQueryError};
use chrono::{DateTime, NaiveDate, Utc};
use domain::RepositoryName;
use domain::budget::Refusal;
use event_log::{EventLog, LogError, Publisher};
use runtime::{CircuitBreaker, Clock};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::budget::{BudgetError, LedgerLog};
use crate::sources::bigquery::Depth;

pub(crate) use publication::translate_document;
pub use recovery::settle_expired;
pub use window::{Days, Part, Pass, plan};

/// What the job needs from the rest of the system.
pub struct PassServices {
    /// BigQuery.
    pub client: BigQuery,
    /// Whether BigQuery may be asked, or failed too often just now.
    pub circuit: Arc<CircuitBreaker>,
    /// The log, which knows which days were read.
    pub log: EventLog,
    /// Where events go.
    pub publisher: Publisher,
    /// Who is asked before anything is spent.
    pub ledger: LedgerLog,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// Stops the job between requests.
    pub cancellation: CancellationToken,
}

/// How the job works.
#[derive(Clone, Debug)]
pub struct PassOptions {
    /// How much of each event is read.
    pub depth: Depth,
    /// The job that what is spent is charged to.
    pub job: String,
}

/// What became of a pass.
#[derive(Debug)]
pub struct PassReport {
    /// The day.
    pub day: NaiveDate,
    /// The repositories.
    pub repositories: Vec<RepositoryName>,
    /// What a dry run said it would read, in bytes.
    pub estimate: Option<u64>,
    /// Bytes that were charged.
    pub billed: Option<u64>,
    /// Events read.
    pub events: u64,
    /// Contributions published.
    pub contributions: u64,
    /// Why it was not read to its end.
    pub error: Option<PassError>,
}

/// Why a day was not read.
#[derive(Debug, Error)]
pub enum PassError {
    /// BigQuery does not answer, or refuses.
    #[error(transparent)]
    BigQuery(#[from] BigQueryError),
    /// BigQuery failed too often just now.
    #[error(
        "BigQuery failed several times in a row and is left alone until {}; the same command goes on from here then",
        .0.format("%Y-%m-%d %H:%M:%S UTC")
    )]
    CircuitOpen(DateTime<Utc>),
    /// There is no budget, or the ledger cannot be asked.
    #[error(transparent)]
    Budget(#[from] BudgetError),
    /// It would cost more than is allowed.
    #[error(
        "the budget does not allow it: up to {} are needed, and {} are left of the limit of {}; `leaderboard budget status` shows the rest",
        .0.amount, .0.left, .0.limit_in_words()
    )]
    Refused(Box<Refusal>),
    /// The job failed.
    #[error("the query failed ({reason}): {message}")]
    Failed {
        /// BigQuery's word for why.
        reason: String,
        /// What it says about it.
        message: String,
    },
    /// The log does not take or give events.
    #[error(transparent)]
    Log(#[from] LogError),
    /// An event cannot be written.
    #[error("an event cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// It was stopped.
    #[error("interrupted; the same command goes on from here, without paying again")]
    Cancelled,
}

impl PassError {
    /// Whether trying the next day makes no sense either.
    fn ends_the_job(&self) -> bool {
        match self {
            Self::BigQuery(error) => {
                error.is_transient() || matches!(error, BigQueryError::Credentials(_))
            }
            Self::Failed { .. } => false,
            _ => true,
        }
    }
}

/// Makes passes, one after the other. A day that fails does not end the job; a
/// spent budget, and BigQuery or the log being gone, do.
pub async fn run(
    passes: &[Pass],
    services: &PassServices,
    options: &PassOptions,
) -> Vec<PassReport> {
    let mut reports = Vec::new();
    for pass in passes {
        let report = reading::read(pass, services, options).await;
        let ends = report.error.as_ref().is_some_and(PassError::ends_the_job);
        observe(&report);
        reports.push(report);
        if ends {
            break;
        }
    }
    reports
}

/// What each pass would read, in bytes, without reading it.
///
/// # Errors
/// [`PassError`] of the first that cannot be estimated.
pub async fn estimate(
    passes: &[Pass],
    services: &PassServices,
    depth: Depth,
) -> Result<Vec<u64>, PassError> {
    let mut estimates = Vec::new();
    for pass in passes {
        let query = pass.query(depth);
        let estimate = services.client.estimate(&query);
        estimates.push(services.ask(estimate).await?);
    }
    Ok(estimates)
}

impl PassServices {
    /// Asks BigQuery, unless it failed too often just now. A refusal is an
    /// answer as well.
    async fn ask<T>(
        &self,
        asking: impl Future<Output = Result<T, BigQueryError>>,
    ) -> Result<T, PassError> {
        let admitted = self.circuit.admit(self.clock.now());
        let admission = admitted.map_err(PassError::CircuitOpen)?;
        let answer = asking.await;
        if answer.as_ref().is_err_and(BigQueryError::is_transient) {
            self.circuit.failed(admission, self.clock.now());
        } else {
            self.circuit.succeeded(self.clock.now());
        }
        Ok(answer?)
    }

    fn check(&self) -> Result<(), PassError> {
        if self.cancellation.is_cancelled() {
            return Err(PassError::Cancelled);
        }
        Ok(())
    }
}

fn observe(report: &PassReport) {
    let bytes = report.billed.unwrap_or(0);
    metrics::counter!("bigquery_bytes_billed_total").increment(bytes);
    let (day, events) = (report.day, report.events);
    match &report.error {
        None => tracing::info!(%day, events, bytes, "bigquery_day_read"),
        Some(error) => tracing::warn!(%day, %error, "bigquery_day_not_read"),
    }
}
