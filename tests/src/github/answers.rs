//! How the stand-in answers, as GitHub documents it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::state::{self, Fault};
use crate::broken::broken_off;

type World = State<Arc<state::State>>;
type Parameters = Query<HashMap<String, String>>;

fn said(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

fn missing() -> Response {
    said(StatusCode::NOT_FOUND, "Not Found")
}

/// Faults, budgets and their headers around every answer; an answer that has
/// not changed costs nothing.
pub(super) async fn limit(State(world): World, request: Request, next: Next) -> Response {
    let now = world.now();
    let token = request
        .headers()
        .get("authorization")
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let mut token = token.unwrap_or("anonymous").to_owned();
    let is_query = request.uri().path() == "/graphql";
    if is_query && (token == "anonymous" || token == "revoked") {
        return said(StatusCode::UNAUTHORIZED, "Bad credentials");
    }
    if is_query {
        token.push_str(" for GraphQL");
    }
    let (fault, (left, resets_at)) = world.change(|world| {
        world.requests += 1;
        (world.fault(), world.left(&token, now))
    });
    if token == "revoked" {
        return said(StatusCode::UNAUTHORIZED, "Bad credentials");
    }
    let mut response = match fault {
        Some(Fault::BadGateway) => return said(StatusCode::BAD_GATEWAY, "Server Error"),
        Some(Fault::TooMany) => said(
            StatusCode::TOO_MANY_REQUESTS,
            "You have exceeded a secondary rate limit",
        ),
        Some(Fault::Silence) => return std::future::pending().await,
        Some(Fault::Half) => return broken_off(next.run(request).await),
        Some(
            fault @ (Fault::SecondaryLimit { retry_after } | Fault::TooManyFor { retry_after }),
        ) => {
            let message = "You have exceeded a secondary rate limit";
            let status = match fault {
                Fault::SecondaryLimit { .. } => StatusCode::FORBIDDEN,
                _ => StatusCode::TOO_MANY_REQUESTS,
            };
            let mut response = said(status, message);
            let headers = response.headers_mut();
            headers.insert("retry-after", HeaderValue::from(retry_after));
            response
        }
        None if left == 0 && is_query => {
            let error = json!({ "type": "RATE_LIMITED", "message": "API rate limit exceeded" });
            Json(json!({ "errors": [error] })).into_response()
        }
        None if left == 0 => said(StatusCode::FORBIDDEN, "API rate limit exceeded"),
        None => {
            let asked = request.headers().get("if-none-match").cloned();
            let response = next.run(request).await;
            let tag = response.headers().get("etag").cloned();
            if asked.is_some() && asked == tag {
                StatusCode::NOT_MODIFIED.into_response()
            } else {
                world.change(|world| world.charge(&token));
                response
            }
        }
    };
    let (left, _) = world.change(|world| world.left(&token, now));
    let headers = response.headers_mut();
    headers.insert("x-ratelimit-remaining", HeaderValue::from(left));
    headers.insert(
        "x-ratelimit-reset",
        HeaderValue::from(resets_at.timestamp()),
    );
    response
}

pub(super) async fn repository_by_id(State(world): World, Path(id): Path<u64>) -> Response {
    world.look(|world| match world.repositories.get(&id) {
        Some(found) => Json(json!({ "id": id, "full_name": found.name })).into_response(),
        None => missing(),
    })
}

pub(super) async fn repository(
    State(world): World,
    Path((owner, name)): Path<(String, String)>,
) -> Response {
    let name = format!("{owner}/{name}");
    world.look(|world| match world.find(&name) {
        Some(id) => {
            let full_name = &world.repositories[&id].name;
            Json(json!({ "id": id, "full_name": full_name })).into_response()
        }
        None => match world.former_names.get(&name.to_lowercase()) {
            Some(id) => moved(&format!("/repositories/{id}")),
            None => missing(),
        },
    })
}

fn moved(path: &str) -> Response {
    let mut response = Redirect::permanent(path).into_response();
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    response
}

/// A page of a list, with its validator and a link to the next.
fn page(all: &[Value], parameters: &HashMap<String, String>, most: usize) -> Response {
    let number = |name: &str, otherwise: usize| {
        let given = parameters.get(name).and_then(|text| text.parse().ok());
        given.unwrap_or(otherwise).max(1)
    };
    let (per_page, number) = (number("per_page", 30).min(100), number("page", 1));
    let begin = (number - 1) * per_page;
    if begin >= most {
        let message =
            "In order to keep the API fast for everyone, pagination is limited for this resource.";
        return said(StatusCode::UNPROCESSABLE_ENTITY, message);
    }
    let all = &all[..all.len().min(most)];
    let shown: Vec<&Value> = all.iter().skip(begin).take(per_page).collect();
    let mut hasher = DefaultHasher::new();
    json!(shown).to_string().hash(&mut hasher);
    let mut response = Json(json!(shown)).into_response();
    let headers = response.headers_mut();
    let tag = HeaderValue::from_str(&format!("W/\"{:x}\"", hasher.finish()));
    headers.extend(tag.ok().map(|tag| (axum::http::header::ETAG, tag)));
    if begin + per_page < all.len() {
        let link = HeaderValue::from_static("<next>; rel=\"next\", <last>; rel=\"last\"");
        headers.insert("link", link);
    }
    response
}

pub(super) async fn events(
    State(world): World,
    Path((owner, name)): Path<(String, String)>,
    Query(parameters): Parameters,
) -> Response {
    world.look(|world| {
        let Some(id) = world.find(&format!("{owner}/{name}")) else {
            return missing();
        };
        let mut response = page(&world.repositories[&id].feed, &parameters, 300);
        let interval = HeaderValue::from_static("60");
        response.headers_mut().insert("x-poll-interval", interval);
        response
    })
}

pub(super) async fn issues(
    State(world): World,
    Path((owner, name)): Path<(String, String)>,
    Query(parameters): Parameters,
) -> Response {
    world.look(|world| {
        let Some(id) = world.find(&format!("{owner}/{name}")) else {
            return missing();
        };
        let instant = |text: &str| text.parse::<DateTime<Utc>>().ok();
        let since = parameters.get("since").and_then(|text| instant(text));
        let updated = |issue: &Value| issue["updated_at"].as_str().and_then(instant);
        let mut found = world.repositories[&id].issues.clone();
        found.retain(|issue| updated(issue) >= since);
        found.sort_by_key(updated);
        page(&found, &parameters, usize::MAX)
    })
}

fn object(world: &World, name: &str, path: &str) -> Response {
    world.look(|world| {
        let repository = world.find(name).and_then(|id| world.repositories.get(&id));
        match repository.and_then(|repository| repository.objects.get(path)) {
            Some(object) => Json(object).into_response(),
            None => missing(),
        }
    })
}

pub(super) async fn pull(
    world: World,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Response {
    world.change(|world| world.pulls += 1);
    object(
        &world,
        &format!("{owner}/{name}"),
        &format!("pulls/{number}"),
    )
}

pub(super) async fn commit(
    world: World,
    Path((owner, name, sha)): Path<(String, String, String)>,
) -> Response {
    let path = format!("commits/{sha}");
    let found = object(&world, &format!("{owner}/{name}"), &path);
    if found.status() != StatusCode::NOT_FOUND {
        return found;
    }
    // So says GitHub of any sha that it does not have.
    let message = format!("No commit found for SHA: {sha}");
    said(StatusCode::UNPROCESSABLE_ENTITY, &message)
}

/// Any other object.
pub(super) async fn other(
    world: World,
    Path((owner, name, path)): Path<(String, String, String)>,
) -> Response {
    object(&world, &format!("{owner}/{name}"), &path)
}

/// A comparison, its commits in pages.
pub(super) async fn compare(
    State(world): World,
    Path((owner, name, range)): Path<(String, String, String)>,
    Query(parameters): Parameters,
    _: HeaderMap,
) -> Response {
    world.look(|world| {
        let repository = world.find(&format!("{owner}/{name}"));
        let repository = repository.and_then(|id| world.repositories.get(&id));
        let path = format!("compare/{range}");
        let Some(found) = repository.and_then(|repository| repository.objects.get(&path)) else {
            return missing();
        };
        let commits = found["commits"].as_array().cloned().unwrap_or_default();
        let mut response = page(&commits, &parameters, usize::MAX);
        let number = |name: &str, otherwise: usize| {
            let given = parameters.get(name).and_then(|text| text.parse().ok());
            given.unwrap_or(otherwise)
        };
        let (per_page, page) = (number("per_page", 30), number("page", 1));
        let shown: Vec<_> = commits
            .iter()
            .skip((page - 1) * per_page)
            .take(per_page)
            .collect();
        let body = json!({
            "status": found["status"], "total_commits": commits.len(), "commits": shown,
        });
        let headers = std::mem::take(response.headers_mut());
        let mut answer = Json(body).into_response();
        answer
            .headers_mut()
            .extend(headers.into_iter().filter_map(|(name, value)| {
                let name = name?;
                (name != "content-length").then_some((name, value))
            }));
        answer
    })
}
