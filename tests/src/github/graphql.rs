//! Pull requests as GraphQL gives them, from the same objects as over REST.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::state;

/// Answers a query for pull requests of one repository by aliased numbers.
pub(super) async fn answer(
    State(world): State<Arc<state::State>>,
    Json(body): Json<Value>,
) -> Response {
    let asked = asked(body["query"].as_str().unwrap_or_default());
    let part = |name| body["variables"][name].as_str().unwrap_or_default();
    let name = format!("{}/{}", part("owner"), part("name"));
    world.change(|world| {
        world.queries += 1;
        if asked.len() > world.most_queried {
            let error = json!({ "type": "RESOURCE_LIMITS_EXCEEDED", "message": "too much" });
            return Json(json!({ "data": null, "errors": [error] })).into_response();
        }
        let repository = world.find(&name).and_then(|id| world.repositories.get(&id));
        let Some(repository) = repository else {
            let error = json!({ "type": "NOT_FOUND", "path": ["repository"] });
            let data = json!({ "repository": null });
            return Json(json!({ "data": data, "errors": [error] })).into_response();
        };
        let (mut found, mut errors) = (Map::new(), Vec::new());
        for (alias, number) in asked {
            let object = repository.objects.get(&format!("pulls/{number}"));
            if object.is_none() {
                errors.push(json!({ "type": "NOT_FOUND", "path": ["repository", alias] }));
            }
            found.insert(alias, object.map_or(Value::Null, pull_request));
        }
        let mut answer = json!({ "data": { "repository": found } });
        if !errors.is_empty() {
            answer["errors"] = json!(errors);
        }
        Json(answer).into_response()
    })
}

/// The aliases of a query, and the numbers they stand for.
fn asked(query: &str) -> Vec<(String, u64)> {
    let lines = query.lines();
    lines
        .filter_map(|line| {
            let (alias, rest) = line.split_once(": pullRequest(number: ")?;
            let number = rest.split_once(')')?.0.parse().ok()?;
            Some((alias.trim().to_owned(), number))
        })
        .collect()
}

fn pull_request(object: &Value) -> Value {
    json!({
        "fullDatabaseId": object["id"].to_string(),
        "number": object["number"],
        "createdAt": object["created_at"],
        "closedAt": object["closed_at"],
        "merged": object["merged"],
        "mergedAt": object["merged_at"],
        "additions": object["additions"],
        "deletions": object["deletions"],
        "mergeCommit": { "oid": object["merge_commit_sha"] },
        "author": actor(&object["user"]),
        "mergedBy": actor(&object["merged_by"]),
    })
}

/// GraphQL does not mark the logins of bots.
fn actor(account: &Value) -> Value {
    let Some(login) = account["login"].as_str() else {
        return Value::Null;
    };
    json!({
        "__typename": account["type"],
        "login": login.trim_end_matches("[bot]"),
        "databaseId": account["id"],
    })
}
