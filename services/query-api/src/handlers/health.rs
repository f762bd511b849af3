//! Health, metrics and the description of the API: for machines that watch.

use std::time::Instant;

use axum::Json;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::SharedApi;
use crate::api::Api;
use crate::queries::projections::projections;
use crate::queries::snapshot::Snapshot;

/// How a service is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, or `unavailable` when something it needs is not there.
    #[schema(example = "ok")]
    status: &'static str,
    /// What it needs.
    dependencies: Vec<Dependency>,
}

/// Something the service needs.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Dependency {
    /// Its name.
    #[schema(example = "database")]
    name: &'static str,
    /// Whether it can be used.
    available: bool,
    /// Whether nothing works without it.
    required: bool,
    /// How long it took to find out.
    milliseconds: u64,
    /// What is wrong with it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// Whether the process runs
#[utoipa::path(
    get, path = "/health/live", tag = "health", operation_id = "getLiveness",
    responses((status = 200, description = "It runs.", body = Health))
)]
pub(crate) async fn get_liveness() -> Json<Health> {
    Json(Health {
        status: "ok",
        dependencies: Vec::new(),
    })
}

/// Whether requests can be answered
#[utoipa::path(
    get, path = "/health/ready", tag = "health", operation_id = "getReadiness",
    responses(
        (status = 200, description = "They can.", body = Health),
        (status = 503, description = "They cannot: something required is not there.", body = Health),
    )
)]
pub(crate) async fn get_readiness(api: SharedApi) -> (StatusCode, Json<Health>) {
    let database = check_database(&api).await;
    let (status, words) = if database.available {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    };
    let changes = Dependency {
        name: "change notifications",
        available: api.known_version().is_some(),
        required: false,
        milliseconds: 0,
        detail: None,
    };
    let projections = check_projections(&api).await;
    let health = Health {
        status: words,
        dependencies: vec![database, changes, projections],
    };
    (status, Json(health))
}

async fn check_database(api: &Api) -> Dependency {
    let started = Instant::now();
    let asked = sqlx::query_scalar!(r#"SELECT 1 AS "one!""#).fetch_one(api.pool());
    let limit = api.settings().readiness_timeout;
    let answered = tokio::time::timeout(limit, asked).await;
    let mut available = matches!(answered, Ok(Ok(_)));
    if let Some(standby) = api.standby().filter(|_| !available) {
        available = standby.answers().await;
    }
    Dependency {
        name: "database",
        available,
        required: true,
        milliseconds: milliseconds_since(started),
        detail: None,
    }
}

/// Whether the read models follow the log. Readers are answered though they do not.
async fn check_projections(api: &Api) -> Dependency {
    let started = Instant::now();
    let limit = api.settings().readiness_timeout;
    let (available, detail) = match tokio::time::timeout(limit, refusals(api)).await {
        Ok(Ok(refusals)) if refusals.is_empty() => (true, None),
        Ok(Ok(refusals)) => (false, Some(refusals.join("; "))),
        Ok(Err(_)) | Err(_) => (false, None),
    };
    Dependency {
        name: "projections",
        available,
        required: false,
        milliseconds: milliseconds_since(started),
        detail,
    }
}

/// Why projections project nothing although projectors run them.
async fn refusals(api: &Api) -> Result<Vec<String>, sqlx::Error> {
    let mut snapshot = Snapshot::open(api.pool(), api.generation()).await?;
    let rows = projections(snapshot.connection()).await?;
    Ok(rows.into_iter().filter_map(|row| row.refused).collect())
}

fn milliseconds_since(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Metrics in Prometheus' text format, or in that of OpenMetrics, which leads to traces
#[utoipa::path(
    get, path = "/metrics", tag = "health", operation_id = "getMetrics",
    responses((status = 200, description = "The metrics of this process.", content(
        (String = "text/plain"),
        (String = "application/openmetrics-text"),
    )))
)]
pub(crate) async fn get_metrics(api: SharedApi, headers: HeaderMap) -> Response {
    let open = api.pool().size();
    let idle = u32::try_from(api.pool().num_idle()).unwrap_or(u32::MAX);
    metrics::gauge!("database_pool_size").set(f64::from(open));
    metrics::gauge!("database_pool_in_use").set(f64::from(open.saturating_sub(idle)));
    let limit = api.pool().options().get_max_connections();
    metrics::gauge!("database_pool_limit").set(f64::from(limit));
    let accepted = headers.get(header::ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let (text, form) = api.render_metrics(accepted.unwrap_or_default());
    ([(header::CONTENT_TYPE, form)], text).into_response()
}

/// This description of the API
#[utoipa::path(
    get, path = "/openapi.json", tag = "health", operation_id = "getOpenApi",
    responses((status = 200, description = "The OpenAPI document.", body = Object))
)]
pub(crate) async fn get_openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(crate::routes::openapi())
}
