//! How far the log is, and every projection of every generation.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use event_log::{EventLog, LogStream, StreamState};
use metrics::Label;
use postgres::{Generation, GenerationPool, generations, within};
use runtime::Clock;
use sqlx::PgPool;

use super::{ANSWER_LIMIT, note, show_available};

/// Gauges of a projection of a generation, which stay what they were until
/// they are set: of one that is gone they are set to nothing.
const OF_A_PROJECTION: [&str; 4] = [
    "projection_lag",
    "projection_delay_seconds",
    "projection_messages_per_second",
    "projection_eta_seconds",
];

/// What was shown, to be taken back when it is no more.
#[derive(Default)]
pub(super) struct Progress {
    projections: BTreeSet<(String, i32)>,
    states: BTreeSet<(i32, &'static str)>,
}

/// How far a projection is, by its checkpoint.
struct Place {
    projection: String,
    stream: String,
    sequence: i64,
    messages_per_second: f64,
}

impl Progress {
    pub(super) async fn look(&mut self, pool: &PgPool, log: &EventLog, clock: &dyn Clock) {
        let ends = ends(log).await;
        show_available("event log", !ends.is_empty());
        let looked = within(ANSWER_LIMIT, self.look_at_all(pool, log, &ends, clock)).await;
        show_available("database", looked.is_ok());
        note("progress", looked);
    }

    async fn look_at_all(
        &mut self,
        pool: &PgPool,
        log: &EventLog,
        ends: &BTreeMap<&'static str, (LogStream, StreamState)>,
        clock: &dyn Clock,
    ) -> Result<(), sqlx::Error> {
        let found = generations(pool).await?;
        self.show_states(&found);
        let mut seen = BTreeSet::new();
        let following = found
            .into_iter()
            .filter(|generation| generation.state.follows_the_log());
        for generation in following {
            let number = generation.number;
            for place in places(pool, generation).await? {
                let end = match ends.get(place.stream.as_str()) {
                    Some((stream, state)) => End::of(log, *stream, *state, &place).await,
                    None => None,
                };
                place.show(number, end.as_ref(), clock.now());
                seen.insert((place.projection, number));
            }
        }
        for (projection, generation) in self.projections.difference(&seen) {
            let labels = labels(projection, *generation);
            for name in OF_A_PROJECTION {
                metrics::gauge!(name, labels.clone()).set(0.0);
            }
        }
        self.projections = seen;
        Ok(())
    }

    fn show_states(&mut self, found: &[Generation]) {
        let now: BTreeSet<(i32, &'static str)> = found
            .iter()
            .map(|generation| (generation.number, generation.state.as_str()))
            .collect();
        let show = |(generation, state): &(i32, &'static str), is_so: f64| {
            let generation = generation.to_string();
            metrics::gauge!("generation_state", "generation" => generation, "state" => *state)
                .set(is_so);
        };
        for former in self.states.difference(&now) {
            show(former, 0.0);
        }
        for present in &now {
            show(present, 1.0);
        }
        self.states = now;
    }
}

/// What each stream holds; nothing when the log does not answer.
async fn ends(log: &EventLog) -> BTreeMap<&'static str, (LogStream, StreamState)> {
    let mut ends = BTreeMap::new();
    for stream in LogStream::ALL {
        let asked = tokio::time::timeout(ANSWER_LIMIT, log.state(stream)).await;
        match asked {
            Ok(Ok(state)) => {
                let label = stream.name();
                metrics::gauge!("stream_last_sequence", "stream" => label)
                    .set(state.last_sequence as f64);
                metrics::gauge!("stream_bytes", "stream" => label).set(state.bytes as f64);
                ends.insert(label, (stream, state));
            }
            Ok(Err(error)) => {
                tracing::debug!(what = "streams", %error, "metrics_not_read");
                return BTreeMap::new();
            }
            Err(_) => return BTreeMap::new(),
        }
    }
    ends
}

async fn places(pool: &PgPool, generation: Generation) -> Result<Vec<Place>, sqlx::Error> {
    let home = GenerationPool::new(pool.clone(), generation);
    let mut transaction = home.begin().await?;
    let places = sqlx::query_as!(
        Place,
        "SELECT projection, stream, sequence, messages_per_second FROM projections"
    );
    let places = places.fetch_all(&mut *transaction).await?;
    postgres::commit(transaction).await?;
    let generation = home.generation();
    Ok(places
        .into_iter()
        .filter(|place| generation.holds(&place.projection))
        .collect())
}

/// The end of a projection's stream, as the projection sees it.
struct End {
    last_sequence: u64,
    /// When the log took the first message that is not projected.
    waiting_since: Option<DateTime<Utc>>,
}

impl End {
    /// None when the log does not answer.
    async fn of(
        log: &EventLog,
        stream: LogStream,
        state: StreamState,
        place: &Place,
    ) -> Option<Self> {
        let asked = log.taken_after(stream, place.sequence.cast_unsigned());
        let answered = tokio::time::timeout(ANSWER_LIMIT, asked).await;
        Some(Self {
            last_sequence: state.last_sequence,
            waiting_since: answered.ok()?.ok()?,
        })
    }
}

fn labels(projection: &str, generation: i32) -> Vec<Label> {
    vec![
        Label::new("projection", projection.to_owned()),
        Label::new("generation", generation.to_string()),
    ]
}

impl Place {
    fn show(&self, generation: i32, end: Option<&End>, now: DateTime<Utc>) {
        let labels = labels(&self.projection, generation);
        let gauge = |name: &'static str| metrics::gauge!(name, labels.clone());
        gauge("projection_checkpoint").set(self.sequence as f64);
        let Some(end) = end else { return };
        let behind = end.last_sequence.cast_signed() - self.sequence;
        // Nothing waits when all that comes after was erased. A checkpoint that
        // stays ahead of the end is of another log than this.
        let is_waiting = end.waiting_since.is_some() || behind < 0;
        let lag = if is_waiting { behind as f64 } else { 0.0 };
        let delay = end
            .waiting_since
            .map_or(0.0, |since| (now - since).as_seconds_f64().max(0.0));
        gauge("projection_lag").set(lag);
        gauge("projection_delay_seconds").set(delay);
        // The rate is that of the last batches, which says nothing at the end.
        let rate = if lag > 0.0 {
            self.messages_per_second
        } else {
            0.0
        };
        gauge("projection_messages_per_second").set(rate);
        // Not known before anything was measured.
        let remaining = if lag > 0.0 { lag / rate } else { 0.0 };
        gauge("projection_eta_seconds").set(remaining);
    }
}
