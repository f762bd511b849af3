//! A history: events, and two of the ways in which they may arrive.

use std::fmt;

use chrono::TimeDelta;
use event_log::Delivered;
use events::{Envelope, Event};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::decision::decision;
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

/// A decision, and before which places it comes in both arrivals.
#[derive(Clone, Debug)]
struct Decided {
    event: Event,
    first: u8,
    second: u8,
}

/// Events and two arrivals of them: one in order, another in any order, with
/// repetitions and other batches. Decisions come in their own order, each at
/// any time.
#[derive(Clone)]
pub(crate) struct History {
    steps: Vec<Step>,
    decisions: Vec<Decided>,
    /// How much of the second arrival is only counted before boards are made from
    /// the counts, in parts of 255; boards follow all the time where it is absent.
    boards_late: Option<u8>,
}

/// Messages of one stream that are applied in one transaction.
#[derive(Clone, Debug)]
pub(crate) enum Batch {
    Contributions(Vec<Delivered>),
    Decisions(Vec<Delivered>),
}

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
    let decided = (decision(), any::<u8>(), any::<u8>());
    let decided = decided.prop_map(|(event, first, second)| Decided {
        event,
        first,
        second,
    });
    let (steps, decisions) = (vec(step, 1..=longest), vec(decided, 0..=longest / 3));
    (steps, decisions, option::of(any::<u8>()))
        .prop_map(|(steps, decisions, boards_late)| History {
            steps,
            decisions,
            boards_late,
        })
        .boxed()
}

impl History {
    /// A history whose first arrival is one batch, and whose second one brings
    /// the events one by one, each at its place, with boards only after all of them.
    pub(crate) fn of(events: &[Event], places: &[usize]) -> Self {
        let steps = events.iter().zip(places).map(|(event, place)| Step {
            event: event.clone(),
            begins_batch: false,
            place: u8::try_from(*place).expect("a short history"),
            begins_other_batch: true,
            repeated: None,
        });
        Self {
            steps: steps.collect(),
            decisions: Vec::new(),
            boards_late: Some(u8::MAX),
        }
    }

    /// Its events, and the decisions in their order.
    pub(crate) fn envelopes(&self) -> Vec<Envelope> {
        let steps = self.steps.iter().map(|step| &step.event);
        let decisions = self.decisions.iter().map(|decided| &decided.event);
        steps.chain(decisions).map(wrap).collect()
    }

    /// The batches in which the events arrive in order.
    pub(crate) fn first_arrival(&self) -> Vec<Batch> {
        let arriving = self.steps.iter().zip(0..).map(|(step, place)| {
            // Places of decisions are spread over all there are.
            let place = u8::try_from(place * 256 / self.steps.len()).unwrap_or(u8::MAX);
            (place, step.begins_batch, &step.event)
        });
        batches(
            arriving.collect(),
            self.decisions_at(|decided| decided.first),
        )
    }

    /// The batches in which they arrive in another order, some repeatedly.
    pub(crate) fn second_arrival(&self) -> Vec<Batch> {
        let mut arriving: Vec<(u8, bool, &Event)> = Vec::new();
        for step in &self.steps {
            arriving.push((step.place, step.begins_other_batch, &step.event));
            arriving.extend(step.repeated.map(|place| (place, false, &step.event)));
        }
        arriving.sort_by_key(|(place, ..)| *place);
        batches(arriving, self.decisions_at(|decided| decided.second))
    }

    /// Before which batch of the second arrival boards are made from the counts, if
    /// they do not follow all the time.
    pub(crate) fn boards_before(&self, batches: usize) -> Option<usize> {
        let part = usize::from(self.boards_late?);
        Some(batches * part / usize::from(u8::MAX))
    }

    /// The decisions in their order, each with the place before which it
    /// comes: the places are drawn, and dealt out in ascending order.
    fn decisions_at(&self, place: impl Fn(&Decided) -> u8) -> Vec<(u8, &Event)> {
        let mut places: Vec<u8> = self.decisions.iter().map(place).collect();
        places.sort_unstable();
        let decisions = self.decisions.iter().map(|decided| &decided.event);
        places.into_iter().zip(decisions).collect()
    }
}

fn wrap(event: &Event) -> Envelope {
    Envelope::wrap("/model", event.clone()).expect("an event is JSON")
}

fn encode(envelope: &Envelope) -> Vec<u8> {
    envelope.encode().expect("an event is JSON")
}

/// Numbers the events of each stream as the log does, and cuts them into
/// batches.
fn batches(arriving: Vec<(u8, bool, &Event)>, decisions: Vec<(u8, &Event)>) -> Vec<Batch> {
    let mut batches: Vec<Batch> = Vec::new();
    let mut decisions = decisions.into_iter().zip(1..).peekable();
    let mut decide_before = |place: Option<u8>, batches: &mut Vec<Batch>| {
        let mut decided = Vec::new();
        let comes = |at: u8| place.is_none_or(|place| at <= place);
        while let Some(((_, event), sequence)) = decisions.next_if(|((at, _), _)| comes(*at)) {
            decided.push(delivered(event, sequence));
        }
        if !decided.is_empty() {
            batches.push(Batch::Decisions(decided));
        }
    };
    for ((place, begins, event), sequence) in arriving.into_iter().zip(1..) {
        decide_before(Some(place), &mut batches);
        let message = delivered(event, sequence);
        match batches.last_mut() {
            Some(Batch::Contributions(batch)) if !begins => batch.push(message),
            _ => batches.push(Batch::Contributions(vec![message])),
        }
    }
    decide_before(None, &mut batches);
    batches
}

fn delivered(event: &Event, sequence: u64) -> Delivered {
    Delivered {
        sequence,
        // After all of the few days that anything happens on.
        recorded_at: event.time() + TimeDelta::days(3),
        subject: String::new(),
        pending: 0,
        payload: encode(&wrap(event)).into(),
        published_in: None,
    }
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
                .map(|batch| match batch {
                    Batch::Contributions(batch) | Batch::Decisions(batch) => {
                        batch.iter().map(number).collect()
                    }
                })
                .collect()
        };
        write!(out, "\nfirst arrival: {:?}", numbers(self.first_arrival()))?;
        let second = numbers(self.second_arrival());
        let boards = self.boards_before(second.len());
        write!(out, "\nsecond arrival: {second:?}")?;
        write!(out, ", boards made before batch: {boards:?}")
    }
}
