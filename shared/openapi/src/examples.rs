//! Examples, made of what schemas say of their parts: nothing is written twice, and
//! none can fall behind the type that it is of.

use serde_json::{Map, Value, json};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, PathItem, RefOr};

/// How deep examples go: shapes that hold themselves end there.
const DEPTH: u32 = 20;

/// The form of what has examples.
const JSON: &str = "application/json";

/// Makes examples of the schemas of a document.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a>(Option<&'a Map<String, Value>>);

impl<'a> Examples<'a> {
    /// By the named schemas of a document.
    #[must_use]
    pub fn of(document: &'a Value) -> Self {
        Self(document["components"]["schemas"].as_object())
    }

    /// An example of a schema: its own, or one made of those of its parts.
    #[must_use]
    pub fn example(&self, schema: &Value) -> Value {
        self.within(schema, DEPTH).unwrap_or(Value::Null)
    }

    fn within(&self, schema: &Value, depth: u32) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        if let Some(own) = own_example(schema) {
            return Some(own);
        }
        if let Some(named) = reference(schema).and_then(|name| self.0?.get(name)) {
            return self.within(named, depth);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            return Some(self.all_of(parts, depth));
        }
        for several in ["oneOf", "anyOf"] {
            let parts = schema[several].as_array().into_iter().flatten();
            let mut parts = parts.filter(|part| part["type"] != "null");
            if let Some(found) = parts.find_map(|part| self.within(part, depth)) {
                return Some(found);
            }
        }
        match type_of(schema) {
            "object" => Some(self.object(schema, depth)),
            "array" => {
                let item = self.within(&schema["items"], depth);
                Some(Value::Array(item.into_iter().collect()))
            }
            "string" => Some(text(schema)),
            "integer" | "number" => Some(schema.get("minimum").cloned().unwrap_or(json!(1))),
            "boolean" => Some(json!(true)),
            // Of what may be anything.
            _ => Some(json!({})),
        }
    }

    /// The fields of all parts.
    fn all_of(&self, parts: &[Value], depth: u32) -> Value {
        let examples = parts.iter().filter_map(|part| self.within(part, depth));
        let objects = examples.filter_map(|example| match example {
            Value::Object(fields) => Some(fields),
            _ => None,
        });
        Value::Object(objects.flatten().collect())
    }

    fn object(&self, schema: &Value, depth: u32) -> Value {
        let properties = schema["properties"].as_object().into_iter().flatten();
        let fields = properties
            .filter_map(|(name, schema)| Some((name.clone(), self.within(schema, depth)?)));
        Value::Object(fields.collect())
    }
}

/// What a schema itself gives for an example.
#[must_use]
pub fn own_example(schema: &Value) -> Option<Value> {
    let first = |name: &str| schema[name].as_array().and_then(|list| list.first());
    let given = schema.get("example").or_else(|| first("examples"));
    given
        .or_else(|| schema.get("const"))
        .or_else(|| first("enum"))
        .cloned()
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"]
        .as_str()?
        .strip_prefix("#/components/schemas/")
}

/// The first type that is not null.
fn type_of(schema: &Value) -> &str {
    match &schema["type"] {
        Value::Array(several) => {
            let mut several = several.iter().filter_map(Value::as_str);
            several.find(|name| *name != "null").unwrap_or_default()
        }
        Value::String(one) => one,
        _ if schema["properties"].is_object() => "object",
        _ => "",
    }
}

fn text(schema: &Value) -> Value {
    let may_be_null = schema["type"]
        .as_array()
        .is_some_and(|several| several.iter().any(|one| one == "null"));
    match schema["format"].as_str() {
        Some("date-time") => json!("2026-03-01T12:00:00Z"),
        Some("date") => json!("2026-03-01"),
        Some("uuid") => json!("7f0d7c34-8f0e-5d3b-8f0f-6b4e9a0c3b00"),
        Some("uri") => json!("https://github.com/rust-lang/rust/pull/1"),
        _ if may_be_null => Value::Null,
        _ => json!("…"),
    }
}

/// Gives every JSON that is answered to what succeeded an example, unless it has one.
pub fn show_examples(document: &mut OpenApi) {
    let described = serde_json::to_value(&*document).unwrap_or_default();
    let examples = Examples::of(&described);
    for item in document.paths.paths.values_mut() {
        for operation in operations(item) {
            show_answers(operation, examples);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let operations = [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.delete,
        &mut item.patch,
    ];
    operations.into_iter().flatten()
}

fn show_answers(operation: &mut Operation, examples: Examples<'_>) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else {
            continue;
        };
        let content = response.content.get_mut(JSON);
        let Some(RefOr::T(content)) = content.filter(|_| status.starts_with('2')) else {
            continue;
        };
        if content.example.is_none() {
            let schema = serde_json::to_value(&content.schema).unwrap_or_default();
            content.example = Some(examples.example(&schema));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_made_of_those_of_parts_and_end() {
        let document = json!({ "components": { "schemas": {
            "Node": { "type": "object", "properties": {
                "name": { "type": "string", "example": "root" },
                "rank": { "type": "integer", "minimum": 1 },
                "next": { "type": ["string", "null"] },
                "below": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } },
            }},
        }}});
        let examples = Examples::of(&document);
        let example = examples.example(&json!({ "$ref": "#/components/schemas/Node" }));
        assert_eq!(example["name"], "root");
        assert_eq!(example["rank"], 1);
        assert_eq!(example["next"], Value::Null);
        assert_eq!(example["below"][0]["name"], "root");
        assert!(example.to_string().len() < 500, "{example}");
    }

    #[test]
    fn what_is_put_together_has_the_fields_of_all_parts() {
        let document = json!({});
        let schema = json!({ "allOf": [
            { "type": "object", "properties": { "a": { "const": 1 } } },
            { "type": "object", "properties": { "b": { "enum": ["x", "y"] } } },
        ]});
        let example = Examples::of(&document).example(&schema);
        assert_eq!(example, json!({ "a": 1, "b": "x" }));
        let anything = json!({ "description": "What else is known." });
        assert_eq!(Examples::of(&document).example(&anything), json!({}));
    }
}
