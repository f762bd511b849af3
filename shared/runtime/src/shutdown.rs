//! Stopping: a first signal asks, a second one or a minute's delay insists.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long services may take to finish what they are doing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why the process did not end well.
#[derive(Debug, Error)]
pub enum ShutdownError {
    /// A service ended by itself.
    #[error("{0}")]
    ServiceFailed(String),
    /// Services were still busy when the time was up or a second signal came.
    #[error("stopped before every service had finished; what was not committed will be done again")]
    Forced,
}

/// The tasks of this process and the way to stop them together.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    stop: CancellationToken,
    tasks: TaskTracker,
    failure: Arc<Mutex<Option<String>>>,
}

impl Shutdown {
    /// A token that is cancelled when it is time to stop.
    #[must_use]
    pub fn token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Asks everything to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Runs a service until it ends. One that fails, or ends before it was
    /// asked to, stops all the others.
    pub fn spawn<E: std::fmt::Display>(
        &self,
        name: &'static str,
        service: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let shutdown = self.clone();
        self.tasks.spawn(async move {
            // A service that panics takes this path too: the guard is dropped
            // unarmed only by an ordinary end.
            let mut guard = FailureGuard {
                shutdown: &shutdown,
                name,
                failure: Some("panicked".into()),
            };
            guard.failure = match service.await {
                Err(error) => Some(error.to_string()),
                Ok(()) if !shutdown.stop.is_cancelled() => Some("ended unexpectedly".into()),
                Ok(()) => None,
            };
        });
    }

    /// Waits until a signal or a failure asks everything to stop.
    pub async fn asked(&self) {
        tokio::select! {
            () = signal() => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// Waits for a signal or a failure, then for everything to finish.
    ///
    /// # Errors
    /// [`ShutdownError`] when a service failed or had to be cut off.
    pub async fn wait(self) -> Result<(), ShutdownError> {
        tokio::select! {
            () = signal() => tracing::info!("stopping; a second signal stops at once"),
            () = self.stop.cancelled() => {}
        }
        self.stop.cancel();
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            () = signal() => return Err(ShutdownError::Forced),
            () = tokio::time::sleep(PATIENCE) => return Err(ShutdownError::Forced),
        }
        let failure = self
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        failure.map_or(Ok(()), |failure| Err(ShutdownError::ServiceFailed(failure)))
    }
}

/// Records the failure of a service, a panic included, and stops the others.
struct FailureGuard<'a> {
    shutdown: &'a Shutdown,
    name: &'static str,
    failure: Option<String>,
}

impl Drop for FailureGuard<'_> {
    fn drop(&mut self) {
        if let Some(failure) = self.failure.take() {
            tracing::error!(service = self.name, failure, "service_failed");
            let mut first = self
                .shutdown
                .failure
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| format!("{}: {failure}", self.name));
            self.shutdown.stop.cancel();
        }
    }
}

/// Waits for Ctrl-C or a request to terminate.
async fn signal() {
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminations) => {
                terminations.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failing_service_stops_the_others_and_is_named() {
        let shutdown = Shutdown::default();
        let token = shutdown.token();
        shutdown.spawn("patient", async move {
            token.cancelled().await;
            Ok::<(), ShutdownError>(())
        });
        shutdown.spawn("broken", async { Err::<(), _>("out of paper") });
        let error = shutdown.wait().await.unwrap_err();
        assert_eq!(error.to_string(), "broken: out of paper");
    }

    #[tokio::test]
    async fn services_that_end_when_asked_end_well() {
        let shutdown = Shutdown::default();
        let token = shutdown.token();
        shutdown.spawn("patient", async move {
            token.cancelled().await;
            Ok::<(), ShutdownError>(())
        });
        shutdown.stop();
        shutdown.wait().await.unwrap();
    }
}
