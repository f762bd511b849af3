//! Health, metrics and the description of the API: for machines that watch.

use std::time::Instant;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::SharedApi;
use crate::api::Api;

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
    };
    let health = Health {
        status: words,
        dependencies: vec![database, changes],
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
        milliseconds: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    }
}

/// Metrics in Prometheus' text format
#[utoipa::path(
    get, path = "/metrics", tag = "health", operation_id = "getMetrics",
    responses((status = 200, description = "The metrics of this process.", body = String, content_type = "text/plain"))
)]
pub(crate) async fn get_metrics(api: SharedApi) -> Response {
    let open = api.pool().size();
    let idle = u32::try_from(api.pool().num_idle()).unwrap_or(u32::MAX);
    metrics::gauge!("database_pool_size").set(f64::from(open));
    metrics::gauge!("database_pool_in_use").set(f64::from(open.saturating_sub(idle)));
    let limit = api.pool().options().get_max_connections();
    metrics::gauge!("database_pool_limit").set(f64::from(limit));
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, content_type)], api.render_metrics()).into_response()
}

/// This description of the API
#[utoipa::path(
    get, path = "/openapi.json", tag = "health", operation_id = "getOpenApi",
    responses((status = 200, description = "The OpenAPI document.", body = Object))
)]
pub(crate) async fn get_openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(crate::routes::openapi())
}
