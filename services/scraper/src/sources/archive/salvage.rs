//! Salvaging the events in a line that is not one JSON document: several of
//! them fused, one torn with a whole one behind it, or characters that no
//! JSON text may hold.

use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use translation::mend;

/// Places tried as the beginning of a whole event behind a torn one: more
/// than any event has objects.
const MOST_TRIES: usize = 2_000;

/// Bytes that all tries on a line may read together, so that no line takes
/// longer than seconds, whoever made it.
const MOST_READ: usize = 1 << 30;

/// What a line holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// The whole documents, in order.
    pub documents: Vec<String>,
    /// What is lost of the line: why, and the text.
    pub torn: Vec<(String, String)>,
    /// Whether characters were replaced.
    pub repaired: bool,
}

/// What only whole events have.
#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(rename = "type", borrow)]
    event_type: std::borrow::Cow<'a, str>,
    #[serde(rename = "created_at")]
    _created_at: IgnoredAny,
}

/// Takes out of a line what is whole.
#[must_use]
pub fn salvage(line: &[u8]) -> Salvaged {
    let mended = mend(line);
    let mut salvaged = Salvaged {
        repaired: mended.is_some(),
        ..Salvaged::default()
    };
    // What needs no mending is text already.
    let text = mended.unwrap_or_else(|| String::from_utf8_lossy(line).into_owned());
    let readable = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\u{fffd}');
    if readable.is_empty() {
        let error = "it holds nothing but characters that JSON refuses".to_owned();
        salvaged.torn.push((error, text));
        return salvaged;
    }
    let mut position = 0;
    while let Some(rest) = readable.get(position..).filter(|rest| !rest.is_empty()) {
        let (documents, failure) = whole_documents(rest);
        let read = documents.last().map_or(0, |last| last.end);
        let found = documents.into_iter().filter_map(|range| rest.get(range));
        salvaged.documents.extend(found.map(str::to_owned));
        let Some(error) = failure else { break };
        let torn = rest.get(read..).unwrap_or_default();
        let length = next_event(torn).unwrap_or(torn.len());
        let lost = torn.get(..length).unwrap_or(torn);
        salvaged.torn.push((error, lost.to_owned()));
        position += read + length;
    }
    salvaged
}

/// The documents that a text begins with, and why it goes on with none.
fn whole_documents(text: &str) -> (Vec<Range<usize>>, Option<String>) {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut documents = Vec::new();
    let mut begin = 0;
    loop {
        match stream.next() {
            Some(Ok(_)) => {
                documents.push(begin..stream.byte_offset());
                begin = stream.byte_offset();
            }
            Some(Err(error)) => return (documents, Some(error.to_string())),
            None => return (documents, None),
        }
    }
}

/// Where in a torn text a whole event begins.
fn next_event(torn: &str) -> Option<usize> {
    let tries = (MOST_READ / torn.len().max(1)).min(MOST_TRIES);
    memchr::memmem::find_iter(torn.as_bytes(), b"{\"")
        .filter(|position| *position > 0)
        .take(tries)
        .find(|position| torn.get(*position..).is_some_and(begins_with_event))
}

fn begins_with_event(text: &str) -> bool {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Probe<'_>>();
    let is_event = matches!(stream.next(), Some(Ok(probe)) if probe.event_type.ends_with("Event"));
    let after = text.get(stream.byte_offset()..).unwrap_or_default();
    // An object within an event is followed by more of that.
    is_event && (after.trim_ascii().is_empty() || after.starts_with('{'))
}
