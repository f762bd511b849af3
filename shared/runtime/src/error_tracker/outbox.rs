//! What is told, on its way: by a thread of its own, which waits for nobody and
//! for which nobody waits.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use sentry_types::Dsn;
use sentry_types::protocol::v7::{Envelope, Event};

use super::allowance::Allowance;

/// As many wait to be sent; the allowance lets no more in at once.
const WAITING: usize = 64;

/// How long a tracker may take to be connected to, and to answer.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How long the end of the process waits for what was not sent yet.
const FLUSH_LIMIT: Duration = Duration::from_secs(3);

/// How long a tracker is left alone that does not say how long.
const USUAL_PAUSE: Duration = Duration::from_secs(60);

/// And at most, whatever it says.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// How this program calls itself.
const AGENT: &str = concat!("leaderboard/", env!("CARGO_PKG_VERSION"));

enum Parcel {
    Event(Box<Event<'static>>),
    /// Everything before was tried; whoever asked is told so.
    Flush(SyncSender<()>),
}

/// The way to a tracker.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    parcels: SyncSender<Parcel>,
    allowance: Arc<Mutex<Allowance>>,
}

impl Outbox {
    /// Opens the way.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn open(dsn: Dsn) -> io::Result<Self> {
        let (parcels, received) = sync_channel(WAITING);
        let allowance = Arc::new(Mutex::new(Allowance::new(Instant::now())));
        let carrier = Carrier {
            address: dsn.envelope_api_url().to_string(),
            auth: dsn.to_auth(Some(AGENT)).to_string(),
            allowance: Arc::clone(&allowance),
        };
        std::thread::Builder::new()
            .name("error-tracker".to_owned())
            .spawn(move || carrier.carry(&received))?;
        Ok(Self { parcels, allowance })
    }

    /// Whether one more may be told; then it is counted.
    pub(super) fn has_room(&self) -> bool {
        let may = take(&self.allowance);
        if !may {
            count("left_out");
        }
        may
    }

    /// Hands one over, unless too many wait.
    pub(super) fn send(&self, event: Event<'static>) {
        if self
            .parcels
            .try_send(Parcel::Event(Box::new(event)))
            .is_err()
        {
            count("left_out");
        }
    }

    /// Waits for what was handed over, but not for long.
    pub(crate) fn flush(&self) {
        let (tell, told) = sync_channel(1);
        if self.parcels.try_send(Parcel::Flush(tell)).is_ok() {
            // An error means that it takes too long.
            let _ = told.recv_timeout(FLUSH_LIMIT);
        }
    }
}

fn take(allowance: &Mutex<Allowance>) -> bool {
    let now = Instant::now();
    let mut allowance = allowance.lock().unwrap_or_else(PoisonError::into_inner);
    allowance.take(now)
}

fn count(outcome: &'static str) {
    metrics::counter!("errors_told_total", "outcome" => outcome).increment(1);
}

/// What carries parcels.
struct Carrier {
    address: String,
    auth: String,
    allowance: Arc<Mutex<Allowance>>,
}

impl Carrier {
    fn carry(&self, parcels: &Receiver<Parcel>) {
        let client = Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(ANSWER_LIMIT)
            .redirect(Policy::none())
            .user_agent(AGENT)
            .build();
        let client = match client {
            Ok(client) => client,
            Err(error) => {
                tracing::warn!(%error, "errors_are_not_told");
                return;
            }
        };
        for parcel in parcels {
            match parcel {
                Parcel::Event(event) => count(self.deliver(&client, *event)),
                // Whoever asked may have stopped waiting.
                Parcel::Flush(tell) => drop(tell.send(())),
            }
        }
    }

    fn deliver(&self, client: &Client, event: Event<'static>) -> &'static str {
        let mut body = Vec::new();
        if Envelope::from(event).to_writer(&mut body).is_err() {
            return "refused";
        }
        let answer = client
            .post(&self.address)
            .header("X-Sentry-Auth", &self.auth)
            .header(CONTENT_TYPE, "application/x-sentry-envelope")
            .body(body)
            .send();
        match answer {
            Ok(answer) if answer.status().is_success() => "sent",
            Ok(answer) => {
                let status = answer.status();
                tracing::debug!(%status, "error_not_told");
                if status == StatusCode::TOO_MANY_REQUESTS {
                    self.leave_alone(&answer);
                }
                "refused"
            }
            Err(error) => {
                // Its address has the key in it.
                let error = error.without_url();
                tracing::debug!(%error, "error_not_told");
                "unreachable"
            }
        }
    }

    fn leave_alone(&self, answer: &Response) {
        let said = answer.headers().get(RETRY_AFTER);
        let seconds = said.and_then(|said| said.to_str().ok()?.parse().ok());
        let pause = seconds.map_or(USUAL_PAUSE, Duration::from_secs);
        let now = Instant::now();
        let mut allowance = self
            .allowance
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        allowance.pause(now, pause.min(LONGEST_PAUSE));
    }
}
