//! Shapes: what JSON Schemas of a document say, as tables.

use openapi::own_example;
use serde_json::{Map, Value, json};

use super::text::{self, Text};

/// A part of what a type is called; names of shapes lead to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) shape: Option<String>,
}

/// A field of an object, or a parameter.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Vec<Word>,
    pub(super) required: bool,
    pub(super) about: Text,
    /// Everything it may be, where that is a list.
    pub(super) values: Vec<String>,
    /// Bounds and default, in words.
    pub(super) bounds: String,
    pub(super) example: Option<String>,
}

/// A named schema.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) name: String,
    pub(super) about: Text,
    /// What it is, if it has no fields.
    pub(super) kind: Vec<Word>,
    pub(super) values: Vec<String>,
    pub(super) fields: Vec<Field>,
}

/// The named schemas of a document.
pub(super) struct Shapes<'a>(Option<&'a Map<String, Value>>);

impl<'a> Shapes<'a> {
    pub(super) fn of(document: &'a Value) -> Self {
        Self(document["components"]["schemas"].as_object())
    }

    /// All of them, by name.
    pub(super) fn all(&self) -> Vec<Shape> {
        let named = self.0.into_iter().flatten();
        let mut shapes: Vec<Shape> = named
            .map(|(name, schema)| self.shape(name, schema))
            .collect();
        shapes.sort_by(|one, other| one.name.cmp(&other.name));
        shapes
    }

    fn shape(&self, name: &str, schema: &Value) -> Shape {
        let fields = self.fields(schema);
        let kind = if fields.is_empty() {
            kind(schema)
        } else {
            Vec::new()
        };
        Shape {
            name: name.to_owned(),
            about: about(schema),
            kind,
            values: values(schema),
            fields,
        }
    }

    /// The fields of an object; of something that is one of several, those of
    /// each.
    fn fields(&self, schema: &Value) -> Vec<Field> {
        let required = schema["required"].as_array();
        let is_required =
            |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
        let own = schema["properties"].as_object().into_iter().flatten();
        let own = own.map(|(name, schema)| field(name, is_required(name), schema));
        let parts = ["allOf", "oneOf", "anyOf"].into_iter();
        let parts = parts
            .filter_map(|several| schema[several].as_array())
            .flatten();
        let inline = parts.filter(|part| part["properties"].is_object());
        own.chain(inline.flat_map(|part| self.fields(part)))
            .collect()
    }
}

/// A field, or a parameter, whose schema this is.
pub(super) fn field(name: &str, required: bool, schema: &Value) -> Field {
    Field {
        name: name.to_owned(),
        kind: kind(schema),
        required,
        about: about(schema),
        values: values(schema),
        bounds: bounds(schema),
        example: own_example(schema).map(|example| plain(&example)),
    }
}

/// A value without quotes around texts.
pub(super) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn about(schema: &Value) -> Text {
    text::read(schema["description"].as_str().unwrap_or_default())
}

fn reference(schema: &Value) -> Option<String> {
    let target = schema["$ref"].as_str()?;
    target
        .strip_prefix("#/components/schemas/")
        .map(str::to_owned)
}

/// What a type is called.
fn kind(schema: &Value) -> Vec<Word> {
    if let Some(name) = reference(schema) {
        return vec![Word {
            text: name.clone(),
            shape: Some(name),
        }];
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[several].as_array() {
            return one_of(parts.iter().map(kind));
        }
    }
    match &schema["type"] {
        Value::Array(several) => one_of(several.iter().map(|name| kind_of(&plain(name), schema))),
        Value::String(name) => kind_of(name, schema),
        _ if schema.get("const").is_some() => vec![word(schema["const"].to_string())],
        _ if schema["properties"].is_object() => vec![word("object")],
        _ => vec![word("any")],
    }
}

fn kind_of(name: &str, schema: &Value) -> Vec<Word> {
    let item = match name {
        "array" => ("list of ", &schema["items"]),
        "object" if schema["additionalProperties"].is_object() => {
            ("object of ", &schema["additionalProperties"])
        }
        "string" | "integer" | "number" => {
            let format = schema["format"].as_str();
            let format = format.filter(|format| !format.contains("int") && *format != "double");
            let format = format.map_or_else(String::new, |format| format!(" ({format})"));
            return vec![word(format!("{name}{format}"))];
        }
        _ => return vec![word(name)],
    };
    let (before, schema) = item;
    std::iter::once(word(before)).chain(kind(schema)).collect()
}

fn one_of(kinds: impl Iterator<Item = Vec<Word>>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut seen: Vec<Vec<Word>> = Vec::new();
    for kind in kinds {
        if seen.contains(&kind) {
            continue;
        }
        if !words.is_empty() {
            words.push(word(" or "));
        }
        words.extend(kind.iter().cloned());
        seen.push(kind);
    }
    words
}

fn word(text: impl Into<String>) -> Word {
    Word {
        text: text.into(),
        shape: None,
    }
}

/// Everything that it may be, where that is a list of constants.
fn values(schema: &Value) -> Vec<String> {
    if let Some(listed) = schema["enum"].as_array() {
        return listed.iter().map(plain).collect();
    }
    let parts = schema["oneOf"].as_array().into_iter().flatten();
    let parts = parts.flat_map(|part| part.get("const").map(plain).into_iter().chain(values(part)));
    parts.collect()
}

/// Bounds and default, in words.
fn bounds(schema: &Value) -> String {
    let number = |name: &str| schema.get(name).filter(|value| value.is_number());
    let range = match (number("minimum"), number("maximum")) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (Some(least), None) if *least != json!(0) => Some(format!("at least {least}")),
        _ => None,
    };
    let length = number("maxLength").map(|most| format!("at most {most} characters"));
    let default = schema.get("default").filter(|value| !value.is_null());
    let default = default.map(|default| format!("default {}", plain(default)));
    let said: Vec<String> = [range, length, default].into_iter().flatten().collect();
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(schema: &Value) -> String {
        kind(schema).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn types_are_called_what_they_are() {
        let entry = json!({ "$ref": "#/components/schemas/Entry" });
        for (schema, expected) in [
            (json!({ "type": ["string", "null"] }), "string or null"),
            (json!({ "type": "integer", "format": "int64" }), "integer"),
            (
                json!({ "type": "string", "format": "date" }),
                "string (date)",
            ),
            (json!({ "type": "array", "items": entry }), "list of Entry"),
            (
                json!({ "oneOf": [{ "type": "null" }, entry] }),
                "null or Entry",
            ),
            (
                json!({ "type": "object", "additionalProperties": entry }),
                "object of Entry",
            ),
            (json!({ "const": 1 }), "1"),
            (json!({}), "any"),
        ] {
            assert_eq!(shown(&schema), expected, "{schema}");
        }
    }

    #[test]
    fn bounds_are_told_in_words() {
        let schema = json!({ "minimum": 1, "maximum": 200, "default": 50 });
        assert_eq!(bounds(&schema), "1 to 200, default 50");
        assert_eq!(bounds(&json!({ "minimum": 0 })), "");
    }
}
