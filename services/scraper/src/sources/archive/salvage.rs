//! Salvaging the events in a line that is not one JSON document: several of
//! them fused, one torn with a whole one behind it, or characters that no
//! JSON text may hold.

use std::ops::Range;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

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
    let text = replace_unreadable(line);
    let mut salvaged = Salvaged {
        repaired: text.as_bytes() != line,
        ..Salvaged::default()
    };
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

/// The text with everything replaced that no JSON text may hold.
fn replace_unreadable(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text: String = text
        .chars()
        .map(|character| match character {
            '\t' | '\r' => ' ',
            control if control.is_ascii_control() && control != '\u{7f}' => '\u{fffd}',
            other => other,
        })
        .collect();
    replace_lone_surrogates(text)
}

/// Replaces `\ud800` without its other half, and the other way round.
fn replace_lone_surrogates(text: String) -> String {
    if !text.contains("\\u") {
        return text;
    }
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(position) = rest.find('\\') {
        let (before, escape) = rest.split_at(position);
        replaced.push_str(before);
        let (taken, whole) = escape_length(escape);
        let (escape, after) = escape.split_at(taken);
        replaced.push_str(if whole { escape } else { "\\ufffd" });
        rest = after;
    }
    replaced.push_str(rest);
    replaced
}

/// The length of the escape that a text begins with, both halves of a pair
/// taken together, and whether it stands for a character.
fn escape_length(escape: &str) -> (usize, bool) {
    match (code_unit(escape), escape.get(6..).and_then(code_unit)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (12, true),
        (Some(0xd800..=0xdfff), _) => (6, false),
        (Some(_), _) => (6, true),
        (None, _) => {
            let escaped = escape.chars().nth(1).map_or(0, char::len_utf8);
            (1 + escaped, true)
        }
    }
}

/// The UTF-16 code unit of `\u` and four digits at the start of a text.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all_digits.then(|| u16::from_str_radix(digits, 16).ok())?
}
