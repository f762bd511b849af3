//! Opening a unit where it can be had, with retries.

use std::fs::File;
use std::io::Read;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use futures::TryStreamExt;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, Url};
use tokio_util::io::{StreamReader, SyncIoBridge};

use super::fetch_error::FetchError;
use super::input::{Location, Unit, UnitKind};
use super::manifest::{Manifest, manifest_locations};

/// A server may ask for this much patience at most.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// How often and how long apart what fails for a passing reason is tried.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Tries after the first.
    pub retries: usize,
    /// The first wait; each further one is twice as long.
    pub first_wait: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            retries: 5,
            first_wait: Duration::from_secs(1),
        }
    }
}

/// A unit that is open for reading.
pub struct Opened {
    /// Where it was found.
    pub location: Location,
    /// Its compressed length, where it is known.
    pub length: Option<u64>,
    /// Its compressed bytes. Reading blocks, and must not be done on a
    /// thread of the runtime.
    pub reader: Box<dyn Read + Send>,
}

/// Opens units on this machine and on the web.
#[derive(Clone, Debug)]
pub struct Fetcher {
    client: Client,
    backoff: ExponentialBuilder,
}

impl Fetcher {
    /// A fetcher with a client of its own. The process must have installed
    /// its provider of cryptography before.
    ///
    /// # Errors
    /// [`FetchError::Client`] when no client can be made.
    pub fn new(patience: Patience) -> Result<Self, FetchError> {
        let client = Client::builder()
            .user_agent(concat!("leaderboard/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(60))
            .build()
            .map_err(FetchError::Client)?;
        let backoff = ExponentialBuilder::default()
            .with_min_delay(patience.first_wait)
            .with_max_delay(Duration::from_secs(60))
            .with_max_times(patience.retries)
            .with_jitter();
        Ok(Self { client, backoff })
    }

    /// Opens a unit at the first of its locations that has it. A location
    /// that fails otherwise ends the search: the next archive may hold far
    /// less of the same hour, and it would pass for all there is.
    ///
    /// # Errors
    /// [`FetchError`], naming what was tried.
    pub async fn open(&self, unit: &Unit) -> Result<Opened, FetchError> {
        let mut missing = None;
        for location in &unit.locations {
            match self.open_location(location).await {
                Err(error @ FetchError::NotFound(_)) => missing = Some(error),
                outcome => return outcome,
            }
        }
        match missing {
            Some(error) if unit.kind == UnitKind::Named => Err(error),
            _ => Err(FetchError::NoSuchHour {
                name: unit.name.clone(),
                tried: unit.locations.iter().map(Location::to_string).collect(),
            }),
        }
    }

    async fn open_location(&self, location: &Location) -> Result<Opened, FetchError> {
        let (length, reader): (_, Box<dyn Read + Send>) = match location {
            Location::Path(path) => {
                let failed = |source| FetchError::File {
                    path: path.clone(),
                    source,
                };
                let file = File::open(path).map_err(failed)?;
                let length = file.metadata().map_err(failed)?.len();
                (Some(length), Box::new(file))
            }
            Location::Url(url) => {
                let response = self.get_file(url).await?;
                let length = response.content_length();
                let body = response.bytes_stream().map_err(std::io::Error::other);
                (length, Box::new(SyncIoBridge::new(StreamReader::new(body))))
            }
        };
        Ok(Opened {
            location: location.clone(),
            length,
            reader,
        })
    }

    async fn get_file(&self, url: &Url) -> Result<Response, FetchError> {
        let response = self.get(url).await?;
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|value| value.starts_with("text/html")) {
            return Err(FetchError::Html(url.clone()));
        }
        Ok(response)
    }

    /// Asks for an address until there is an answer that will not change.
    async fn get(&self, url: &Url) -> Result<Response, FetchError> {
        let attempt = || self.try_get(url);
        attempt
            .retry(self.backoff)
            .when(FetchError::is_transient)
            .adjust(|error, wait| {
                let asked = error.retry_after().map(|asked| asked.min(LONGEST_WAIT));
                wait.map(|wait| asked.unwrap_or(wait))
            })
            .notify(|error, wait| tracing::warn!(%url, %error, ?wait, "scrape_retrying"))
            .await
    }

    async fn try_get(&self, url: &Url) -> Result<Response, FetchError> {
        let request = self.client.get(url.clone()).send();
        let response = request.await.map_err(|source| FetchError::Connection {
            url: url.clone(),
            source: source.without_url(),
        })?;
        match response.status() {
            status if status.is_success() => Ok(response),
            StatusCode::NOT_FOUND => Err(FetchError::NotFound(url.clone())),
            status => Err(FetchError::Status {
                url: url.clone(),
                status,
                retry_after: retry_after(&response),
            }),
        }
    }

    /// The manifest beside an opened file; `None` when there is none.
    ///
    /// # Errors
    /// [`FetchError`] when there is one and it cannot be had or read.
    pub async fn manifest(&self, file: &Location) -> Result<Option<Manifest>, FetchError> {
        for location in manifest_locations(file) {
            let read = match &location {
                Location::Path(path) => std::fs::read(path).map_err(|error| error.to_string()),
                Location::Url(url) => match self.get(url).await {
                    Err(FetchError::NotFound(_)) => continue,
                    response => bytes_of(response?).await,
                },
            };
            let manifest = read.and_then(|bytes| {
                serde_json::from_slice(&bytes).map_err(|error| error.to_string())
            });
            let failed = |detail| FetchError::Manifest {
                location: location.to_string(),
                detail,
            };
            return manifest.map(Some).map_err(failed);
        }
        Ok(None)
    }
}

async fn bytes_of(response: Response) -> Result<Vec<u8>, String> {
    let bytes = response.bytes().await.map_err(|error| error.to_string())?;
    Ok(bytes.to_vec())
}

/// The seconds that a server asks to wait. The form with a date is not in use
/// at any archive.
fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    value.parse().ok().map(Duration::from_secs)
}
