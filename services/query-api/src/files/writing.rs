//! Sending a file while it is written.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::{FutureExt, Stream, StreamExt};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::FileForm;
use super::row::Row;
use super::writer::Writer;
use crate::api::Api;
use crate::problem::{Problem, ProblemKind};

/// Where the rows of a file come from, of one moment.
pub(crate) trait Rows: Send + 'static {
    type Row: Row;

    /// The next rows; none after the last.
    fn next(&mut self) -> impl Future<Output = Result<Vec<Self::Row>, Problem>> + Send;
}

/// A file that is to be written.
struct File<R: Rows> {
    rows: R,
    writer: Writer<R::Row>,
    patience: Duration,
    /// Each holds a connection to the database as long as it is being written.
    _place: OwnedSemaphorePermit,
}

/// A part of what is sent.
enum Part {
    Bytes(Bytes),
    /// That the file is whole.
    End,
}

/// A place among the files that are being written, if there is one.
pub(crate) fn place_of_file(api: &Api) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(api.exports()).try_acquire_owned().map_err(|_| {
        let detail = "As many exports as there may be are being written; try again in a while";
        Problem::new(ProblemKind::Unavailable, detail)
    })
}

/// A file as a body. It begins to be written when it begins to be sent.
pub(crate) fn send<R: Rows>(
    api: &Api,
    place: OwnedSemaphorePermit,
    rows: R,
    form: FileForm,
    about: &[(&'static str, String)],
) -> Result<Body, Problem> {
    let file = File {
        rows,
        writer: Writer::begin(form, about).map_err(|error| Problem::internal(&error))?,
        patience: api.settings().request_timeout,
        _place: place,
    };
    let parts = async move {
        let (sender, receiver) = channel(1);
        // Beside whoever reads it, so that one who stops reading does not hold a
        // connection to the database for ever. It ends when the reader is gone.
        tokio::spawn(file.write(sender));
        bytes_of(receiver)
    };
    Ok(Body::from_stream(parts.flatten_stream()))
}

/// What is sent. A file that ends before its end is none: whoever reads it is
/// told by the way it ends.
fn bytes_of(receiver: Receiver<Part>) -> impl Stream<Item = Result<Bytes, Error>> {
    let bytes = futures_util::stream::unfold(Some(receiver), async |receiver| {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Part::Bytes(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Part::End) => None,
            None => Some((Err(ErrorKind::UnexpectedEof.into()), None)),
        }
    });
    // Whatever compresses it asks once more after the end.
    bytes.fuse()
}

impl<R: Rows> File<R> {
    async fn write(self, to: Sender<Part>) {
        match self.write_parts(&to).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                tracing::info!("export_not_wanted_any_more");
            }
            Err(error) => tracing::warn!(%error, "export_broken_off"),
        }
    }

    async fn write_parts(mut self, to: &Sender<Part>) -> Result<(), Error> {
        loop {
            let rows = self.rows.next().await.map_err(Error::other)?;
            if rows.is_empty() {
                break;
            }
            let bytes = self.writer.write(&rows)?;
            give(to, bytes, self.patience).await?;
        }
        give(to, self.writer.finish()?, self.patience).await?;
        give_part(to, Part::End, self.patience).await
    }
}

async fn give(to: &Sender<Part>, bytes: Vec<u8>, patience: Duration) -> Result<(), Error> {
    if bytes.is_empty() {
        return Ok(());
    }
    give_part(to, Part::Bytes(bytes.into()), patience).await
}

async fn give_part(to: &Sender<Part>, part: Part, patience: Duration) -> Result<(), Error> {
    match tokio::time::timeout(patience, to.send(part)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(ErrorKind::BrokenPipe.into()),
        Err(_) => Err(ErrorKind::TimedOut.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_ends_without_its_end_is_broken_off() {
        let all = async |parts: Vec<Part>| {
            let (sender, receiver) = channel(4);
            for part in parts {
                assert!(sender.send(part).await.is_ok());
            }
            drop(sender);
            bytes_of(receiver).collect::<Vec<_>>().await
        };
        let bytes = || Part::Bytes(Bytes::from_static(b"a"));
        let whole = all(vec![bytes(), Part::End]).await;
        assert_eq!(whole.len(), 1);
        let broken = all(vec![bytes()]).await;
        assert!(broken[0].is_ok() && broken[1].is_err());
        assert_eq!(broken.len(), 2);
    }
}
