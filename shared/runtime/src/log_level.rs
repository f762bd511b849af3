//! What is logged, changed while the process runs.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::{EnvFilter, reload};

use crate::telemetry::TelemetryError;

/// What is said to this target is logged at every level: who changed what is
/// logged, and which keys hold.
const AUDIT: &str = "audit=info";

/// There is one subscriber of logs in a process, and so one level.
static OF_PROCESS: OnceLock<LogLevel> = OnceLock::new();

/// Puts another filter in the place of the one that holds.
type Reload = dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync;

/// What this process logs.
#[derive(Clone)]
pub struct LogLevel(Arc<Inner>);

struct Inner {
    at_start: String,
    reload: Box<Reload>,
    state: Mutex<State>,
}

/// A change of what is logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelChange {
    /// What was logged before.
    pub before: String,
    /// What is logged now.
    pub level: String,
    /// After how long it is taken back, if it is.
    pub span: Option<Duration>,
    /// Who changed it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

struct State {
    now: String,
    /// Who wants to be told of changes.
    followers: Vec<UnboundedSender<LevelChange>>,
    /// How often it was changed: what takes back a change that was for a while
    /// finds by it that there was another since.
    changes: u64,
}

/// Reads a level.
pub(crate) fn filter_of(level: &str) -> Result<EnvFilter, TelemetryError> {
    let wrong = |error| TelemetryError::Level(level.to_owned(), error);
    let filter = EnvFilter::try_new(level).map_err(wrong)?;
    Ok(filter.add_directive(AUDIT.parse().map_err(wrong)?))
}

impl LogLevel {
    pub(crate) fn new(
        level: &str,
        reload: impl Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            at_start: level.to_owned(),
            reload: Box::new(reload),
            state: Mutex::new(State {
                now: level.to_owned(),
                followers: Vec::new(),
                changes: 0,
            }),
        }))
    }

    /// Makes it the one of this process.
    pub(crate) fn keep(self) {
        // Logs are set up once.
        let _ = OF_PROCESS.set(self);
    }

    /// That of this process, once logs are set up.
    #[must_use]
    pub fn of_process() -> Option<Self> {
        OF_PROCESS.get().cloned()
    }

    /// The level at this moment.
    #[must_use]
    pub fn now(&self) -> String {
        self.state().now.clone()
    }

    /// The level that was configured at the start.
    #[must_use]
    pub fn at_start(&self) -> &str {
        &self.0.at_start
    }

    /// Every change from now on.
    #[must_use]
    pub fn follow(&self) -> UnboundedReceiver<LevelChange> {
        let (tell, told) = unbounded_channel();
        self.state().followers.push(tell);
        told
    }

    /// Changes what is logged: to a level, or to what it was at the start; and
    /// back to that after a time, if one is given. It is logged who changed it
    /// and why, whatever the level. Must be called within the async runtime.
    ///
    /// # Errors
    /// [`TelemetryError::Level`] when the level cannot be read.
    pub fn change(
        &self,
        level: Option<&str>,
        span: Option<Duration>,
        actor: &str,
        reason: &str,
    ) -> Result<(), TelemetryError> {
        let mut state = self.state();
        self.put(&mut state, level, span, actor, reason)
    }

    fn put(
        &self,
        state: &mut State,
        level: Option<&str>,
        span: Option<Duration>,
        actor: &str,
        reason: &str,
    ) -> Result<(), TelemetryError> {
        let level = level.unwrap_or(self.at_start());
        let filter = filter_of(level)?;
        (self.0.reload)(filter).map_err(|_| TelemetryError::Twice)?;
        let before = std::mem::replace(&mut state.now, level.to_owned());
        state.changes += 1;
        if let Some(span) = span {
            self.take_back_after(span, state.changes);
        }
        let seconds = span.map(|span| span.as_secs());
        tracing::info!(
            target: "audit",
            actor,
            reason,
            before = before.as_str(),
            // The level of the line itself is called level.
            level_wanted = level,
            seconds,
            "log_level_changed"
        );
        let change = LevelChange {
            before,
            level: level.to_owned(),
            span,
            actor: actor.to_owned(),
            reason: reason.to_owned(),
        };
        // Whoever is gone needs no telling.
        state
            .followers
            .retain(|follower| follower.send(change.clone()).is_ok());
        Ok(())
    }

    fn take_back_after(&self, span: Duration, change: u64) {
        let log_level = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(span).await;
            let mut state = log_level.state();
            if state.changes == change {
                let reason = "the time for it is over";
                // What was read at the start can be read again.
                let _ = log_level.put(&mut state, None, None, "leaderboard", reason);
            }
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LogLevel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "log level {}", self.now())
    }
}

