//! A history: events, and two of the ways in which they may arrive.

use std::fmt;

use event_log::Delivered;
use events::{Envelope, Event};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::event::event;

/// One event and its places in both arrivals.
#[derive(Clone, Debug)]
struct Step {
    event: Event,
    /// Whether the first arrival begins another batch with it.
    begins_batch: bool,
    /// Its place in the second arrival.
    place: u8,
    /// Whether the second arrival begins another batch with it.
    begins_other_batch: bool,
    /// Where the second arrival repeats it.
    repeated: Option<u8>,
}

/// Events and two arrivals of them: one in order, another in any order, with
/// repetitions and other batches.
#[derive(Clone)]
pub(crate) struct History(Vec<Step>);

/// Messages that are applied in one transaction.
pub(crate) type Batch = Vec<Delivered>;

/// Histories of at most so many events.
pub(crate) fn history(longest: usize) -> BoxedStrategy<History> {
    let step = (
        event(),
        prop::bool::weighted(0.2),
        any::<u8>(),
        prop::bool::weighted(0.2),
        option::weighted(0.2, any::<u8>()),
    );
    let step = step.prop_map(
        |(event, begins_batch, place, begins_other_batch, repeated)| Step {
            event,
            begins_batch,
            place,
            begins_other_batch,
            repeated,
        },
    );
    vec(step, 1..=longest).prop_map(History).boxed()
}

impl History {
    /// A history whose first arrival is one batch, and whose second one brings
    /// the events one by one, each at its place.
    pub(crate) fn of(events: &[Event], places: &[usize]) -> Self {
        let steps = events.iter().zip(places).map(|(event, place)| Step {
            event: event.clone(),
            begins_batch: false,
            place: u8::try_from(*place).expect("a short history"),
            begins_other_batch: true,
            repeated: None,
        });
        Self(steps.collect())
    }

    /// Its events.
    pub(crate) fn envelopes(&self) -> Vec<Envelope> {
        self.0.iter().map(|step| wrap(&step.event)).collect()
    }

    /// The batches in which the events arrive in order.
    pub(crate) fn first_arrival(&self) -> Vec<Batch> {
        batches(self.0.iter().map(|step| (step.begins_batch, &step.event)))
    }

    /// The batches in which they arrive in another order, some repeatedly.
    pub(crate) fn second_arrival(&self) -> Vec<Batch> {
        let mut arriving: Vec<(u8, bool, &Event)> = Vec::new();
        for step in &self.0 {
            arriving.push((step.place, step.begins_other_batch, &step.event));
            arriving.extend(step.repeated.map(|place| (place, false, &step.event)));
        }
        arriving.sort_by_key(|(place, ..)| *place);
        batches(
            arriving
                .into_iter()
                .map(|(_, begins, event)| (begins, event)),
        )
    }
}

fn wrap(event: &Event) -> Envelope {
    Envelope::wrap("/model", event.clone()).expect("an event is JSON")
}

fn encode(envelope: &Envelope) -> Vec<u8> {
    envelope.encode().expect("an event is JSON")
}

/// Numbers the events as the log does, and cuts them into batches.
fn batches<'a>(events: impl Iterator<Item = (bool, &'a Event)>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    for ((begins, event), sequence) in events.zip(1..) {
        if begins || batches.is_empty() {
            batches.push(Vec::new());
        }
        let message = Delivered {
            sequence,
            recorded_at: event.time(),
            subject: String::new(),
            pending: 0,
            payload: encode(&wrap(event)).into(),
            published_in: None,
        };
        batches.last_mut().expect("one was begun").push(message);
    }
    batches
}

/// Shows each event as the JSON that is on the log, and both arrivals as the
/// numbers of the events in each batch.
impl fmt::Debug for History {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payloads: Vec<_> = self.envelopes().iter().map(encode).collect();
        for (number, payload) in payloads.iter().enumerate() {
            write!(out, "\n{number}: {}", String::from_utf8_lossy(payload))?;
        }
        let numbers = |batches: Vec<Batch>| -> Vec<Vec<Option<usize>>> {
            let number =
                |message: &Delivered| payloads.iter().position(|it| *it == message.payload);
            batches
                .iter()
                .map(|batch| batch.iter().map(number).collect())
                .collect()
        };
        write!(out, "\nfirst arrival: {:?}", numbers(self.first_arrival()))?;
        write!(
            out,
            "\nsecond arrival: {:?}",
            numbers(self.second_arrival())
        )
    }
}
