//! What the stand-in answers.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, Request, State as Extracted};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use super::TOKEN;
use super::evaluate::understand;
use super::state::{Fault, State, StoredJob, World};
use crate::broken::broken_off;

const MEBIBYTE: u64 = 1_024 * 1_024;

/// Refuses strangers, and fails when a fault is due.
pub(super) async fn limit(
    Extracted(state): Extracted<Arc<State>>,
    headers: HeaderMap,
    request: Request,
    next: Next,
) -> Response {
    let token = headers.get(header::AUTHORIZATION);
    let is_known =
        token.is_some_and(|token| token.as_bytes() == format!("Bearer {TOKEN}").as_bytes());
    if !is_known {
        return failure(401, "authError", "Invalid Credentials");
    }
    match state.change(World::fault) {
        None => next.run(request).await,
        Some(Fault::Html) => {
            let page = Html("<html><body>Service unavailable</body></html>");
            (StatusCode::SERVICE_UNAVAILABLE, page).into_response()
        }
        Some(Fault::TooMany) => {
            let body = json!({"error": {"code": 429, "message": "Too many requests"}});
            let wait = [(header::RETRY_AFTER, "30")];
            (StatusCode::TOO_MANY_REQUESTS, wait, Json(body)).into_response()
        }
        Some(Fault::RateLimit) => failure(403, "rateLimitExceeded", "Exceeded rate limits"),
        Some(Fault::Silence) => std::future::pending().await,
        Some(Fault::Half) => broken_off(next.run(request).await),
        Some(Fault::Denied) => failure(403, "accessDenied", "Access Denied"),
    }
}

/// `jobs.insert`, dry or not.
pub(super) async fn insert(
    Extracted(state): Extracted<Arc<State>>,
    Json(body): Json<Value>,
) -> Response {
    state.change(|world| {
        started(&body, world).unwrap_or_else(|fault| failure(fault.0, fault.1, &fault.2))
    })
}

fn started(body: &Value, world: &mut World) -> Result<Response, super::evaluate::Fault> {
    let missing = || {
        (
            400,
            "invalid",
            "Job configuration must have a query".to_owned(),
        )
    };
    let configuration = body.pointer("/configuration/query").ok_or_else(missing)?;
    let is_dry = body.pointer("/configuration/dryRun") == Some(&Value::Bool(true));
    let name = body.pointer("/jobReference/jobId").and_then(Value::as_str);
    let name = name.unwrap_or("unnamed").to_owned();
    if !is_dry && world.jobs.contains_key(&name) {
        return Err((
            409,
            "duplicate",
            format!("Already Exists: Job payer:US.{name}"),
        ));
    }
    let query = understand(configuration, world)?;
    let bytes = query.bytes();
    if is_dry {
        let answer = json!({
            "kind": "bigquery#job",
            "status": {"state": "DONE"},
            "statistics": {
                "totalBytesProcessed": bytes.to_string(),
                "query": {"totalBytesProcessed": bytes.to_string(), "totalBytesBilled": "0"},
            },
        });
        return Ok(Json(answer).into_response());
    }
    let billed = bytes.max(10 * MEBIBYTE).div_ceil(MEBIBYTE) * MEBIBYTE;
    let most = configuration
        .get("maximumBytesBilled")
        .and_then(Value::as_str);
    let most: Option<u64> = most.and_then(|most| most.parse().ok());
    let mut job = StoredJob {
        billed,
        looks: world.looks,
        error: None,
        rows: Some(query.rows()?),
    };
    if most.is_some_and(|most| billed > most) {
        let message = format!(
            "Query exceeded limit for bytes billed: {}",
            most.unwrap_or(0)
        );
        job.error = Some(("bytesBilledLimitExceeded".to_owned(), message));
        job.billed = 0;
    }
    if let Some(reason) = world.job_fault.take() {
        job.error = Some((reason, "as it was told to".to_owned()));
        job.billed = 0;
    }
    let answer = resource(&name, &job);
    world.jobs.insert(name, job);
    Ok(Json(answer).into_response())
}

fn resource(name: &str, job: &StoredJob) -> Value {
    let mut status = json!({"state": if job.looks > 0 { "RUNNING" } else { "DONE" }});
    if let (Some((reason, message)), 0, Some(status)) =
        (&job.error, job.looks, status.as_object_mut())
    {
        let error = json!({"reason": reason, "message": message});
        status.insert("errorResult".to_owned(), error.clone());
        status.insert("errors".to_owned(), json!([error]));
    }
    json!({
        "kind": "bigquery#job",
        "jobReference": {"projectId": "payer", "jobId": name, "location": "US"},
        "status": status,
        "statistics": {"query": {"totalBytesBilled": job.billed.to_string(), "cacheHit": false}},
    })
}

/// `jobs.get`.
pub(super) async fn job(
    Extracted(state): Extracted<Arc<State>>,
    Path((project, name)): Path<(String, String)>,
) -> Response {
    state.change(|world| match world.jobs.get_mut(&name) {
        Some(job) => {
            let answer = resource(&name, job);
            job.looks = job.looks.saturating_sub(1);
            Json(answer).into_response()
        }
        None => failure(404, "notFound", &format!("Not found: Job {project}:{name}")),
    })
}

/// `jobs.getQueryResults`.
pub(super) async fn results(
    Extracted(state): Extracted<Arc<State>>,
    Path((project, name)): Path<(String, String)>,
    Query(options): Query<HashMap<String, String>>,
) -> Response {
    let number = |option: &str| {
        options
            .get(option)
            .and_then(|text| text.parse::<usize>().ok())
    };
    state.look(|world| {
        let Some(job) = world.jobs.get(&name) else {
            return failure(404, "notFound", &format!("Not found: Job {project}:{name}"));
        };
        if job.looks > 0 {
            return Json(json!({"jobComplete": false})).into_response();
        }
        if let Some((reason, message)) = &job.error {
            return failure(400, reason, message);
        }
        let Some(rows) = &job.rows else {
            return failure(404, "notFound", "Not found: the results were deleted");
        };
        let first = number("pageToken").unwrap_or(0);
        let most = number("maxResults").unwrap_or(usize::MAX).min(world.page);
        let page: Vec<Value> = rows
            .iter()
            .skip(first)
            .take(most)
            .map(|columns| row(columns))
            .collect();
        let next = first + page.len();
        let mut answer = json!({
            "jobComplete": true, "totalRows": rows.len().to_string(), "rows": page,
        });
        if next < rows.len()
            && let Some(answer) = answer.as_object_mut()
        {
            answer.insert("pageToken".to_owned(), json!(next.to_string()));
        }
        Json(answer).into_response()
    })
}

fn row(columns: &[Option<String>]) -> Value {
    let cells: Vec<Value> = columns.iter().map(|column| json!({"v": column})).collect();
    json!({"f": cells})
}

fn failure(code: u16, reason: &str, message: &str) -> Response {
    let body = json!({"error": {
        "code": code, "message": message, "status": reason,
        "errors": [{"reason": reason, "message": message, "domain": "global"}],
    }});
    let status = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}
