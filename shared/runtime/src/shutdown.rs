//! Stopping: a first signal asks, a second one or a minute's delay insists.
//! Signals are heard of from the beginning, also while nothing waits for one.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use thiserror::Error;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
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
#[derive(Clone, Debug)]
pub struct Shutdown {
    stop: CancellationToken,
    tasks: TaskTracker,
    failure: Arc<Mutex<Option<String>>>,
    /// How many signals to stop there were.
    signals: Arc<watch::Sender<u32>>,
}

impl Default for Shutdown {
    /// One that no signal stops.
    fn default() -> Self {
        Self {
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
            failure: Arc::default(),
            signals: Arc::new(watch::Sender::new(0)),
        }
    }
}

impl Shutdown {
    /// One that Ctrl-C or a request to terminate stops. From now on none is lost, whether
    /// anybody waits for it just then or not.
    ///
    /// # Errors
    /// When the process may not listen to signals.
    pub fn on_signals() -> std::io::Result<Self> {
        let shutdown = Self::default();
        let mut interrupts = signal(SignalKind::interrupt())?;
        let mut terminations = signal(SignalKind::terminate())?;
        let (stop, signals) = (shutdown.stop.clone(), Arc::clone(&shutdown.signals));
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupts.recv() => {}
                    _ = terminations.recv() => {}
                }
                signals.send_modify(|signals| *signals += 1);
                if !stop.is_cancelled() {
                    tracing::info!("stopping; a second signal stops at once");
                    stop.cancel();
                }
            }
        });
        Ok(shutdown)
    }

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
            // A service that panics, or is cut off, takes this path too: the guard
            // is dropped unarmed only by an ordinary end.
            let mut guard = FailureGuard {
                shutdown: &shutdown,
                name,
                failure: Some("was cut off before it had finished".into()),
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
        self.stop.cancelled().await;
    }

    /// Waits for a signal or a failure, then for everything to finish.
    ///
    /// # Errors
    /// [`ShutdownError`] when a service failed or had to be cut off.
    pub async fn wait(self) -> Result<(), ShutdownError> {
        self.stop.cancelled().await;
        let mut signals = self.signals.subscribe();
        // The one that asked does not insist.
        let asked = (*signals.borrow_and_update()).min(1);
        self.tasks.close();
        tokio::select! {
            () = self.tasks.wait() => {}
            // It is not closed: the sender is held here.
            _ = signals.wait_for(|signals| *signals > asked) => return Err(ShutdownError::Forced),
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
        if let Some(mut failure) = self.failure.take() {
            if std::thread::panicking() {
                "panicked".clone_into(&mut failure);
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn terminate_this_process() {
        let id = std::process::id().to_string();
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args(["-TERM", &id]).status().unwrap().success());
    }

    #[tokio::test]
    async fn a_signal_that_nobody_waits_for_stops_all_the_same_and_a_second_insists() {
        let shutdown = Shutdown::on_signals().unwrap();
        terminate_this_process();
        // Whoever is busy opening something hears of it afterwards.
        shutdown.asked().await;
        shutdown.clone().wait().await.unwrap();
        shutdown.tasks.spawn(std::future::pending::<()>());
        let waiting = tokio::spawn(shutdown.wait());
        terminate_this_process();
        let error = waiting.await.unwrap().unwrap_err();
        assert!(matches!(error, ShutdownError::Forced), "{error}");
    }

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
