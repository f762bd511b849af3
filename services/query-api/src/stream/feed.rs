//! Following what is told: read once for each commit of the projector, however
//! many listen.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use super::page::{Page, PageWriter};
use super::{Position, contributions, jobs, seats};
use crate::api::Api;
use crate::problem::Problem;
use crate::queries::snapshot::Snapshot;

/// Events of a page.
pub(super) const PAGE: usize = 500;

/// Pages that a reader may be behind before it is dropped. They are there once,
/// for all readers: 16,000 events, some 12 megabytes.
pub(super) const PAGES_BEHIND: usize = 32;

/// How long to wait after the database failed.
const AGAIN: Duration = Duration::from_secs(1);

/// What is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Contributions that changed.
    Contributions,
    /// Steps of jobs.
    Jobs,
}

/// Why a place cannot be gone on from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// What followed it is not remembered any more.
    TooLongAgo,
    /// It is of other tables: those of another generation, or made anew.
    Elsewhere,
}

impl Subject {
    /// What metrics call it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Contributions => seats::CONTRIBUTIONS,
            Self::Jobs => seats::JOBS,
        }
    }

    /// The place after all that has happened.
    pub(super) async fn newest(self, snapshot: &mut Snapshot) -> Result<Position, Problem> {
        match self {
            Self::Contributions => contributions::newest(snapshot).await,
            Self::Jobs => jobs::newest(snapshot).await,
        }
    }

    /// What happened after a place, about one thing or all.
    pub(super) async fn page_after(
        self,
        snapshot: &mut Snapshot,
        from: Position,
        topic: Option<&str>,
    ) -> Result<Result<Page, Lost>, Problem> {
        match self {
            Self::Contributions => contributions::page_after(snapshot, from, topic, PAGE).await,
            Self::Jobs => jobs::page_after(snapshot, from, topic, PAGE).await,
        }
    }
}

/// What is told of one subject, to all who listen.
pub(super) struct Feed {
    subject: Subject,
    pages: broadcast::Sender<Arc<Page>>,
    joined: Notify,
}

impl Feed {
    pub(super) fn new(subject: Subject) -> Self {
        Self {
            subject,
            pages: broadcast::Sender::new(PAGES_BEHIND),
            joined: Notify::new(),
        }
    }

    /// Listens from now on.
    pub(super) fn listen(&self) -> broadcast::Receiver<Arc<Page>> {
        let pages = self.pages.subscribe();
        self.joined.notify_one();
        pages
    }

    /// Tells whoever listens, until shutdown.
    pub(super) async fn tell(&self, api: &Api, shutdown: &CancellationToken) {
        shutdown.run_until_cancelled(self.tell_on(api)).await;
    }

    async fn tell_on(&self, api: &Api) {
        let mut versions = api.versions();
        let mut at = None;
        loop {
            if self.pages.receiver_count() == 0 {
                at = None;
            } else if self.read_on(api, &mut at).await.is_err() {
                // Said where it happened. What was missed is read the next time.
                tokio::time::sleep(AGAIN).await;
                continue;
            }
            tokio::select! {
                changed = versions.changed() => if changed.is_err() { return },
                () = self.joined.notified(), if at.is_none() => {}
            }
        }
    }

    /// Reads what has happened since, and tells it.
    async fn read_on(&self, api: &Api, at: &mut Option<Position>) -> Result<(), Problem> {
        loop {
            let mut snapshot = api.snapshot().await?;
            let read = match *at {
                Some(from) => self.subject.page_after(&mut snapshot, from, None).await?,
                None => Err(Lost::Elsewhere),
            };
            let page = match read {
                Ok(page) => page,
                // Whoever stands elsewhere looks for itself how to get here.
                Err(_) => {
                    let here = self.subject.newest(&mut snapshot).await?;
                    PageWriter::after(here).finish(here, false)
                }
            };
            let is_news = !page.is_idle() || *at != Some(page.to());
            *at = Some(page.to());
            let is_full = page.is_full;
            if is_news {
                // Fails when nobody listens any more.
                let _ = self.pages.send(Arc::new(page));
            }
            if !is_full {
                return Ok(());
            }
        }
    }
}
