//! Arguments of `scrape`.

use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;

/// Options of `scrape`.
#[derive(Debug, Args)]
pub struct Scrape {
    /// Repositories: owner/name. None: all that are tracked.
    pub repositories: Vec<String>,
    /// Issues and pull requests updated since this day or instant, such as 2026-11-01; default:
    /// since the last time.
    #[arg(long, value_parser = parse_since)]
    pub since: Option<DateTime<Utc>>,
    /// Ask for what is unknown on the log, too: authors and lines of merges, commits of pushes.
    #[arg(long)]
    pub enrich: bool,
    /// When every token's budget is spent, wait until one has some again.
    #[arg(long)]
    pub wait: bool,
    /// How GitHub is reached.
    #[command(flatten)]
    pub github: GithubOptions,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// How GitHub's API is reached.
#[derive(Clone, Debug, Args)]
pub struct GithubOptions {
    /// Tokens, separated by commas; without any, GitHub answers 60 requests an hour.
    #[arg(
        long = "github-token",
        env = "LEADERBOARD_GITHUB_TOKENS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub tokens: Vec<String>,
    /// The API's address; of an enterprise server https://<host>/api/v3.
    #[arg(
        long = "github-url",
        env = "LEADERBOARD_GITHUB_URL",
        default_value = "https://api.github.com"
    )]
    pub url: String,
}

fn parse_since(text: &str) -> Result<DateTime<Utc>, String> {
    let day = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc();
    let instant = text.parse::<DateTime<Utc>>();
    instant
        .or_else(|_| text.parse::<NaiveDate>().map(day))
        .map_err(|_| {
            "use a day such as 2026-11-01, or an instant such as 2026-11-01T12:00:00Z".to_owned()
        })
}
