//! Keeping a server running.

use std::convert::Infallible;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::{Nats, PartError, Postgres};

/// How often it is looked whether a server has ended.
const LOOK: Duration = Duration::from_millis(500);

/// A server that can be started again on the same port and data.
pub(crate) trait Kept {
    /// What it is called.
    const NAME: &'static str;

    /// How it ended, if it has.
    fn ended(&mut self) -> Option<ExitStatus>;

    /// Starts it again.
    fn start_again(&mut self) -> impl Future<Output = Result<(), PartError>> + Send;
}

impl Kept for Postgres {
    const NAME: &'static str = "postgres";

    fn ended(&mut self) -> Option<ExitStatus> {
        self.server.ended()
    }

    fn start_again(&mut self) -> impl Future<Output = Result<(), PartError>> + Send {
        self.restart()
    }
}

impl Kept for Nats {
    const NAME: &'static str = "nats-server";

    fn ended(&mut self) -> Option<ExitStatus> {
        self.server.ended()
    }

    fn start_again(&mut self) -> impl Future<Output = Result<(), PartError>> + Send {
        self.restart()
    }
}

/// Starts a server again whenever it has ended by itself, such as when the machine was
/// out of memory. Whoever uses it connects again.
pub(crate) async fn keep<S: Kept>(server: &mut S) -> Infallible {
    let name = S::NAME;
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let Some(status) = server.ended() else {
            continue;
        };
        tracing::error!(server = name, %status, severity = "high", "server_ended");
        match server.start_again().await {
            Ok(()) => tracing::info!(server = name, "server_restarted"),
            Err(error) => {
                tracing::error!(server = name, %error, severity = "high", "server_not_restarted");
            }
        }
    }
}
