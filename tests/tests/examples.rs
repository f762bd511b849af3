//! Every answer that the descriptions of the APIs promise has an example, and the
//! example is what is promised.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use tests::workspace;

const DOCUMENTS: [&str; 2] = ["docs/openapi.json", "docs/openapi.commands.json"];

/// The form of what has examples.
const JSON: &str = "application/json";

fn document(path: &str) -> Value {
    let text = std::fs::read_to_string(workspace().join(path)).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// What each operation answers where it succeeds, as JSON: what is asked, and what is
/// said of the answer.
fn answers(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let operations = item.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    let answers = operations.flat_map(|(asked, operation)| {
        let responses = operation["responses"].as_object().unwrap().iter();
        let good = responses.filter(|(status, _)| status.starts_with('2'));
        good.filter_map(move |(status, response)| {
            let content = response["content"].get(JSON)?;
            Some((format!("{asked} {status}"), content))
        })
    });
    answers.collect()
}

/// What is wrong with the examples of a document.
fn faults(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (asked, content) in answers(document) {
        let Some(example) = content.get("example") else {
            faults.push(format!("{asked} has no example"));
            continue;
        };
        let mut schema = content["schema"].clone();
        schema["components"] = document["components"].clone();
        let validator = jsonschema::draft202012::options().should_validate_formats(true);
        let validator = validator.build(&schema).unwrap();
        for error in validator.iter_errors(example) {
            faults.push(format!("{asked}: {} {error}", error.instance_path()));
        }
        if example.to_string().contains('…') {
            faults.push(format!("{asked} says nothing of some text: {example}"));
        }
    }
    faults
}

#[test]
fn every_answer_has_an_example_that_is_what_is_promised() {
    for path in DOCUMENTS {
        let document = document(path);
        assert!(answers(&document).len() > 20, "{path} promises something");
        let faults = faults(&document);
        assert!(faults.is_empty(), "{path}: {faults:#?}");
    }
}

#[test]
fn a_missing_and_a_wrong_example_are_found() {
    let answer = |example: Option<Value>| {
        let mut content = json!({ "schema": { "$ref": "#/components/schemas/Place" } });
        if let Some(example) = example {
            content["example"] = example;
        }
        json!({
            "components": { "schemas": { "Place": {
                "type": "object", "required": ["rank"],
                "properties": { "rank": { "type": "integer", "minimum": 1 } },
            }}},
            "paths": { "/place": { "get": {
                "responses": { "200": { "content": { JSON: content } } },
            }}},
        })
    };
    assert_eq!(
        faults(&answer(Some(json!({ "rank": 1 })))),
        [] as [String; 0]
    );
    assert_eq!(faults(&answer(None)), ["get /place 200 has no example"]);
    for wrong in [json!({}), json!({ "rank": 0 }), json!({ "rank": "first" })] {
        assert_eq!(faults(&answer(Some(wrong))).len(), 1);
    }
}
