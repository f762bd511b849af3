//! Answers with fewer fields than there are: `fields=meta,leaderboard.login`.
//!
//! Which fields there are is what the API's own description says of each
//! address, so the description cannot fall behind.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Query, Request};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::known::is_known;
use crate::problem::Problem;

/// The parameter.
pub(crate) const FIELDS: &str = "fields";

/// Fields by address.
static SELECTABLE: LazyLock<HashMap<String, BTreeSet<String>>> = LazyLock::new(|| {
    let document = serde_json::to_value(crate::routes::undecorated()).unwrap_or_default();
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .map(|(path, item)| (path.clone(), selectable(&document, &item["get"])))
        .filter(|(_, fields)| !fields.is_empty())
        .collect()
});

/// The fields that an operation's answers have, and after a dot those of each
/// that has some; none of what is no JSON.
pub(crate) fn selectable(document: &Value, operation: &Value) -> BTreeSet<String> {
    let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    let mut names = BTreeSet::new();
    for (name, field) in properties(document, schema) {
        let inner = properties(document, field);
        names.extend(inner.keys().map(|inner| format!("{name}.{inner}")));
        names.insert(name.to_owned());
    }
    names
}

/// The fields of an object, of each of several that it may be, or of the
/// elements of a list.
fn properties<'a>(document: &'a Value, schema: &'a Value) -> BTreeMap<&'a str, &'a Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        let place = reference.trim_start_matches('#');
        let named = document.pointer(place).unwrap_or(&Value::Null);
        return properties(document, named);
    }
    let own = schema["properties"].as_object().into_iter().flatten();
    let mut found: BTreeMap<&str, &Value> = own.map(|(name, at)| (name.as_str(), at)).collect();
    let several = ["allOf", "anyOf", "oneOf"].map(|word| schema[word].as_array());
    for one in several.into_iter().flatten().flatten() {
        found.extend(properties(document, one));
    }
    if !schema["items"].is_null() {
        found.extend(properties(document, &schema["items"]));
    }
    found
}

/// What was asked for: of each field some of its own, or all of it.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
struct Selection(BTreeMap<String, Option<BTreeSet<String>>>);

impl Selection {
    fn read(given: &str, known: &BTreeSet<String>) -> Result<Self, Problem> {
        let mut selection = Self::default();
        for name in given.split(',') {
            if !known.contains(name) {
                let known: Vec<&str> = known.iter().map(String::as_str).collect();
                let advice = format!("use some of these, with commas: {}", known.join(", "));
                return Err(Problem::parameter(FIELDS, name, advice));
            }
            match name.split_once('.') {
                None => drop(selection.0.insert(name.to_owned(), None)),
                Some((outer, inner)) => {
                    let some = selection.0.entry(outer.to_owned());
                    let some = some.or_insert_with(|| Some(BTreeSet::new()));
                    if let Some(some) = some {
                        some.insert(inner.to_owned());
                    }
                }
            }
        }
        Ok(selection)
    }

    fn apply(&self, answer: &mut Map<String, Value>) {
        answer.retain(|name, _| self.0.contains_key(name));
        for (name, value) in answer {
            if let Some(Some(some)) = self.0.get(name) {
                keep(some, value);
            }
        }
    }

    /// The validator of the answer that only this is left of.
    fn etag(&self, of_all: &HeaderValue) -> Option<HeaderValue> {
        let of_all = of_all.to_str().ok()?.strip_suffix('"')?;
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        HeaderValue::from_str(&format!("{of_all}-{:016x}\"", hasher.finish())).ok()
    }
}

/// Leaves an object, or every object of a list, only some fields.
fn keep(some: &BTreeSet<String>, value: &mut Value) {
    match value {
        Value::Object(fields) => fields.retain(|name, _| some.contains(name)),
        Value::Array(values) => values.iter_mut().for_each(|value| keep(some, value)),
        _ => {}
    }
}

/// Answers with the fields that were asked for.
pub(crate) async fn select_fields(request: Request, next: Next) -> Response {
    let known = fields_of(&request);
    let Some(known) = known.filter(|_| request.method() != Method::POST) else {
        return next.run(request).await;
    };
    match take_selection(request.uri(), known) {
        Ok(None) => next.run(request).await,
        Ok(Some((selection, uri))) => answer_some(&selection, uri, request, next).await,
        Err(problem) => problem.into_response(),
    }
}

fn fields_of(request: &Request) -> Option<&'static BTreeSet<String>> {
    // Most requests have no such parameter.
    request
        .uri()
        .query()
        .filter(|query| query.contains(FIELDS))?;
    let path = request.extensions().get::<MatchedPath>()?;
    SELECTABLE.get(path.as_str())
}

