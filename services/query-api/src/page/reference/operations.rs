//! Addresses of the API, by what they are about.

use openapi::Examples;
use serde_json::Value;

use super::schema::{Field, Word, field, plain};
use super::text::{self, Text};
use crate::addresses::path_segment;
use crate::problem::ProblemKind;

/// The form of what is sent and answered.
const JSON: &str = "application/json";

/// The form of problems; they are told of in one place.
const PROBLEM: &str = "application/problem+json";

/// Most lines of an example; what is longer goes on as it began.
const LONGEST_EXAMPLE: usize = 120;

/// Addresses about one thing.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) about: Text,
    pub(super) operations: Vec<Operation>,
}

/// One address and method.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) summary: String,
    pub(super) about: Text,
    pub(super) parameters: Vec<Parameter>,
    /// What is sent, if anything is.
    pub(super) body: Vec<Word>,
    pub(super) answers: Vec<Answer>,
    pub(super) request: String,
    pub(super) example: Option<String>,
}

/// A parameter of path or query.
pub(super) struct Parameter {
    pub(super) place: String,
    pub(super) field: Field,
}

/// What may be answered.
pub(super) struct Answer {
    pub(super) status: String,
    pub(super) about: Text,
    pub(super) form: String,
    pub(super) kind: Vec<Word>,
    /// The kinds of problems that are told with this status.
    pub(super) problems: Vec<ProblemKind>,
}

/// All addresses, in the order of the document's tags. `problems` are the
/// kinds of problems that are documented.
pub(super) fn groups(
    document: &Value,
    examples: Examples<'_>,
    origin: &str,
    problems: &[ProblemKind],
) -> Vec<Group> {
    let tags = document["tags"].as_array().into_iter().flatten();
    let groups = tags.map(|tag| {
        let name = plain(&tag["name"]);
        let paths = document["paths"].as_object().into_iter().flatten();
        let all = paths.flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| (path, method, operation))
        });
        let own = all.filter(|(.., operation)| operation["tags"][0] == name.as_str());
        let operations = own
            .map(|(path, method, said)| operation((method, path), said, examples, origin, problems))
            .collect();
        Group {
            about: text::read(tag["description"].as_str().unwrap_or_default()),
            name,
            operations,
        }
    });
    groups
        .filter(|group| !group.operations.is_empty())
        .collect()
}

fn operation(
    (method, path): (&str, &str),
    said: &Value,
    examples: Examples<'_>,
    origin: &str,
    problems: &[ProblemKind],
) -> Operation {
    let answers = said["responses"].as_object().into_iter().flatten();
    let body = &said["requestBody"]["content"][JSON]["schema"];
    let body_example = (!body.is_null()).then(|| examples.example(body));
    let answer = said["responses"]["200"]["content"][JSON].get("example");
    Operation {
        id: plain(&said["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: said["summary"].as_str().unwrap_or_default().to_owned(),
        about: text::read(said["description"].as_str().unwrap_or_default()),
        parameters: parameters(said).map(parameter).collect(),
        body: if body.is_null() {
            Vec::new()
        } else {
            field("", true, body).kind
        },
        answers: answers
            .map(|(status, said)| answer_of(status, said, problems))
            .collect(),
        request: request(origin, (method, path), said, body_example.as_ref()),
        example: answer.map(indented),
    }
}

fn parameters(said: &Value) -> impl Iterator<Item = &Value> {
    said["parameters"].as_array().into_iter().flatten()
}

fn parameter(said: &Value) -> Parameter {
    let name = plain(&said["name"]);
    let mut field = field(&name, said["required"] == true, &said["schema"]);
    if let Some(about) = said["description"].as_str() {
        field.about = text::read(about);
    }
    field.example = said.get("example").map(plain).or(field.example);
    Parameter {
        place: plain(&said["in"]),
        field,
    }
}

fn answer_of(status: &str, said: &Value, problems: &[ProblemKind]) -> Answer {
    let content = said["content"].as_object().into_iter().flatten().next();
    let (form, schema) = content.map_or(("", &Value::Null), |(form, said)| {
        (form.as_str(), &said["schema"])
    });
    let is_problem = form == PROBLEM;
    let kinds = problems.iter().copied();
    let kinds = kinds.filter(|kind| is_problem && kind.status().as_str() == status);
    Answer {
        status: status.to_owned(),
        about: text::read(said["description"].as_str().unwrap_or_default()),
        form: form.to_owned(),
        kind: if is_problem || schema.is_null() {
            Vec::new()
        } else {
            field("", true, schema).kind
        },
        problems: kinds.collect(),
    }
}

/// How to ask, with the examples of parameters that must be there and of the
/// first that need not.
fn request(
    origin: &str,
    (method, path): (&str, &str),
    said: &Value,
    body: Option<&Value>,
) -> String {
    let mut address = path.to_owned();
    let mut query = Vec::new();
    for parameter in parameters(said) {
        let name = plain(&parameter["name"]);
        let example = parameter
            .get("example")
            .or_else(|| parameter["schema"].get("default"));
        let Some(example) = example.map(plain) else {
            continue;
        };
        if parameter["in"] == "path" {
            address = address.replace(&format!("{{{name}}}"), &path_segment(&example));
        } else if query.len() < 2 || parameter["required"] == true {
            query.push(format!("{name}={}", path_segment(&example)));
        }
    }
    let mark = if query.is_empty() { "" } else { "?" };
    let query = query.join("&");
    let with = match method {
        "get" | "post" => String::new(),
        other => format!("-X {} ", other.to_uppercase()),
    };
    let mut asked = format!("curl {with}'{origin}{address}{mark}{query}'");
    if needs_key(said) {
        asked.push_str(" \\\n  -H \"Authorization: Bearer $KEY\"");
    }
    match body {
        Some(body) => format!(
            "{asked} \\\n  -H 'Content-Type: application/json' \\\n  -d '{}'",
            indented(body)
        ),
        None => asked,
    }
}

/// Whether nobody is answered without a key.
fn needs_key(said: &Value) -> bool {
    let ways = said["security"].as_array().into_iter().flatten();
    let mut ways = ways.map(|way| way.as_object().is_none_or(|way| way.is_empty()));
    ways.clone().count() > 0 && ways.all(|is_open| !is_open)
}

/// JSON as people read it, cut where it gets long.
pub(super) fn indented(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let lines = text.lines().count();
    if lines <= LONGEST_EXAMPLE {
        return text;
    }
    let mut kept: Vec<&str> = text.lines().take(LONGEST_EXAMPLE).collect();
    kept.push("…");
    kept.join("\n")
}
