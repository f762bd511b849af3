//! Reading and decoding a unit on threads of their own, handing the results
//! to the job in order, with bounded memory between them.

use std::io::Read;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use events::Envelope;
use futures::{Stream, StreamExt, stream};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use super::decode::Decoded;
use super::outgoing::envelopes_of;
use crate::sources::archive::{FetchError, LineReader, Piece, ReadError, ReadSummary};

/// Pieces read ahead of decoding.
const PIECES_AHEAD: usize = 4;

/// Why a unit cannot be read. The rest of the plan can.
#[derive(Debug, Error)]
pub(super) enum UnitFailure {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("this is no file of GitHub events: the first {0} lines hold none")]
    NoEvents(u64),
    #[error("reading broke off, which is a defect of this program: {0}")]
    Broken(#[from] JoinError),
}

/// A piece that is ready to be published.
pub(super) struct Prepared {
    /// What there was, without its events and damages.
    pub(super) decoded: Decoded,
    /// The events and dead letters.
    pub(super) envelopes: Vec<Envelope>,
    /// Compressed bytes read up to here, where that is known.
    pub(super) read: Option<u64>,
}

/// Starts reading; the pieces arrive in order.
pub(super) fn start_reading(
    source: Box<dyn Read + Send>,
    longest_line: usize,
) -> (
    mpsc::Receiver<Piece>,
    JoinHandle<Result<ReadSummary, ReadError>>,
) {
    let (sender, receiver) = mpsc::channel(PIECES_AHEAD);
    let reading = spawn_blocking(move || {
        let mut reader = LineReader::open(source, longest_line)?;
        for piece in reader.by_ref() {
            if sender.blocking_send(piece).is_err() {
                // The job was cancelled, or has failed.
                break;
            }
        }
        Ok(reader.summary())
    });
    (receiver, reading)
}

/// Decodes pieces, several at once, keeping their order.
pub(super) fn prepare(
    unit: &str,
    pieces: mpsc::Receiver<Piece>,
    parallelism: usize,
    now: DateTime<Utc>,
) -> impl Stream<Item = Result<Result<Prepared, serde_json::Error>, JoinError>> {
    let unit: Arc<str> = unit.into();
    let pieces = stream::unfold(pieces, |mut pieces| async {
        pieces.recv().await.map(|piece| (piece, pieces))
    });
    pieces
        .map(move |piece| {
            let unit = Arc::clone(&unit);
            spawn_blocking(move || prepare_piece(&unit, &piece, now))
        })
        .buffered(parallelism.max(1))
}

fn prepare_piece(
    unit: &str,
    piece: &Piece,
    now: DateTime<Utc>,
) -> Result<Prepared, serde_json::Error> {
    let mut decoded = Decoded::default();
    decoded.add(unit, piece);
    let envelopes = envelopes_of(unit, &mut decoded, now)?;
    let read = match piece {
        Piece::Lines(lines) => Some(lines.read),
        Piece::Damage(_) => None,
    };
    Ok(Prepared {
        decoded,
        envelopes,
        read,
    })
}
