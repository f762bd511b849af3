//! One reader of what is told: it catches up from the database, page by page as
//! fast as it reads, and then listens.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::feed::{Lost, PAGES_BEHIND, Subject};
use super::page::Page;
use super::seats::Seat;
use super::{Position, Start, frame};
use crate::api::Api;
use crate::problem::Problem;
use crate::resources::stream::{Reason, StartOver, Started};

/// After so long without an event a reader hears that the connection is alive.
pub(super) const SILENCE: Duration = Duration::from_secs(15);

/// Where a reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    CatchingUp,
    Listening,
    Ended,
}

/// One reader.
pub(super) struct Reader {
    api: Arc<Api>,
    subject: Subject,
    /// The one thing it wants to hear of; none for all.
    topic: Option<String>,
    /// Where to read what is so now.
    look_up: String,
    at: Position,
    /// The place that the reader knows of.
    told: Position,
    pages: Receiver<Arc<Page>>,
    ready: VecDeque<Bytes>,
    stage: Stage,
    closing: CancellationToken,
    seat: Seat,
}

/// What is wanted.
pub(crate) struct Wanted {
    pub(crate) subject: Subject,
    /// One repository by its reference, or one job by its id; none for all.
    pub(crate) topic: Option<String>,
    /// Where to read what is so now.
    pub(crate) look_up: String,
    pub(crate) start: Start<Position>,
}

impl Reader {
    /// A reader at the place where it wants to start.
    pub(super) async fn open(api: Arc<Api>, wanted: Wanted, seat: Seat) -> Result<Self, Problem> {
        let streams = api.streams();
        // Before anything is read, so that nothing falls between.
        let pages = streams.feed(wanted.subject).listen();
        let closing = streams.closing().clone();
        let mut reader = Self {
            subject: wanted.subject,
            topic: wanted.topic,
            look_up: wanted.look_up,
            at: Position::default(),
            told: Position::default(),
            pages,
            ready: VecDeque::new(),
            stage: Stage::CatchingUp,
            closing,
            seat,
            api,
        };
        let retry = frame::retry(reader.seat.number);
        reader.ready.push_back(Bytes::from(retry));
        match wanted.start {
            Start::Now => {
                let mut snapshot = reader.api.snapshot().await?;
                let at = reader.subject.newest(&mut snapshot).await?;
                reader.stand_at(at);
                reader.stage = Stage::Listening;
                let started = frame::event(at, "start", &Started {})?;
                reader.ready.push_back(Bytes::from(started));
            }
            Start::After(at) => reader.stand_at(at),
            Start::Unreadable => {
                let mut snapshot = reader.api.snapshot().await?;
                let at = reader.subject.newest(&mut snapshot).await?;
                reader.start_over(at, Reason::UnknownId)?;
            }
        }
        Ok(reader)
    }

    fn stand_at(&mut self, at: Position) {
        (self.at, self.told) = (at, at);
    }

    /// The next bytes to be sent; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            match self.stage {
                Stage::CatchingUp => self.catch_up().await,
                Stage::Listening => self.listen().await,
                Stage::Ended => return None,
            }
        }
    }

    /// Reads the next page. A reader whom the database leaves without one comes
    /// back with the id of its last event.
    async fn catch_up(&mut self) {
        let closing = self.closing.clone();
        let reading = closing.run_until_cancelled(self.read_page());
        if !matches!(reading.await, Some(Ok(()))) {
            self.stage = Stage::Ended;
        }
    }

    async fn read_page(&mut self) -> Result<(), Problem> {
        let api = Arc::clone(&self.api);
        let _turn = api.streams().turn_to_catch_up().await?;
        // What was told meanwhile is on the page or after it.
        self.pages = self.pages.resubscribe();
        let mut snapshot = api.snapshot().await?;
        let topic = self.topic.as_deref();
        let read = self.subject.page_after(&mut snapshot, self.at, topic);
        match read.await? {
            Ok(page) => {
                if !page.is_full {
                    self.stage = Stage::Listening;
                }
                self.take(&page);
            }
            Err(lost) => {
                let at = self.subject.newest(&mut snapshot).await?;
                self.start_over(at, lost.into())?;
            }
        }
        Ok(())
    }

    async fn listen(&mut self) {
        tokio::select! {
            biased;
            () = self.closing.cancelled() => self.stage = Stage::Ended,
            heard = self.pages.recv() => match heard {
                Ok(page) => self.take(&page),
                Err(RecvError::Lagged(_)) => self.drop_out(),
                Err(RecvError::Closed) => self.stage = Stage::Ended,
            },
            () = tokio::time::sleep(SILENCE) => {
                let news = Some(self.at).filter(|at| *at != self.told);
                self.told = self.at;
                self.ready.push_back(frame::sign_of_life(news));
            }
        }
    }

    /// Takes over what a page tells, or finds out from the database how to get
    /// where it begins.
    fn take(&mut self, page: &Page) {
        match page.after(self.at, self.topic.as_deref()) {
            Some(frames) => {
                self.at = page.to();
                if !frames.is_empty() {
                    // The last event's, which may be before the page's end: what
                    // is between is nothing to this reader.
                    self.told = Position::default();
                }
                self.ready.extend(frames);
            }
            None if page.to() == self.at => {}
            None => self.stage = Stage::CatchingUp,
        }
    }

    /// The reader is told to look up what is so now, and hears what comes after.
    fn start_over(&mut self, at: Position, reason: Reason) -> Result<(), Problem> {
        self.stand_at(at);
        self.stage = Stage::Listening;
        let look_up = self.look_up.clone();
        let told = StartOver { reason, look_up };
        let frame = frame::event(at, "start-over", &told)?;
        self.ready.push_back(Bytes::from(frame));
        Ok(())
    }

    /// A reader who is too slow is let go, and comes back with its last id.
    fn drop_out(&mut self) {
        self.seat.count_drop();
        self.stage = Stage::Ended;
        let behind = Bytes::from_static(b"event: behind\ndata: {}\n\n");
        self.ready.push_back(behind);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // It took nothing for so long that its connection was given up.
        if self.stage != Stage::Ended && self.pages.len() > PAGES_BEHIND {
            self.seat.count_drop();
        }
    }
}

impl From<Lost> for Reason {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::TooLongAgo => Self::TooLongAgo,
            Lost::Elsewhere => Self::OtherData,
        }
    }
}
