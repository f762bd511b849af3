//! Arguments of `coverage`.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use clap::{Args, Subcommand};

use super::ask::Paged;
use super::bigquery::BigQueryOptions;
use super::scrape::GithubOptions;

/// Options of `coverage`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Coverage {
    /// Do something about what is missing.
    #[command(subcommand)]
    pub action: Option<CoverageAction>,
    /// List hours that something is missing of, and what filling them costs.
    #[arg(long)]
    pub holes: bool,
    /// A repository: what each source has of each of its hours; with --holes, its holes.
    #[arg(long)]
    pub repository: Option<String>,
    /// Which hours.
    #[command(flatten)]
    pub hours: Hours,
    /// With --holes: who asks BigQuery what filling them would cost, in a dry run.
    #[command(flatten)]
    pub bigquery: BigQueryOptions,
    /// How much of the list.
    #[command(flatten)]
    pub page: Paged,
}

/// What to do about what is missing.
#[derive(Debug, Subcommand)]
pub enum CoverageAction {
    /// Fill holes from the cheapest source that has them: archives, GitHub's API, BigQuery.
    Repair(Box<Repair>),
}

/// Options of `coverage repair`.
#[derive(Debug, Args)]
pub struct Repair {
    /// Which hours; default: all between the first and the last that was read.
    #[command(flatten)]
    pub hours: Hours,
    /// Repositories that GitHub's API and BigQuery are asked for: owner/name. None: all that are
    /// tracked.
    #[arg(long)]
    pub repository: Vec<String>,
    /// Say what would be done and what it would cost, and do nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Archives to fetch hours from, in order of preference.
    #[arg(long, env = "LEADERBOARD_ARCHIVES", value_delimiter = ',')]
    pub archive: Vec<String>,
    /// How GitHub is reached.
    #[command(flatten)]
    pub github: GithubOptions,
    /// How BigQuery is reached; without a project it is not asked.
    #[command(flatten)]
    pub bigquery: BigQueryOptions,
    /// The job that what is spent is charged to in the ledger.
    #[arg(long, default_value = "repair-coverage")]
    pub job: String,
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Which hours.
#[derive(Clone, Copy, Debug, Args)]
pub struct Hours {
    /// The first: an hour such as 2024-09-11T15, or a UTC day.
    #[arg(long, value_parser = parse_hours)]
    pub from: Option<Span>,
    /// The last, included: an hour or a UTC day.
    #[arg(long, value_parser = parse_hours)]
    pub until: Option<Span>,
}

/// An hour or a day: its beginning and its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(DateTime<Utc>, DateTime<Utc>);

impl Hours {
    /// The first instant.
    #[must_use]
    pub fn first(&self) -> Option<DateTime<Utc>> {
        self.from.map(|span| span.0)
    }

    /// The instant after the last.
    #[must_use]
    pub fn end(&self) -> Option<DateTime<Utc>> {
        self.until.map(|span| span.1)
    }
}

fn parse_hours(text: &str) -> Result<Span, String> {
    let read = || {
        let (day, hour) = match text.split_once('T') {
            Some((day, hour)) => (day, Some(hour.trim_end_matches('Z'))),
            None => (text, None),
        };
        let day: NaiveDate = day.parse().ok()?;
        let Some(hour) = hour else {
            let next = day.checked_add_days(Days::new(1))?;
            let start = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
            return Some(Span(start(day), start(next)));
        };
        let hour = hour.split(':').next()?.parse().ok()?;
        let first = day.and_time(NaiveTime::from_hms_opt(hour, 0, 0)?).and_utc();
        Some(Span(first, first + TimeDelta::hours(1)))
    };
    read()
        .ok_or_else(|| "use an hour such as 2024-09-11T15, or a day such as 2024-09-11".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_days_have_their_ends() {
        let ends = |text| parse_hours(text).map(|Span(from, until)| (until - from).num_hours());
        assert_eq!(ends("2024-09-11T15"), Ok(1));
        assert_eq!(ends("2024-09-11T15:00:00Z"), Ok(1));
        assert_eq!(ends("2024-09-11"), Ok(24));
        assert!(ends("2024-09-11T25").is_err() && ends("yesterday").is_err());
    }
}
