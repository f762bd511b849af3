//! What happens, told as it happens (server-sent events): how boards change,
//! which contributions do, and how jobs get on.
//!
//! The database is asked once for each commit of the projector, whoever listens
//! (`feed`, `boards`); readers share what it answered and hold no connection to
//! it. Each event's id is a place in the read models, so that a reader who comes
//! back with the last one goes on from there, in whichever process (`reader`). A
//! place that is not known any more is answered with the event `start-over`.

mod board;
mod board_reader;
mod boards;
mod contributions;
mod feed;
mod frame;
mod jobs;
mod page;
mod position;
mod reader;
mod seats;

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use self::board_reader::BoardReader;
use self::boards::FollowedBoards;
use self::feed::Feed;
use self::reader::Reader;
use self::seats::Seats;
use crate::api::Api;
use crate::problem::Problem;

pub(crate) use self::board::board_id;
pub(crate) use self::boards::WantedBoard;
pub(crate) use self::feed::Subject;
pub(crate) use self::position::{NoPosition, Position};
pub(crate) use self::reader::Wanted;

/// Readers that catch up at the same time: each holds a connection to the
/// database while it reads a page.
const MOST_CATCHING_UP: usize = 2;

/// Tells nginx and its like to pass events on as they come.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Where a reader wants to start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start<T> {
    /// With what happens from now on.
    Now,
    /// After an event that it has seen.
    After(T),
    /// After an event whose id cannot be read.
    Unreadable,
}

/// All streams of this process.
pub(crate) struct Streams {
    seats: Seats,
    contributions: Feed,
    jobs: Feed,
    boards: FollowedBoards,
    catching_up: Semaphore,
    closing: CancellationToken,
}

impl Streams {
    /// At most so many at the same time.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            seats: Seats::new(most),
            contributions: Feed::new(Subject::Contributions),
            jobs: Feed::new(Subject::Jobs),
            boards: FollowedBoards::default(),
            catching_up: Semaphore::new(MOST_CATCHING_UP),
            closing: CancellationToken::new(),
        }
    }

    fn feed(&self, subject: Subject) -> &Feed {
        match subject {
            Subject::Contributions => &self.contributions,
            Subject::Jobs => &self.jobs,
        }
    }

    /// Cancelled when all streams are to end.
    fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    async fn turn_to_catch_up(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let turn = self.catching_up.acquire().await;
        turn.map_err(|error| Problem::internal(&error))
    }
}

/// Tells all who listen what happens until shutdown, and then ends their
/// streams, so that they hold up nobody.
pub(crate) async fn tell(api: Arc<Api>, shutdown: CancellationToken) {
    let streams = api.streams();
    let closing = async {
        shutdown.cancelled().await;
        streams.closing.cancel();
    };
    tokio::join!(
        streams.contributions.tell(&api, &shutdown),
        streams.jobs.tell(&api, &shutdown),
        streams.boards.tell(&api, &shutdown),
        closing,
    );
}

/// Answers with what happens to contributions or jobs.
pub(crate) async fn stream_events(api: Arc<Api>, wanted: Wanted) -> Result<Response, Problem> {
    let seat = api.streams().seats.take(wanted.subject.name())?;
    let reader = Box::new(Reader::open(api, wanted, seat).await?);
    Ok(event_stream(unfold(reader, |mut reader| async move {
        let frame = reader.next().await?;
        Some((Ok(frame), reader))
    })))
}

/// Answers with what becomes of a board.
pub(crate) async fn stream_board(
    api: &Api,
    wanted: WantedBoard,
    start: Start<String>,
) -> Result<Response, Problem> {
    let streams = api.streams();
    let seat = streams.seats.take(seats::BOARD)?;
    let known = streams.boards.follow(api, wanted).await?;
    let closing = streams.closing.clone();
    let reader = Box::new(BoardReader::new(known, start, closing, seat));
    Ok(event_stream(unfold(reader, |mut reader| async move {
        let frame = reader.next().await?;
        Some((Ok(frame), reader))
    })))
}

fn event_stream(
    frames: impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static,
) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(frames)).into_response()
}
