//! What sources lack by comparison with others, as a query API tells it: it
//! takes the read models to know it, which nobody on this side has.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::coverage::{Gap, Hole};
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;
use thiserror::Error;

use super::Repository;

/// Repositories that the API compares when none is named.
const COMPARED: usize = 100;

/// Holes of a page.
const PAGE: &str = "200";

/// How long the API may take to compare what it is asked for.
const PATIENCE: Duration = Duration::from_secs(120);

/// A query API that is asked what sources lack.
#[derive(Clone, Debug)]
pub struct Comparison {
    client: Client,
    holes: Url,
}

/// What sources lack, as far as it could be asked for.
#[derive(Debug, Default)]
pub struct Shortfalls {
    /// Holes of single kinds.
    pub holes: Vec<Hole>,
    /// What could not be compared, and why.
    pub failures: Vec<ComparisonError>,
}

/// Why it is not known what sources lack.
#[derive(Debug, Error)]
pub enum ComparisonError {
    /// The address is none.
    #[error("{0:?} is no address of a query API")]
    Address(String),
    /// No client can be made.
    #[error("no client for the query API can be made: {0}")]
    Client(reqwest::Error),
    /// It does not answer, or not as this version does.
    #[error("what sources saw is not compared, for the query API does not answer: {0}")]
    Connection(#[from] reqwest::Error),
    /// It answers that it cannot.
    #[error("what sources saw of {repository} is not compared: {status}: {detail}")]
    Refused {
        /// The repository, or that it is all.
        repository: String,
        /// The status of the answer.
        status: StatusCode,
        /// What it says about it.
        detail: String,
    },
}

/// A page of holes, as the API has it.
#[derive(Deserialize)]
struct Page {
    holes: Vec<Hole>,
    meta: PageMeta,
}

#[derive(Deserialize)]
struct PageMeta {
    next_cursor: Option<String>,
}

/// A problem, as the API tells it.
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

impl Comparison {
    /// A comparison by the query API at an address. The process must have
    /// installed its provider of cryptography before.
    ///
    /// # Errors
    /// [`ComparisonError::Address`] and [`ComparisonError::Client`].
    pub fn at(api: &str) -> Result<Self, ComparisonError> {
        let no_address = || ComparisonError::Address(api.to_owned());
        let mut holes = Url::parse(api).map_err(|_| no_address())?;
        let path = ["api", "v1", "coverage", "holes"];
        let mut segments = holes.path_segments_mut().map_err(|()| no_address())?;
        segments.pop_if_empty().extend(path);
        drop(segments);
        let client = Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(PATIENCE)
            .build()
            .map_err(ComparisonError::Client)?;
        Ok(Self { client, holes })
    }

    /// What sources lack of the repositories that they were asked for singly.
    /// When there are more than the API compares at once, or when some were
    /// `named`, it is asked for each of these repositories.
    pub async fn shortfalls(
        &self,
        repositories: &[Repository],
        named: bool,
        span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    ) -> Shortfalls {
        let all = !named && repositories.len() <= COMPARED;
        let singly = repositories
            .iter()
            .map(|known| Some(known.wanted.name.as_str()));
        let asked: Vec<Option<&str>> = if all { vec![None] } else { singly.collect() };
        let mut found = Shortfalls::default();
        for repository in asked {
            match self.holes_of(repository, span).await {
                Ok(holes) => found.holes.extend(holes),
                Err(error) => {
                    let is_away = matches!(error, ComparisonError::Connection(_));
                    found.failures.push(error);
                    if is_away {
                        break;
                    }
                }
            }
        }
        found
    }

    /// All pages of what sources lack of a repository, or of all.
    async fn holes_of(
        &self,
        repository: Option<&str>,
        span: Option<(DateTime<Utc>, DateTime<Utc>)>,
    ) -> Result<Vec<Hole>, ComparisonError> {
        let instant = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let mut query = vec![("limit", PAGE.to_owned())];
        query.extend(repository.map(|name| ("repository", name.to_owned())));
        query.extend(span.map(|(from, _)| ("from", instant(from))));
        query.extend(span.map(|(_, until)| ("to", instant(until))));
        let mut found = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut url = self.holes.clone();
            let cursor_of_page = cursor.iter().map(|cursor| ("cursor", cursor));
            let parameters = query.iter().map(|(name, value)| (*name, value));
            url.query_pairs_mut()
                .extend_pairs(parameters.chain(cursor_of_page));
            let response = self.client.get(url).send().await?;
            let status = response.status();
            // Of what nobody has seen, nobody lacks anything.
            if status == StatusCode::NOT_FOUND && repository.is_some() {
                return Ok(found);
            }
            if !status.is_success() {
                let problem: Problem = response.json().await?;
                return Err(ComparisonError::Refused {
                    repository: repository.unwrap_or("all repositories").to_owned(),
                    status,
                    detail: problem.detail,
                });
            }
            let page: Page = response.json().await?;
            let holes = page.holes.into_iter();
            found.extend(holes.filter(|hole| hole.gap == Gap::Kinds));
            cursor = page.meta.next_cursor;
            if cursor.is_none() {
                return Ok(found);
            }
        }
    }
}