/// Reads the level from a file, now and whenever the process is sent a
/// `SIGHUP`. A file that is not there, or empty, means the level of the start.
///
/// # Errors
/// When the signal cannot be waited for.
pub async fn follow_log_level(
    log_level: LogLevel,
    file: PathBuf,
    stop: CancellationToken,
) -> Result<(), std::io::Error> {
    let mut asked = signal(SignalKind::hangup())?;
    loop {
        let read = std::fs::read_to_string(&file).unwrap_or_default();
        let level = Some(read.trim()).filter(|level| !level.is_empty());
        let wanted = level.unwrap_or(log_level.at_start());
        if wanted != log_level.now() {
            let reason = file.display().to_string();
            if let Err(error) = log_level.change(level, None, "SIGHUP", &reason) {
                tracing::error!(%error, file = reason, "log_level_not_read");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            _ = asked.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A level, and what filters were put in place.
    fn level() -> (LogLevel, Arc<Mutex<Vec<String>>>) {
        let filters = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&filters);
        let reload = move |filter: EnvFilter| {
            seen.lock().unwrap().push(filter.to_string());
            Ok(())
        };
        (LogLevel::new("warn", reload), filters)
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_for_a_while_is_taken_back_and_the_next_one_ends_it() {
        let (level, filters) = level();
        let minute = Duration::from_secs(60);
        let mut told = level.follow();
        level
            .change(Some("debug"), Some(minute), "ann", "looking")
            .unwrap();
        assert_eq!(level.now(), "debug");
        tokio::time::sleep(minute + Duration::from_millis(1)).await;
        assert_eq!(level.now(), "warn");
        level
            .change(Some("debug"), Some(minute), "ann", "again")
            .unwrap();
        level
            .change(Some("trace"), None, "bob", "for good")
            .unwrap();
        tokio::time::sleep(2 * minute).await;
        assert_eq!(level.now(), "trace");
        level.change(None, None, "bob", "enough").unwrap();
        assert_eq!((level.now().as_str(), level.at_start()), ("warn", "warn"));
        let mut changes = Vec::new();
        while let Ok(LevelChange { level, actor, .. }) = told.try_recv() {
            changes.push((level, actor));
        }
        let changes: Vec<(&str, &str)> = changes
            .iter()
            .map(|(level, actor)| (level.as_str(), actor.as_str()))
            .collect();
        assert_eq!(
            changes,
            [
                ("debug", "ann"),
                ("warn", "leaderboard"),
                ("debug", "ann"),
                ("trace", "bob"),
                ("warn", "bob"),
            ]
        );
        let filters = filters.lock().unwrap();
        assert!(
            filters.iter().all(|filter| filter.contains(AUDIT)),
            "{filters:?}"
        );
    }

    #[tokio::test]
    async fn what_is_no_level_changes_nothing() {
        let (level, filters) = level();
        let error = level
            .change(Some("loud=very"), None, "ann", "")
            .unwrap_err();
        assert!(error.to_string().contains("loud=very"));
        assert_eq!(level.now(), "warn");
        assert!(filters.lock().unwrap().is_empty());
    }
}
