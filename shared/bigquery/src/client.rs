//! Asking BigQuery.

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use gcp_bigquery_client::Client;
use gcp_bigquery_client::error::BQError;
use gcp_bigquery_client::model::get_query_results_parameters::GetQueryResultsParameters;
use gcp_bigquery_client::model::job::Job;
use gcp_bigquery_client::model::job_configuration::JobConfiguration;
use gcp_bigquery_client::model::job_reference::JobReference;
use gcp_bigquery_client::model::table_row::TableRow;

use crate::{BigQueryError, Credentials, Query};

/// How long it is asked to wait for rows before it says that there are none
/// yet, in milliseconds.
const WAIT: i32 = 10_000;

/// Rows of a page.
const PAGE: i32 = 5_000;

/// Times that what fails for a passing reason is tried.
const TRIES: usize = 5;

/// How BigQuery is reached.
#[derive(Clone, Debug)]
pub struct BigQuerySettings {
    /// The address of its API.
    pub url: String,
    /// The project that pays.
    pub project: String,
    /// Who asks.
    pub credentials: Credentials,
    /// The wait before what failed is tried again; it doubles each time.
    pub first_wait: Duration,
    /// How long BigQuery may take to answer a request, to its last byte.
    pub patience: Duration,
}

impl BigQuerySettings {
    /// Google's own, paid by a project.
    #[must_use]
    pub fn of_project(project: &str) -> Self {
        Self {
            url: "https://bigquery.googleapis.com/bigquery/v2".to_owned(),
            project: project.to_owned(),
            credentials: Credentials::Application,
            first_wait: Duration::from_secs(1),
            patience: Duration::from_secs(60),
        }
    }
}

/// A client.
#[derive(Clone)]
pub struct BigQuery {
    client: Client,
    settings: BigQuerySettings,
}

/// What is known of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobState {
    /// It waits or runs.
    Running,
    /// It is done.
    Done {
        /// Bytes that are charged for; none when the answer was kept.
        billed: u64,
    },
    /// It failed.
    Failed {
        /// Bytes that are charged for all the same.
        billed: u64,
        /// BigQuery's word for why, such as `bytesBilledLimitExceeded`.
        reason: String,
        /// What it says about it.
        message: String,
    },
}

/// A page of a job's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The columns of each, in the order of the query; `None` is `NULL`.
    pub rows: Vec<Vec<Option<String>>>,
    /// What to ask the next page with; `None` after the last.
    pub next: Option<String>,
}

impl BigQuery {
    /// A client; nothing is asked yet but, perhaps, for a token.
    ///
    /// # Errors
    /// [`BigQueryError::Credentials`].
    pub async fn connect(settings: BigQuerySettings) -> Result<Self, BigQueryError> {
        let client = settings.credentials.client(&settings.url).await;
        let client = client.map_err(|error| BigQueryError::Credentials(error.to_string()))?;
        Ok(Self { client, settings })
    }

    /// The project that pays.
    #[must_use]
    pub fn project(&self) -> &str {
        &self.settings.project
    }

    /// How many bytes a query would read. Asking costs nothing.
    ///
    /// # Errors
    /// [`BigQueryError`]; [`BigQueryError::NotFound`] when a table is not there.
    pub async fn estimate(&self, query: &Query) -> Result<u64, BigQueryError> {
        let configuration = JobConfiguration {
            dry_run: Some(true),
            query: Some(query.configuration(None)),
            ..JobConfiguration::default()
        };
        let job = Job {
            configuration: Some(configuration),
            ..Job::default()
        };
        let answer = self
            .insist(|| self.client.job().insert(self.project(), job.clone()))
            .await?;
        let statistics = answer.statistics.unwrap_or_default();
        let of_query = statistics.query.unwrap_or_default();
        let bytes = of_query
            .total_bytes_processed
            .or(statistics.total_bytes_processed);
        let bytes = bytes.and_then(|bytes| bytes.parse().ok());
        bytes.ok_or_else(|| unreadable("a dry run says nothing of bytes"))
    }

