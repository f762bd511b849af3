//! What a change of an OpenAPI document takes from those who rely on it:
//! operations, parameters, fields of answers; or asks of them anew.
//!
//! Forms of texts and their lengths are not compared: they say more exactly
//! what was right before. Nor are new words in answers: clients must expect
//! new kinds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// How deep schemas are followed; those that hold themselves have no end.
const DEEPEST: usize = 12;

/// Everything by which clients of one document would fail with another.
pub(crate) fn breaks(before: &Value, after: &Value) -> Vec<String> {
    let mut comparison = Comparison {
        before,
        after,
        found: BTreeSet::new(),
    };
    for (path, item) in entries(&before["paths"]) {
        for (method, operation) in entries(item) {
            let name = format!("{} {path}", method.to_uppercase());
            match &after["paths"][path][method] {
                Value::Null => comparison.found(&name, "is gone"),
                now => comparison.operations(&name, operation, now),
            }
        }
    }
    comparison.found.into_iter().collect()
}

struct Comparison<'a> {
    before: &'a Value,
    after: &'a Value,
    found: BTreeSet<String>,
}

/// Which way values go: what is sent may be more than it was, what is answered
/// may be less, as far as types are concerned.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Sent,
    Answered,
}

impl Comparison<'_> {
    fn found(&mut self, place: &str, what: &str) {
        self.found.insert(format!("{place} {what}"));
    }

    fn operations(&mut self, name: &str, before: &Value, after: &Value) {
        self.parameters(name, before, after);
        let body = |operation: &Value| operation["requestBody"]["content"].clone();
        self.contents(
            &format!("{name}: the body"),
            Way::Sent,
            &body(before),
            &body(after),
        );
        let needs = |operation: &Value| operation["requestBody"]["required"] == true;
        if needs(after) && !needs(before) {
            self.found(&format!("{name}: the body"), "is required now");
        }
        for (status, response) in entries(&before["responses"]) {
            if !status.starts_with('2') {
                continue;
            }
            let place = format!("{name}: the answer {status}");
            match &after["responses"][status] {
                Value::Null => self.found(&place, "is gone"),
                now => self.contents(&place, Way::Answered, &response["content"], &now["content"]),
            }
        }
    }

    fn parameters(&mut self, name: &str, before: &Value, after: &Value) {
        let (before, after) = (parameters(before), parameters(after));
        for (key, parameter) in &before {
            let place = format!("{name}: the parameter {}", key.1);
            match after.get(key) {
                None => self.found(&place, "is gone"),
                Some(now) => {
                    if now["required"] == true && parameter["required"] != true {
                        self.found(&place, "is required now");
                    }
                    let (before, after) = (&parameter["schema"], &now["schema"]);
                    self.schemas(&place, Way::Sent, before, after, 0);
                }
            }
        }
        for (key, parameter) in after {
            if parameter["required"] == true && !before.contains_key(&key) {
                let place = format!("{name}: the parameter {}", key.1);
                self.found(&place, "is new and required");
            }
        }
    }

    fn contents(&mut self, place: &str, way: Way, before: &Value, after: &Value) {
        for (form, content) in entries(before) {
            match &after[form] {
                Value::Null => self.found(place, &format!("is no {form} any more")),
                now => self.schemas(place, way, &content["schema"], &now["schema"], 0),
            }
        }
    }

    fn schemas(&mut self, place: &str, way: Way, before: &Value, after: &Value, depth: usize) {
        if depth > DEEPEST || before.is_null() {
            return;
        }
        let (before, after) = (Shape::of(self.before, before), Shape::of(self.after, after));
        let (from, to) = match way {
            Way::Sent => (&before, &after),
            Way::Answered => (&after, &before),
        };
        if !from.types.is_subset(&to.types) && !to.types.is_empty() {
            let (before, after) = (&before.types, &after.types);
            self.found(place, &format!("was of {before:?} and is of {after:?}"));
        }
        if way == Way::Sent {
            self.limits(place, &before, &after);
        }
        for (field, schema) in &before.fields {
            let place = format!("{place}, {field}");
            match after.fields.get(field) {
                None => self.found(&place, "is gone"),
                Some(now) => self.schemas(&place, way, schema, now, depth + 1),
            }
        }
        let required = match way {
            Way::Sent => after.required.difference(&before.required),
            Way::Answered => before.required.difference(&after.required),
        };
        for field in required.filter(|field| after.fields.contains_key(*field)) {
            let what = match way {
                Way::Sent => "is required now",
                Way::Answered => "may be missing now",
            };
            self.found(&format!("{place}, {field}"), what);
        }
        if let Some((before, after)) = before.items.as_ref().zip(after.items.as_ref()) {
            self.schemas(&format!("{place}, each"), way, before, after, depth + 1);
        }
    }

    fn limits(&mut self, place: &str, before: &Shape, after: &Shape) {
        if let Some(now) = &after.words {
            let gone = before
                .words
                .iter()
                .flatten()
                .filter(|word| !now.contains(*word));
            for word in gone.collect::<Vec<_>>() {
                self.found(place, &format!("may not be {word} any more"));
            }
        }
        let narrower = [
            (before.least, after.least, 1.0, "least"),
            (before.most, after.most, -1.0, "most"),
        ];
        for (before, after, sign, end) in narrower {
            if before
                .zip(after)
                .is_some_and(|(before, after)| sign * after > sign * before)
            {
                self.found(place, &format!("has another {end}"));
            }
        }
    }
}

