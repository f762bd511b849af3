//! The log read again, to compare what is on it with a snapshot's digest.

use anyhow::{Context, bail};
use domain::snapshot::{Digest, InputChain, Inputs};
use event_log::{EventLog, LogStream};

use crate::cli::Options;

/// Messages that are asked for at once.
const AT_ONCE: usize = 10_000;

/// What the log comes to up to the place of a snapshot, where that is not what
/// the snapshot says.
pub(super) async fn read_again(
    options: &Options,
    inputs: &Inputs,
) -> anyhow::Result<Option<String>> {
    let known = LogStream::ALL.into_iter();
    let stream = known.clone().find(|stream| stream.name() == inputs.stream);
    let stream = stream.with_context(|| format!("there is no stream {}", inputs.stream))?;
    let log = options.open_log().await?;
    let Some(before) = inputs.first.checked_sub(1) else {
        bail!("the snapshot's digest begins with sequence 0, which no message has");
    };
    let found = chain(&log, stream, before, inputs.sequence).await?;
    let is_same = (found.messages, found.digest) == (inputs.messages, inputs.digest);
    Ok((!is_same).then(|| {
        format!(
            "{} messages with the digest {}, where the snapshot says {} and {}",
            found.messages, found.digest, inputs.messages, inputs.digest
        )
    }))
}

/// The digest of everything on a stream after a sequence and up to another.
async fn chain(
    log: &EventLog,
    stream: LogStream,
    before: u64,
    to: u64,
) -> anyhow::Result<InputChain> {
    let mut chain = InputChain::after(before);
    let mut backlog = log.backlog(stream, before).await?;
    while let Some(batch) = backlog.next_batch(AT_ONCE).await? {
        for message in batch {
            if message.sequence > to {
                return Ok(chain);
            }
            chain.follow(message.sequence, Digest::of(&message.payload));
        }
    }
    Ok(chain)
}
