//! Arguments of `bigquery`.

use chrono::NaiveDate;
use clap::Args;

/// Options of `bigquery`.
#[derive(Debug, Args)]
pub struct ReadDays {
    /// Repositories: owner/name. None: all that are tracked.
    pub repositories: Vec<String>,
    /// The first UTC day; default: of each repository the first that could not be read, or else
    /// the last that was.
    #[arg(long)]
    pub from: Option<NaiveDate>,
    /// The last UTC day; default: yesterday.
    #[arg(long)]
    pub until: Option<NaiveDate>,
    /// No day before is read. Needed, or --from, for repositories of which no day was read yet.
    #[arg(long, env = "LEADERBOARD_BIGQUERY_FLOOR")]
    pub floor: Option<NaiveDate>,
    /// Read stars only: without payloads, which are nearly all of the price.
    #[arg(long)]
    pub stars_only: bool,
    /// Read days again that were read whole.
    #[arg(long)]
    pub force: bool,
    /// Say what it would cost, and read nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The job that what is spent is charged to in the ledger.
    #[arg(long, default_value = "read-days")]
    pub job: String,
    /// How BigQuery is reached.
    #[command(flatten)]
    pub bigquery: BigQueryOptions,
    /// Print the report as JSON, a line for each day.
    #[arg(long)]
    pub json: bool,
}

/// How BigQuery is reached; without a project it is not asked.
#[derive(Clone, Debug, Args)]
pub struct BigQueryOptions {
    /// The project that pays.
    #[arg(
        id = "bigquery-project",
        long = "bigquery-project",
        env = "LEADERBOARD_BIGQUERY_PROJECT"
    )]
    pub project: Option<String>,
    /// An access token, such as `gcloud auth print-access-token` prints; default: the key file of
    /// GOOGLE_APPLICATION_CREDENTIALS, or the machine's own account.
    #[arg(
        id = "bigquery-token",
        long = "bigquery-token",
        env = "LEADERBOARD_BIGQUERY_TOKEN",
        hide_env_values = true
    )]
    pub token: Option<String>,
    /// The API's address.
    #[arg(
        id = "bigquery-url",
        long = "bigquery-url",
        env = "LEADERBOARD_BIGQUERY_URL",
        default_value = "https://bigquery.googleapis.com/bigquery/v2"
    )]
    pub url: String,
}
