//! Telling a webhook that a board changed.
//!
//! The board is asked of the query API like by anybody. The message holds all of it,
//! so a receiver needs none that it missed: of several changes while a receiver is
//! away only the last is sent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::StatusCode;
use reqwest::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use serde::Serialize;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::dead_letter::park;
use crate::{BoardOfInterest, NotifierParts, Outcome, Webhook};

/// Namespace of the ids of messages about boards.
const NAMESPACE: Uuid = Uuid::from_u128(0x5f0e_77a2_3c1d_5b8e_9a4d_0c6b_e21f_83d7);

/// The type of such messages.
const BOARD_CHANGED: &str = "leaderboard.board.changed.v1";

/// A board as it is sent: a `CloudEvents` envelope.
#[derive(Serialize)]
struct BoardChanged<'a> {
    specversion: &'static str,
    /// The same for the same entries, so that a receiver can tell a repetition.
    id: Uuid,
    source: &'static str,
    #[serde(rename = "type")]
    event_type: &'static str,
    time: DateTime<Utc>,
    subject: &'a str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    board: &'a str,
    leaderboard: &'a Value,
}

/// Looks at a board again and again until stopped, and tells when its entries are
/// others.
pub(crate) async fn watch(
    webhook: Arc<Webhook>,
    board: BoardOfInterest,
    parts: NotifierParts,
    stop: CancellationToken,
) {
    let Some(api) = parts.api.clone() else {
        return;
    };
    let url = format!(
        "{}/api/v1/leaderboards/{}",
        api.trim_end_matches('/'),
        board.board
    );
    let mut watched = Watched {
        webhook,
        url,
        board,
        parts,
        seen: None,
        taken: None,
        attempts: 0,
    };
    let mut wait = Duration::ZERO;
    while stop
        .run_until_cancelled(tokio::time::sleep(wait))
        .await
        .is_some()
    {
        wait = match stop.run_until_cancelled(watched.look()).await {
            Some(wait) => wait,
            None => return,
        };
    }
}

/// A board, and what its receiver knows of it.
struct Watched {
    webhook: Arc<Webhook>,
    url: String,
    board: BoardOfInterest,
    parts: NotifierParts,
    /// The version that was answered last, where the receiver has it.
    seen: Option<HeaderValue>,
    /// What the receiver took, or was given up.
    taken: Option<Uuid>,
    /// Deliveries of the present entries that were not taken.
    attempts: u64,
}

impl Watched {
    /// Looks once; returns how long to wait before the next time.
    async fn look(&mut self) -> Duration {
        match self.fetch().await {
            Ok(Some((version, entries))) => self.tell(version, &entries).await,
            Ok(None) => self.board.every,
            Err(reason) => {
                let (webhook, board) = (&self.webhook.name, &self.board.board);
                tracing::warn!(%webhook, board, reason, "board_not_answered");
                self.board.every
            }
        }
    }

    /// The board's version and entries; none when they are as they were.
    async fn fetch(&self) -> Result<Option<(Option<HeaderValue>, Value)>, String> {
        let mut request = self.parts.delivery.client().get(&self.url);
        if let Some(seen) = &self.seen {
            request = request.header(IF_NONE_MATCH, seen);
        }
        let answer = request.send().await.map_err(|error| error.to_string())?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let status = answer.status();
        let version = answer.headers().get(ETAG).cloned();
        let mut body: Value = answer.json().await.map_err(|error| error.to_string())?;
        if !status.is_success() {
            let detail = body["detail"].as_str().unwrap_or_default();
            return Err(format!("{status}: {detail}"));
        }
        Ok(Some((version, body["leaderboard"].take())))
    }

    async fn tell(&mut self, version: Option<HeaderValue>, entries: &Value) -> Duration {
        let content = format!("{} {} {entries}", self.webhook.name, self.board.board);
        let id = Uuid::new_v5(&NAMESPACE, content.as_bytes());
        if self.taken == Some(id) {
            self.seen = version;
            return self.board.every;
        }
        let Some(body) = self.message(id, entries) else {
            return self.board.every;
        };
        let clock = self.parts.clock.as_ref();
        let posting = self
            .parts
            .delivery
            .post(&self.webhook, id, body.clone(), clock);
        let (reason, asked) = match posting.await {
            Outcome::Taken => return self.settle(id, version),
            Outcome::Refused(reason) => {
                self.attempts += 1;
                if self.attempts >= self.webhook.attempts
                    && park(&self.webhook, &self.parts, &body, self.attempts, &reason)
                        .await
                        .is_ok()
                {
                    return self.settle(id, version);
                }
                (reason, None)
            }
            Outcome::Unavailable(reason, asked) => {
                self.attempts += 1;
                (reason, asked)
            }
        };
        let wait = self.parts.delivery.wait_after(self.attempts, asked);
        let webhook = &self.webhook.name;
        tracing::info!(%webhook, attempts = self.attempts, ?wait, reason, "delivery_retrying");
        wait
    }

    fn settle(&mut self, id: Uuid, version: Option<HeaderValue>) -> Duration {
        self.taken = Some(id);
        self.seen = version;
        self.attempts = 0;
        self.board.every
    }

    fn message(&self, id: Uuid, entries: &Value) -> Option<Bytes> {
        let message = BoardChanged {
            specversion: "1.0",
            id,
            source: "/notifier",
            event_type: BOARD_CHANGED,
            time: self.parts.clock.now(),
            subject: &self.board.board,
            data: Data {
                board: &self.board.board,
                leaderboard: entries,
            },
        };
        serde_json::to_vec(&message).ok().map(Bytes::from)
    }
}
