//! Money and jobs: events that count only together with others of the same reservation
//! or run, in their order.
//!
//! One of them that names somebody cannot be replaced alone: what stands behind it would
//! come before it. So all events of that history are written again at the end of their
//! subject, without names and in their order, and then those before are taken away.
//! Whoever reads both finds that the second says nothing new.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use event_log::{Appended, EventLog, LogStream};
use events::{Envelope, Erased, Event, history_of};
use uuid::Uuid;

use super::Rewritten;
use crate::DecisionError;

/// Whether the events of a stream have histories.
pub(super) fn has_histories(stream: LogStream) -> bool {
    matches!(stream, LogStream::Costs | LogStream::Jobs)
}

/// Replaces the histories of a stream that name those who were erased.
pub(super) async fn rewrite(
    log: &EventLog,
    stream: LogStream,
    erased: &Erased,
) -> Result<Rewritten, DecisionError> {
    let mut rewritten = Rewritten::default();
    for (subject, found) in naming(log, stream, erased).await? {
        rewritten.unfinished += found.unfinished;
        if !found.histories.is_empty() {
            rewritten += rewrite_on(log, stream, erased, &subject, &found.histories).await?;
        }
    }
    Ok(rewritten)
}

/// Histories of a subject that name somebody.
#[derive(Default)]
struct Naming {
    histories: HashSet<Uuid>,
    /// Runs of jobs that will get more events: a worker would write to the old ones.
    unfinished: u64,
}

async fn naming(
    log: &EventLog,
    stream: LogStream,
    erased: &Erased,
) -> Result<BTreeMap<String, Naming>, DecisionError> {
    let mut naming: BTreeMap<String, HashSet<Uuid>> = BTreeMap::new();
    let mut is_finished: HashMap<Uuid, bool> = HashMap::new();
    let read = log.read_each(stream, ">", 0, |recorded| {
        let event = recorded.envelope.event;
        let Some(history) = history_of(&event) else {
            return;
        };
        *is_finished.entry(history).or_default() |= is_last(&event);
        if erased.without_names(event.clone()) != event {
            naming.entry(recorded.subject).or_default().insert(history);
        }
    });
    read.await?;
    let by_subject = naming.into_iter().map(|(subject, found)| {
        let all = found.len();
        let is_finished = |history: &Uuid| is_finished.get(history) == Some(&true);
        let histories: HashSet<Uuid> = found.into_iter().filter(is_finished).collect();
        let unfinished = (all - histories.len()) as u64;
        let naming = Naming {
            histories,
            unfinished,
        };
        (subject, naming)
    });
    Ok(by_subject.collect())
}

/// Whether nothing more comes of a job after this. Money may be settled later: whoever
/// does so names the reservation only, and writes behind it.
fn is_last(event: &Event) -> bool {
    !matches!(
        event,
        Event::JobQueued(_)
            | Event::JobStarted(_)
            | Event::JobProgressed(_)
            | Event::JobRetrying(_)
            | Event::JobReturned(_)
    )
}

async fn rewrite_on(
    log: &EventLog,
    stream: LogStream,
    erased: &Erased,
    subject: &str,
    histories: &HashSet<Uuid>,
) -> Result<Rewritten, DecisionError> {
    let mut before = Vec::new();
    let mut again = VecDeque::new();
    let mut last = 0;
    loop {
        // What came since it was read last may be one more event of these.
        let read = log.read_each(stream, subject, last, |recorded| {
            last = recorded.sequence;
            if history_of(&recorded.envelope.event).is_some_and(|it| histories.contains(&it)) {
                before.push(recorded.sequence);
                again.push_back(moved(recorded.envelope, erased));
            }
        });
        read.await?;
        if append_all(log, &mut again, &mut last).await? {
            break;
        }
    }
    let redacted = before.len() as u64;
    for sequence in before {
        log.erase(stream, sequence).await?;
    }
    Ok(Rewritten {
        redacted,
        ..Rewritten::default()
    })
}

/// Appends events one after the other; whether all of them are on the log now, and
/// nothing else came in between.
async fn append_all(
    log: &EventLog,
    events: &mut VecDeque<Envelope>,
    last: &mut u64,
) -> Result<bool, DecisionError> {
    while let Some(envelope) = events.front() {
        match log.append(envelope, *last).await? {
            Appended::At(sequence) => *last = sequence,
            Appended::Outrun => return Ok(false),
        }
        events.pop_front();
    }
    Ok(true)
}

/// An event without names, as one that the server has not seen: what says the same under
/// the same id as a moment ago, it would take for a repetition.
fn moved(envelope: Envelope, erased: &Erased) -> Envelope {
    Envelope {
        id: Uuid::now_v7(),
        event: erased.without_names(envelope.event),
        ..envelope
    }
}
