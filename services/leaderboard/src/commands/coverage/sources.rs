//! What holes are filled from.

use std::sync::Arc;

use event_log::EventLog;
use runtime::SystemClock;
use scraper::ingest::{IngestOptions, IngestServices};
use scraper::repair::RepairServices;
use scraper::scrape::ScrapeServices;
use tokio_util::sync::CancellationToken;

use crate::cli::bigquery::BigQueryOptions;
use crate::cli::scrape::GithubOptions;
use crate::commands::{bigquery, ingest, scrape};

/// Where things are repaired from.
pub(super) struct Sources<'a> {
    pub(super) archives: &'a [String],
    pub(super) github: Option<&'a GithubOptions>,
    pub(super) bigquery: Option<&'a BigQueryOptions>,
    pub(super) job: &'a str,
}

impl<'a> Sources<'a> {
    pub(super) fn bigquery_alone(bigquery: &'a BigQueryOptions) -> Self {
        Self {
            archives: &[],
            github: None,
            bigquery: Some(bigquery),
            job: "",
        }
    }
}

/// The services of a repair.
pub(super) async fn services(
    log: EventLog,
    sources: Sources<'_>,
) -> anyhow::Result<RepairServices> {
    let cancellation = CancellationToken::new();
    let interrupted = cancellation.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let scrape = match sources.github {
        Some(github) => Some(ScrapeServices {
            client: Arc::new(scrape::github_client(github)?),
            log: log.clone(),
            publisher: log.publisher(),
            cancellation: cancellation.clone(),
        }),
        None => None,
    };
    let passes = match sources.bigquery {
        Some(options) if options.project.is_some() => {
            Some(bigquery::services(log.clone(), options).await?)
        }
        _ => None,
    };
    Ok(RepairServices {
        archives: ingest::archives(sources.archives)?,
        ingest: IngestServices {
            publisher: log.publisher(),
            log,
            clock: Arc::new(SystemClock),
            cancellation,
        },
        options: IngestOptions::default(),
        scrape,
        passes,
        job: sources.job.to_owned(),
    })
}