    /// Starts a job under a name of ours. When there is one of that name
    /// already, it was started before, and is not started again.
    ///
    /// # Errors
    /// [`BigQueryError`]; after [`BigQueryError::Unavailable`] it may run.
    pub async fn start(
        &self,
        name: &str,
        query: &Query,
        most_bytes: u64,
    ) -> Result<(), BigQueryError> {
        let configuration = JobConfiguration {
            query: Some(query.configuration(Some(most_bytes))),
            ..JobConfiguration::default()
        };
        let job = Job {
            configuration: Some(configuration),
            job_reference: Some(JobReference {
                project_id: Some(self.project().to_owned()),
                job_id: Some(name.to_owned()),
                location: None,
            }),
            ..Job::default()
        };
        let started = self
            .insist(|| self.client.job().insert(self.project(), job.clone()))
            .await;
        match started {
            Ok(_) | Err(BigQueryError::AlreadyExists(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// What is known of a job; `None` when there never was one of that name.
    ///
    /// # Errors
    /// [`BigQueryError`].
    pub async fn look_up(&self, name: &str) -> Result<Option<JobState>, BigQueryError> {
        let found = self
            .insist(|| self.client.job().get_job(self.project(), name, None))
            .await;
        match found {
            Ok(job) => state(job).map(Some),
            Err(BigQueryError::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A page of a job's rows; `None` while it still runs.
    ///
    /// # Errors
    /// [`BigQueryError`]; [`BigQueryError::NotFound`] when the rows are kept
    /// no more.
    pub async fn rows(
        &self,
        name: &str,
        page: Option<&str>,
    ) -> Result<Option<Rows>, BigQueryError> {
        let parameters = GetQueryResultsParameters {
            max_results: Some(PAGE),
            page_token: page.map(str::to_owned),
            timeout_ms: Some(WAIT),
            ..GetQueryResultsParameters::default()
        };
        let answer = self
            .insist(|| {
                let jobs = self.client.job();
                jobs.get_query_results(self.project(), name, parameters.clone())
            })
            .await?;
        if answer.job_complete != Some(true) {
            return Ok(None);
        }
        let rows = answer.rows.unwrap_or_default().into_iter().map(columns);
        Ok(Some(Rows {
            rows: rows.collect(),
            next: answer.page_token.filter(|token| !token.is_empty()),
        }))
    }

    /// Asks until there is an answer, or one that no asking changes.
    async fn insist<T, F>(&self, ask: impl Fn() -> F) -> Result<T, BigQueryError>
    where
        F: Future<Output = Result<T, BQError>>,
    {
        let patience = ExponentialBuilder::default()
            .with_min_delay(self.settings.first_wait)
            .with_max_times(TRIES - 1)
            .with_jitter();
        let limit = self.settings.patience;
        let once = || async {
            match tokio::time::timeout(limit, ask()).await {
                Ok(answer) => answer.map_err(BigQueryError::of_client),
                Err(_) => Err(unreadable(&format!("no answer within {limit:?}"))),
            }
        };
        once.retry(patience)
            .when(BigQueryError::is_transient)
            .notify(|error, delay| tracing::warn!(%error, ?delay, "bigquery_retrying"))
            .await
    }
}

fn state(job: Job) -> Result<JobState, BigQueryError> {
    let status = job.status.unwrap_or_default();
    let of_query = job.statistics.and_then(|statistics| statistics.query);
    let billed = of_query.and_then(|query| query.total_bytes_billed);
    let billed = billed.and_then(|bytes| bytes.parse().ok());
    match (status.state.as_deref(), status.error_result) {
        (Some("DONE"), Some(error)) => Ok(JobState::Failed {
            billed: billed.unwrap_or(0),
            reason: error.reason.unwrap_or_default(),
            message: error.message.unwrap_or_default(),
        }),
        // A job that is done and does not say what it costs is not known.
        (Some("DONE"), None) => billed
            .map(|billed| JobState::Done { billed })
            .ok_or_else(|| unreadable("a finished job says nothing of bytes billed")),
        (Some("PENDING" | "RUNNING"), _) => Ok(JobState::Running),
        (other, _) => Err(unreadable(&format!("a job is in the state {other:?}"))),
    }
}

fn columns(row: TableRow) -> Vec<Option<String>> {
    let cells = row.columns.unwrap_or_default().into_iter();
    cells
        .map(|cell| cell.value?.as_str().map(str::to_owned))
        .collect()
}

fn unreadable(detail: &str) -> BigQueryError {
    BigQueryError::Unavailable(detail.to_owned())
}