/// What a schema comes to, whatever references and choices it is made of.
#[derive(Default)]
struct Shape {
    types: BTreeSet<String>,
    words: Option<BTreeSet<String>>,
    fields: BTreeMap<String, Value>,
    required: BTreeSet<String>,
    items: Option<Value>,
    least: Option<f64>,
    most: Option<f64>,
}

impl Shape {
    fn of(document: &Value, schema: &Value) -> Self {
        let mut shape = Self::default();
        shape.take(document, schema, 0);
        shape
    }

    fn take(&mut self, document: &Value, schema: &Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let pointed = document.pointer(reference.trim_start_matches('#'));
            return self.take(document, pointed.unwrap(), depth + 1);
        }
        for choice in ["allOf", "anyOf", "oneOf"] {
            for one in schema[choice].as_array().into_iter().flatten() {
                self.take(document, one, depth + 1);
            }
        }
        match &schema["type"] {
            Value::String(one) => _ = self.types.insert(one.clone()),
            Value::Array(several) => self.types.extend(several.iter().map(word)),
            _ => {}
        }
        if let Some(words) = schema["enum"].as_array() {
            self.words
                .get_or_insert_default()
                .extend(words.iter().map(word));
        }
        let fields = entries(&schema["properties"]);
        self.fields
            .extend(fields.map(|(name, field)| (name.clone(), field.clone())));
        let required = schema["required"].as_array().into_iter().flatten();
        self.required.extend(required.map(word));
        if !schema["items"].is_null() {
            self.items = Some(schema["items"].clone());
        }
        self.least = self.least.or(schema["minimum"].as_f64());
        self.most = self.most.or(schema["maximum"].as_f64());
    }
}

fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Parameters by where they stand and what they are called.
fn parameters(operation: &Value) -> BTreeMap<(String, String), &Value> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters
        .map(|one| ((word(&one["in"]), word(&one["name"])), one))
        .collect()
}

