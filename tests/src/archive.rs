//! A stand-in for an archive of hourly files, over HTTP: it has the files that
//! a test gives it, and is away when told so.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use scraper::sources::archive::ArchiveBase;
use serde_json::json;

use crate::Served;

#[derive(Default)]
struct Shelf {
    files: HashMap<String, Vec<u8>>,
    away: bool,
    /// How often each file was asked for.
    requests: HashMap<String, u64>,
}

/// A file of an archive: lines, compressed.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn gzip<L: AsRef<[u8]>>(lines: impl IntoIterator<Item = L>) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for line in lines {
        encoder.write_all(line.as_ref())?;
        encoder.write_all(b"\n")?;
    }
    encoder.finish()
}

/// The stand-in, serving until it is dropped.
pub struct Archive {
    shelf: Arc<Mutex<Shelf>>,
    served: Served,
}

impl Archive {
    /// Starts it, with nothing on its shelf.
    ///
    /// # Errors
    /// When no port can be listened on.
    pub async fn start() -> anyhow::Result<Self> {
        let shelf = Arc::new(Mutex::new(Shelf::default()));
        let router = Router::new()
            .route("/{file}", get(file))
            .with_state(shelf.clone());
        let served = Served::start(router).await?;
        Ok(Self { shelf, served })
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.served.address()
    }

    /// It, as one of the archives to ask.
    ///
    /// # Errors
    /// Never in practice: its address is one.
    pub fn base(&self) -> anyhow::Result<ArchiveBase> {
        Ok(ArchiveBase::new(self.served.address(), None)?)
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives it a file.
    pub fn put(&self, name: &str, bytes: Vec<u8>) {
        self.shelf().files.insert(name.to_owned(), bytes);
    }

    /// Gives it the manifest of a file, which promises so many events.
    pub fn promise(&self, name: &str, events: usize) {
        let manifest = json!({ "event_count": events }).to_string();
        let name = name.trim_end_matches(".json.gz");
        self.put(&format!("{name}.manifest.json"), manifest.into_bytes());
    }

    /// Whether it answers that it is away.
    pub fn set_away(&self, away: bool) {
        self.shelf().away = away;
    }

    /// Requests so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shelf().requests.values().sum()
    }

    /// Requests for a file so far.
    #[must_use]
    pub fn asked_for(&self, name: &str) -> u64 {
        self.shelf().requests.get(name).copied().unwrap_or(0)
    }
}

async fn file(State(shelf): State<Arc<Mutex<Shelf>>>, Path(name): Path<String>) -> Response {
    let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
    *shelf.requests.entry(name.clone()).or_default() += 1;
    if shelf.away {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match shelf.files.get(&name) {
        Some(bytes) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
