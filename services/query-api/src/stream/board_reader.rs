//! One reader of a board: it hears of every state that it has the time for, and
//! of the last one in any case.

use axum::body::Bytes;
use tokio::sync::watch::Receiver;
use tokio_util::sync::CancellationToken;

use super::boards::Known;
use super::reader::SILENCE;
use super::seats::Seat;
use super::{Start, frame};

/// One reader.
pub(super) struct BoardReader {
    /// What it was told last.
    told: Option<String>,
    known: Receiver<Option<Known>>,
    greeting: Option<Bytes>,
    has_ended: bool,
    closing: CancellationToken,
    _seat: Seat,
}

impl BoardReader {
    pub(super) fn new(
        mut known: Receiver<Option<Known>>,
        start: Start<String>,
        closing: CancellationToken,
        seat: Seat,
    ) -> Self {
        known.mark_changed();
        Self {
            told: match start {
                Start::After(id) => Some(id),
                Start::Now | Start::Unreadable => None,
            },
            known,
            greeting: Some(Bytes::from(frame::retry(seat.number))),
            has_ended: false,
            closing,
            _seat: seat,
        }
    }

    /// The next bytes to be sent; `None` at the end.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        if let Some(greeting) = self.greeting.take() {
            return Some(greeting);
        }
        while !self.has_ended {
            tokio::select! {
                biased;
                () = self.closing.cancelled() => return None,
                changed = self.known.changed() => {
                    if changed.is_err() {
                        return None;
                    }
                    if let Some(frame) = self.news() {
                        return Some(frame);
                    }
                }
                () = tokio::time::sleep(SILENCE) => return Some(frame::sign_of_life(None)),
            }
        }
        None
    }

    /// What there is to say that the reader was not told.
    fn news(&mut self) -> Option<Bytes> {
        let known = self.known.borrow_and_update().clone()?;
        let Ok(state) = known else {
            self.has_ended = true;
            return Some(Bytes::from_static(b"event: gone\ndata: {}\n\n"));
        };
        if self.told.as_ref() == Some(&state.id) {
            return None;
        }
        let since = state.since.as_ref();
        let difference = since.filter(|(before, _)| self.told.as_ref() == Some(before));
        let frame = difference.map_or(&state.whole, |(_, difference)| difference);
        self.told = Some(state.id.clone());
        Some(frame.clone())
    }
}