/// A small document with something of everything.
fn promised() -> Value {
    json!({
        "paths": { "/boards": {
            "get": {
                "parameters": [
                    { "name": "class", "in": "query", "schema": { "type": "string", "enum": ["human", "bot"] } },
                    { "name": "limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "maximum": 200 } },
                ],
                "responses": { "200": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Board" } } } } },
            },
            "post": {
                "requestBody": { "content": { "application/json": { "schema": { "type": "object", "properties": { "reason": { "type": "string" } } } } } },
                "responses": { "204": { "description": "Done." } },
            },
        } },
        "components": { "schemas": {
            "Board": { "type": "object", "required": ["rows", "next"], "properties": {
                "rows": { "type": "array", "items": { "$ref": "#/components/schemas/Row" } },
                "next": { "oneOf": [{ "type": "null" }, { "type": "string" }] },
            } },
            "Row": { "type": "object", "required": ["rank"], "properties": { "rank": { "type": "integer" }, "board": { "$ref": "#/components/schemas/Board" } } },
        } },
    })
}

#[test]
fn what_breaks_clients_is_found() {
    let board = "/components/schemas/Board";
    let get = "/paths/~1boards/get";
    let post = "/paths/~1boards/post";
    let cases = [
        (json!({}), "/paths".to_owned(), "GET /boards is gone"),
        (
            json!([]),
            format!("{get}/parameters"),
            "the parameter limit is gone",
        ),
        (
            json!(true),
            format!("{get}/parameters/0/required"),
            "the parameter class is required now",
        ),
        (
            json!(["human"]),
            format!("{get}/parameters/0/schema/enum"),
            "may not be bot any more",
        ),
        (
            json!(100),
            format!("{get}/parameters/1/schema/maximum"),
            "has another most",
        ),
        (
            json!("string"),
            format!("{get}/parameters/1/schema/type"),
            "the parameter limit was of",
        ),
        (
            json!({ "name": "org", "in": "query", "required": true }),
            format!("{get}/parameters/0"),
            "the parameter org is new and required",
        ),
        (
            json!({}),
            format!("{get}/responses"),
            "the answer 200 is gone",
        ),
        (
            json!({}),
            format!("{get}/responses/200/content"),
            "is no application/json any more",
        ),
        (
            json!({ "rows": {} }),
            format!("{board}/properties"),
            "the answer 200, next is gone",
        ),
        (
            json!(["rows"]),
            format!("{board}/required"),
            "next may be missing now",
        ),
        (
            json!({ "type": "integer" }),
            format!("{board}/properties/next/oneOf/1"),
            "next was of",
        ),
        (
            json!({}),
            "/components/schemas/Row/properties".to_owned(),
            "rows, each, rank is gone",
        ),
        (
            json!(["reason"]),
            format!("{post}/requestBody/content/application~1json/schema/required"),
            "the body, reason is required now",
        ),
        (
            json!({}),
            format!("{post}/requestBody/content/application~1json/schema/properties"),
            "the body, reason is gone",
        ),
        (
            json!(true),
            format!("{post}/requestBody/required"),
            "the body is required now",
        ),
    ];
    let before = promised();
    for (change, place, expected) in cases {
        let found = breaks(&before, &changed(&before, &place, change)).join("\n");
        assert!(found.contains(expected), "{place}: {found:?}");
    }
}

#[test]
fn what_is_only_more_breaks_nobody() {
    let get = "/paths/~1boards/get";
    let cases = [
        (json!({ "get": {} }), "/paths/~1groups".to_owned()),
        (
            json!(["human", "bot", "agent"]),
            format!("{get}/parameters/0/schema/enum"),
        ),
        (json!(1_000), format!("{get}/parameters/1/schema/maximum")),
        (
            json!("^[a-z]+$"),
            format!("{get}/parameters/0/schema/pattern"),
        ),
        (
            json!({ "type": "string" }),
            "/components/schemas/Row/properties/name".to_owned(),
        ),
        (
            json!({ "type": "string" }),
            "/components/schemas/Board/properties/next".to_owned(),
        ),
        (
            json!({ "description": "No." }),
            format!("{get}/responses/404"),
        ),
    ];
    let before = promised();
    assert!(breaks(&before, &before).is_empty());
    for (change, place) in cases {
        let found = breaks(&before, &changed(&before, &place, change));
        assert!(found.is_empty(), "{place}: {found:?}");
    }
}

/// A document with something put in the place of what was there.
fn changed(document: &Value, place: &str, change: Value) -> Value {
    let mut document = document.clone();
    let (above, name) = place.rsplit_once('/').unwrap();
    let above = document.pointer_mut(above).unwrap();
    match above {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = change,
        other => other[name.replace("~1", "/")] = change,
    }
    document
}
