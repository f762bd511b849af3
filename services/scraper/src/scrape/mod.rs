//! The scrape job: what GitHub's API knows of single repositories. Their
//! events, as archives have them; their issues and pull requests; and what is
//! unknown on the log: authors and lines of merges, commits of pushes.
//!
//! Everything is published before it is said to be read. What was interrupted
//! is read again, and published again to no effect.

mod batches;
mod dispute;
mod enrichment;
mod feed;
mod objects;
mod outgoing;
mod pushes;
mod renames;
mod sweep;
mod unknowns;

use std::collections::HashSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use decisions::DecisionError;
use decisions::tracking::tracking;
use domain::{DecidedRepository, RepositoryName, SourceReference};
use event_log::{EventLog, LogError, Publisher};
use events::RepositorySighting;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::sources::github::{GithubClient, GithubError, Repository};

pub use dispute::{Answer, answer_dispute};
pub use renames::follow_renames;

/// What the job needs from the rest of the system.
pub struct ScrapeServices {
    /// GitHub.
    pub client: Arc<GithubClient>,
    /// The log, which knows what was read before and what is unknown.
    pub log: EventLog,
    /// Where events go.
    pub publisher: Publisher,
    /// Stops the job between requests.
    pub cancellation: CancellationToken,
}

/// What is to be read.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScrapeOptions {
    /// Issues and pull requests updated since; `None`: since the last time,
    /// and none the first time.
    pub since: Option<DateTime<Utc>>,
    /// Whether GitHub is asked for what is unknown.
    pub enrich: bool,
}

/// A repository to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its id, where it is known.
    pub id: Option<u64>,
    /// Its name, or one it bore.
    pub name: RepositoryName,
}

impl From<&DecidedRepository> for Wanted {
    fn from(known: &DecidedRepository) -> Self {
        Self {
            id: known.latest.id,
            name: known.latest.name.clone(),
        }
    }
}

/// What was read of a repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepositoryReport {
    /// Events in its feed; `None` when the feed had not changed.
    pub events: Option<u64>,
    /// Whether events were lost between the last reading and this one.
    pub gap: bool,
    /// Issues and pull requests read.
    pub issues: u64,
    /// Merges whose author and lines are known now.
    pub merges: u64,
    /// Pushes whose commits are known now.
    pub pushes: u64,
    /// What GitHub does not have any more.
    pub gone: u64,
}

/// What became of a repository.
#[derive(Debug)]
pub struct ScrapedRepository {
    /// As it was asked for.
    pub wanted: Wanted,
    /// As GitHub has it; `None` when it could not be asked.
    pub found: Option<Wanted>,
    /// What was read, until an error if any.
    pub report: RepositoryReport,
    /// Why not all of it was read.
    pub error: Option<ScrapeError>,
}

/// Why a repository was not read to its end.
#[derive(Debug, Error)]
pub enum ScrapeError {
    /// GitHub does not answer as it should, or may be asked no more.
    #[error(transparent)]
    Github(#[from] GithubError),
    /// The log does not take or give events.
    #[error(transparent)]
    Log(#[from] LogError),
    /// What is tracked cannot be read.
    #[error(transparent)]
    Decision(#[from] DecisionError),
    /// An event cannot be written.
    #[error("an event cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    /// What GitHub answered is no event.
    #[error(transparent)]
    Translate(#[from] translation::TranslateError),
    /// GitHub calls the repository what is no name.
    #[error("GitHub calls the repository {0:?}, which is no owner/name")]
    Name(String),
    /// It was stopped.
    #[error("interrupted; the same command goes on from here")]
    Cancelled,
}

/// Reads repositories, one after the other. A repository that fails does not
/// end the job; spent budgets and a log that is gone do.
pub async fn scrape(
    repositories: &[Wanted],
    services: &ScrapeServices,
    options: ScrapeOptions,
) -> Vec<ScrapedRepository> {
    let mut scraped = Vec::new();
    for wanted in repositories {
        let mut report = RepositoryReport::default();
        let mut found = None;
        let place = Place::find(wanted, services).await;
        let outcome = match place {
            Ok(place) => {
                found = Some(place.wanted());
                place.read(services, options, &mut report).await
            }
            Err(error) => Err(error),
        };
        let ends_the_job = outcome.as_ref().is_err_and(ScrapeError::ends_the_job);
        scraped.push(ScrapedRepository {
            wanted: wanted.clone(),
            found,
            report,
            error: outcome.err(),
        });
        if ends_the_job {
            break;
        }
    }
    scraped
}

impl ScrapeError {
    fn ends_the_job(&self) -> bool {
        match self {
            Self::Github(error) => error.until().is_some(),
            Self::Log(_) | Self::Decision(_) | Self::Cancelled => true,
            _ => false,
        }
    }
}

/// A repository as GitHub has it now.
struct Place {
    id: u64,
    name: RepositoryName,
    /// The name it was asked for by, which it may have borne once.
    asked_as: RepositoryName,
}

impl Place {
    /// Asks GitHub for a repository; it follows renames and transfers, and the
    /// id does not change. By its id it is found whoever has the name now.
    async fn find(wanted: &Wanted, services: &ScrapeServices) -> Result<Self, ScrapeError> {
        services.check()?;
        let path = match wanted.id {
            Some(id) => format!("/repositories/{id}"),
            None => format!("/repos/{}", wanted.name),
        };
        let repository: Repository = services.client.get(&path).await?.read()?;
        let name = RepositoryName::entered(&repository.full_name)
            .map_err(|_| ScrapeError::Name(repository.full_name.clone()))?;
        let id = repository.id;
        let asked_as = wanted.name.clone();
        let place = Self { id, name, asked_as };
        if place.wanted() != *wanted {
            let source = services.source(&path);
            let events = vec![place.named(services.client.now(), &source)];
            services.publish(events).await?;
        }
        Ok(place)
    }

    async fn read(
        &self,
        services: &ScrapeServices,
        options: ScrapeOptions,
        report: &mut RepositoryReport,
    ) -> Result<(), ScrapeError> {
        feed::read(self, services, report).await?;
        sweep::read(self, services, options.since, report).await?;
        if options.enrich {
            enrichment::enrich(self, services, report).await?;
        }
        Ok(())
    }

    /// The names that events of the repository may be under on the log: it kept
    /// its id, and what was told of it is where it was.
    async fn names(&self, services: &ScrapeServices) -> Result<Vec<RepositoryName>, ScrapeError> {
        let tracking = tracking(&services.log).await?;
        let decided = tracking.of_id(self.id);
        let former = decided.iter().flat_map(|known| {
            let former = known.former_names.iter();
            former.chain(std::iter::once(&known.latest.name))
        });
        let all = [&self.name, &self.asked_as].into_iter().chain(former);
        let mut seen = HashSet::new();
        let distinct = all.filter(|name| seen.insert(name.as_str().to_ascii_lowercase()));
        Ok(distinct.cloned().collect())
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            id: Some(self.id),
            name: self.name.clone(),
        }
    }

    fn sighting(&self) -> RepositorySighting {
        RepositorySighting {
            id: Some(self.id),
            name: Some(self.name.clone()),
        }
    }
}

impl ScrapeServices {
    fn check(&self) -> Result<(), ScrapeError> {
        if self.cancellation.is_cancelled() {
            return Err(ScrapeError::Cancelled);
        }
        Ok(())
    }

    fn source(&self, path: &str) -> SourceReference {
        SourceReference {
            source: domain::Source::Api,
            reference: self.client.address(path),
        }
    }
}
