//! Being told that something was said of jobs.

use std::time::Duration;

use event_log::{EventLog, LogStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long to wait at most: a word that was lost is made up for by looking.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Wakes whoever waits when something is said on the stream of jobs.
pub(crate) struct Wake {
    said: watch::Receiver<u64>,
    following: JoinHandle<()>,
}

impl Wake {
    /// Begins to listen.
    pub(crate) fn on(log: &EventLog) -> Self {
        let (tell, said) = watch::channel(0);
        let following = tokio::spawn(follow(log.clone(), tell));
        Self { said, following }
    }

    /// Waits until something is said, or it is time to look all the same.
    pub(crate) async fn wait(&mut self) {
        self.wait_at_most(LOOK_AGAIN).await;
    }

    /// Waits until something is said, or so long.
    pub(crate) async fn wait_at_most(&mut self, longest: Duration) {
        let longest = longest.min(LOOK_AGAIN);
        if let Ok(Err(_)) = tokio::time::timeout(longest, self.said.changed()).await {
            // Nobody follows any more, which only the end of the process does.
            tokio::time::sleep(longest).await;
        }
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.following.abort();
    }
}

async fn follow(log: EventLog, tell: watch::Sender<u64>) {
    loop {
        let outcome = follow_once(&log, &tell).await;
        if let Err(error) = outcome {
            tracing::debug!(%error, "jobs_not_followed");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn follow_once(log: &EventLog, tell: &watch::Sender<u64>) -> Result<(), event_log::LogError> {
    let last = log.last_sequence(LogStream::Jobs).await?;
    let mut subscription = log.subscribe(LogStream::Jobs, last).await?;
    // Something may have been said before it was listened for.
    tell.send_replace(last);
    loop {
        let batch = subscription.next_batch(1_000).await?;
        if let Some(last) = batch.last() {
            tell.send_replace(last.sequence);
        }
    }
}