/// The selection, and the address without it.
fn take_selection(
    uri: &Uri,
    known: &BTreeSet<String>,
) -> Result<Option<(Selection, Uri)>, Problem> {
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else {
        // What is wrong with it, whoever reads the others says.
        return Ok(None);
    };
    let mut given = pairs.iter().filter(|(name, _)| name == FIELDS);
    let Some((_, wanted)) = given.next() else {
        return Ok(None);
    };
    if given.next().is_some() {
        let advice = "give it once, with commas between the fields";
        return Err(Problem::parameter(FIELDS, wanted, advice));
    }
    let selection = Selection::read(wanted, known)?;
    let others = uri.query().unwrap_or_default().split('&');
    let others = others.filter(|pair| pair.split('=').next() != Some(FIELDS));
    let others: Vec<&str> = others.collect();
    let address = format!("{}?{}", uri.path(), others.join("&"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = address.trim_end_matches('?').parse::<PathAndQuery>().ok();
    Ok(Uri::from_parts(parts).ok().map(|uri| (selection, uri)))
}

async fn answer_some(
    selection: &Selection,
    uri: Uri,
    mut request: Request,
    next: Next,
) -> Response {
    *request.uri_mut() = uri;
    // Only what is left is compared with what the reader has.
    let asked = request.headers().clone();
    request.headers_mut().remove(header::IF_NONE_MATCH);
    let (mut parts, body) = next.run(request).await.into_parts();
    if parts.status != StatusCode::OK {
        return Response::from_parts(parts, body);
    }
    // Answers of JSON are whole before they are sent.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Problem::internal(&BrokenOff).into_response();
    };
    let Ok(Value::Object(mut answer)) = serde_json::from_slice(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    selection.apply(&mut answer);
    parts.headers.remove(header::CONTENT_LENGTH);
    let etag = parts.headers.get(header::ETAG);
    if let Some(etag) = etag.and_then(|of_all| selection.etag(of_all)) {
        if is_known(&asked, &etag) {
            parts.status = StatusCode::NOT_MODIFIED;
            parts.headers.insert(header::ETAG, etag);
            return Response::from_parts(parts, Body::empty());
        }
        parts.headers.insert(header::ETAG, etag);
    }
    Response::from_parts(parts, Body::from(Value::Object(answer).to_string()))
}

/// What the log says of an answer that ended too early.
#[derive(Debug, thiserror::Error)]
#[error("an answer of which some fields were wanted was broken off")]
struct BrokenOff;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known() -> BTreeSet<String> {
        let document = json!({ "components": { "schemas": {
            "Board": { "properties": {
                "leaderboard": { "type": "array", "items": { "$ref": "#/components/schemas/Row" } },
                "meta": { "oneOf": [{ "type": "null" }, { "properties": { "period": {} } }] },
            }},
            "Row": { "properties": { "login": {}, "rank": {} } },
        }}});
        let schema = json!({ "$ref": "#/components/schemas/Board" });
        let content = json!({ "application/json": { "schema": schema } });
        selectable(
            &document,
            &json!({ "responses": { "200": { "content": content } } }),
        )
    }

    #[test]
    fn fields_are_those_of_the_description_and_those_within_them() {
        let names: Vec<String> = known().into_iter().collect();
        assert_eq!(
            names,
            [
                "leaderboard",
                "leaderboard.login",
                "leaderboard.rank",
                "meta",
                "meta.period"
            ]
        );
    }

    #[test]
    fn an_answer_is_left_what_was_asked_for() {
        let left = |fields: &str| {
            let answer = json!({
                "leaderboard": [{ "login": "ada", "rank": 1 }, { "login": "bob", "rank": 2 }],
                "meta": { "period": "all" },
            });
            let Value::Object(mut answer) = answer else {
                panic!("no object")
            };
            Selection::read(fields, &known())
                .unwrap()
                .apply(&mut answer);
            Value::Object(answer)
        };
        assert_eq!(left("meta"), json!({ "meta": { "period": "all" } }));
        assert_eq!(
            left("leaderboard.login"),
            json!({ "leaderboard": [{ "login": "ada" }, { "login": "bob" }] })
        );
        let all = left("leaderboard.rank,leaderboard,meta.period");
        assert_eq!(all["leaderboard"][1], json!({ "login": "bob", "rank": 2 }));
        let unknown = Selection::read("leaderboard.logn", &known()).unwrap_err();
        assert!(
            unknown.detail.contains("leaderboard.login, "),
            "{}",
            unknown.detail
        );
    }

    #[test]
    fn the_address_goes_on_without_them() {
        let uri: Uri = "/a?period=2016&fields=meta%2Cleaderboard&limit=3"
            .parse()
            .unwrap();
        let (selection, left) = take_selection(&uri, &known()).unwrap().unwrap();
        assert_eq!(left, "/a?period=2016&limit=3");
        assert_eq!(selection.0.len(), 2);
        let twice: Uri = "/a?fields=meta&fields=meta".parse().unwrap();
        assert!(take_selection(&twice, &known()).is_err());
        let alone: Uri = "/a?fields=meta".parse().unwrap();
        assert_eq!(take_selection(&alone, &known()).unwrap().unwrap().1, "/a");
    }

    #[test]
    fn validators_hang_on_the_fields() {
        let of_all = HeaderValue::from_static("W/\"abc\"");
        let some = |fields| {
            Selection::read(fields, &known())
                .unwrap()
                .etag(&of_all)
                .unwrap()
        };
        assert_ne!(some("meta"), some("leaderboard"));
        assert_eq!(some("meta.period"), some("meta.period"));
        assert!(some("meta").to_str().unwrap().starts_with("W/\"abc-"));
    }
}
