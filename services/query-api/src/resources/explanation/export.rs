//! An explanation as a file: everything that is listed, written as it is read.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use domain::{Policy, Thousandths};
use futures_util::StreamExt;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::listing::Listing;
use super::page::describe;
use super::table::write_csv;
use super::{ExplainRequest, ExplainedResource};
use crate::api::Api;
use crate::explained::Earned;
use crate::problem::{Problem, ProblemKind};
use crate::queries::snapshot::Snapshot;
use crate::resources::contributor::find_contributor;
use crate::target::find_target;

/// Contributions that are read and written at once.
const AT_ONCE: usize = 500;

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExportForm {
    /// A line of names, and one for each contribution.
    Csv,
    /// One JSON document a line.
    Ndjson,
}

/// A file that is being written.
struct Export {
    api: Arc<Api>,
    snapshot: Snapshot,
    listing: Listing,
    policy: Policy,
    form: ExportForm,
    /// Each holds a connection to the database as long as it is being written.
    _permit: OwnedSemaphorePermit,
}

/// Opens an explanation as a file. What can be refused is refused before its
/// first byte.
pub(crate) async fn open_export(
    api: &Arc<Api>,
    login: &str,
    request: &ExplainRequest,
    form: ExportForm,
) -> Result<Body, Problem> {
    let permit = Arc::clone(api.exports()).try_acquire_owned().map_err(|_| {
        let detail = "As many exports as there may be are being written; try again in a while";
        Problem::new(ProblemKind::Unavailable, detail)
    })?;
    let mut snapshot = api.snapshot_of(request.as_of).await?;
    let found = find_contributor(&mut snapshot, login).await?;
    let target = find_target(&mut snapshot, &request.scope).await?;
    let listing = Listing::load(api, &mut snapshot, &found.account, &target, request).await?;
    let policy = snapshot.policy(&target).clone();
    let export = Export {
        api: Arc::clone(api),
        snapshot,
        listing,
        policy,
        form,
        _permit: permit,
    };
    let (sender, receiver) = channel(1);
    // Beside whoever reads it, so that one who stops reading does not hold a
    // connection to the database for ever. It ends when the reader is gone.
    tokio::spawn(export.write(sender));
    Ok(body_of(receiver))
}

fn body_of(receiver: Receiver<Result<Bytes, Error>>) -> Body {
    let pieces = futures_util::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|piece| (piece, receiver))
    });
    // Whatever compresses it asks once more after the end.
    Body::from_stream(pieces.fuse())
}

impl Export {
    async fn write(mut self, to: Sender<Result<Bytes, Error>>) {
        let patience = self.api.settings().request_timeout;
        if let Err(error) = self.write_pieces(&to, patience).await {
            tracing::warn!(%error, "export_broken_off");
            // The reader sees that this is not the end.
            _ = to.try_send(Err(error));
        }
    }

    async fn write_pieces(
        &mut self,
        to: &Sender<Result<Bytes, Error>>,
        patience: Duration,
    ) -> Result<(), Error> {
        let Self {
            snapshot,
            listing,
            policy,
            form,
            ..
        } = self;
        let listed: Vec<(&Earned, Thousandths)> = listing.listed().collect();
        // The names of the columns are there even where nothing is listed.
        let pieces = listed
            .chunks(AT_ONCE)
            .chain(listed.is_empty().then_some(&[][..]));
        for (number, piece) in pieces.enumerate() {
            let described = describe(snapshot, policy, piece)
                .await
                .map_err(Error::other)?;
            let bytes = form.write(&described, number == 0)?;
            match tokio::time::timeout(patience, to.send(Ok(bytes.into()))).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(ErrorKind::BrokenPipe.into()),
                Err(_) => return Err(ErrorKind::TimedOut.into()),
            }
        }
        Ok(())
    }
}

impl ExportForm {
    /// What its addresses and files end in.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    fn write(self, contributions: &[ExplainedResource], first: bool) -> Result<Vec<u8>, Error> {
        match self {
            Self::Csv => write_csv(contributions, first),
            Self::Ndjson => {
                let mut text = Vec::new();
                for contribution in contributions {
                    serde_json::to_writer(&mut text, contribution)?;
                    text.push(b'\n');
                }
                Ok(text)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::explanation::table::tests::contribution;

    #[test]
    fn documents_are_one_a_line() {
        let text = ExportForm::Ndjson
            .write(&[contribution(), contribution()], true)
            .unwrap();
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        assert_eq!(lines.len(), 2);
        let read: serde_json::Value = serde_json::from_slice(lines[1]).unwrap();
        assert_eq!(read, serde_json::to_value(contribution()).unwrap());
    }
}
