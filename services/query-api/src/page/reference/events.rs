//! Events of the log, by the subjects they are under.

use openapi::Examples;
use serde_json::Value;

use super::operations::indented;
use super::schema::plain;
use super::text::{self, Text};

/// Events under one form of subject.
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) about: Text,
    pub(super) events: Vec<Event>,
}

/// A type of event.
pub(super) struct Event {
    /// The name of the shape of its data.
    pub(super) name: String,
    /// Its type in the envelope.
    pub(super) event_type: String,
    pub(super) about: Text,
    pub(super) example: Option<String>,
}

/// Every channel with its events.
pub(super) fn channels(document: &Value, examples: Examples<'_>) -> Vec<Channel> {
    let channels = document["channels"].as_object().into_iter().flatten();
    let channels = channels.map(|(name, channel)| {
        let messages = channel["messages"].as_object().into_iter().flatten();
        Channel {
            name: name.clone(),
            address: plain(&channel["address"]),
            about: text::read(channel["description"].as_str().unwrap_or_default()),
            events: messages
                .map(|(name, _)| event(document, examples, name))
                .collect(),
        }
    });
    channels.collect()
}

fn event(document: &Value, examples: Examples<'_>, name: &str) -> Event {
    let message = &document["components"]["messages"][name];
    let example = message["examples"][0].get("payload");
    let about = &document["components"]["schemas"][name]["description"];
    let made = || Some(examples.example(&message["payload"]));
    Event {
        name: name.to_owned(),
        event_type: plain(&message["name"]),
        about: text::read(about.as_str().unwrap_or_default()),
        example: example
            .cloned()
            .or_else(made)
            .map(|example| indented(&example)),
    }
}
