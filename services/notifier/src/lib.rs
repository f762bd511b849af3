//! The notifier: tells whoever subscribes by webhook of contributions and of boards.
//!
//! Contributions come from the log, boards from the query API as anybody gets them.
//! The log keeps how far each webhook is; what a receiver does not take is asked of
//! it again, and in the end becomes a dead letter that can be sent again.

mod boards;
mod contributions;
mod dead_letter;
mod delivery;
mod redrive;
mod settings;
mod signature;
mod webhook;

use std::sync::Arc;

use event_log::EventLog;
use runtime::Clock;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use delivery::{Delivery, Outcome};
pub use settings::{SettingsError, webhooks};
pub use signature::{InvalidSecret, Secret};
pub use webhook::{BoardOfInterest, Webhook};

/// The service that dead letters of webhooks name.
pub const SERVICE: &str = "notifier";

/// What the notifier needs from the rest of the system.
#[derive(Clone)]
pub struct NotifierParts {
    /// The log.
    pub log: EventLog,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
    /// Where the query API is, for webhooks that want boards.
    pub api: Option<String>,
    /// What sends.
    pub delivery: Delivery,
}

/// Tells every webhook of what it wants, until stopped.
pub async fn run(webhooks: Vec<Webhook>, parts: NotifierParts, stop: CancellationToken) {
    dead_letter::count(0);
    let mut running = JoinSet::new();
    for webhook in webhooks.into_iter().map(Arc::new) {
        delivery::begin_counting(&webhook);
        tracing::info!(webhook = %webhook.name, "webhook_served");
        if webhook.contributions.is_some() {
            running.spawn(contributions::follow(
                Arc::clone(&webhook),
                parts.clone(),
                stop.clone(),
            ));
        }
        for board in &webhook.boards {
            running.spawn(boards::watch(
                Arc::clone(&webhook),
                board.clone(),
                parts.clone(),
                stop.clone(),
            ));
        }
        running.spawn(redrive::follow(webhook, parts.clone(), stop.clone()));
    }
    while running.join_next().await.is_some() {}
}
