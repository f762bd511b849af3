//! Every address there is, in one list, and the document that describes them.

use std::sync::Arc;

use access::{RATE_LIMIT, RATE_LIMIT_POLICY};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Uri, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::cors::{Any, CorsLayer};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::document::{
    Document, describe_choices, describe_failures, describe_fields, describe_files,
    describe_refusals,
};
use crate::edge::fields::select_fields;
use crate::edge::headers::REQUEST_ID;
use crate::edge::observe::observe_request;
use crate::embed;
use crate::files::PARQUET;
use crate::handlers::board_files::{BOARD_COVERAGE, BOARD_MEMBERS, BOARD_META, BOARD_VERSION};
use crate::handlers::streams::LAST_EVENT_ID;
use crate::handlers::{
    audit, board_files, budget, circuits, companies, company_files, comparisons, contributions,
    contributors, coverage, dead_letters, disputes, exports, groups, health, jobs, leaderboards,
    policies, ranks, replay, repositories, search, snapshots, streams, what_if, why,
};
use crate::page;
use crate::problem::{Problem, ProblemKind};

/// Bytes of the largest question that is asked with a body.
const LARGEST_QUESTION: usize = 64 * 1024;

fn api_routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(leaderboards::get_global_leaderboard))
        .routes(routes!(leaderboards::get_repository_leaderboard))
        .routes(routes!(leaderboards::get_organization_leaderboard))
        .routes(routes!(leaderboards::get_group_leaderboard))
        .routes(routes!(companies::get_global_companies))
        .routes(routes!(companies::get_repository_companies))
        .routes(routes!(companies::get_organization_companies))
        .routes(routes!(companies::get_group_companies))
        .merge(file_routes())
        .routes(routes!(ranks::get_global_rank))
        .routes(routes!(ranks::get_repository_rank))
        .routes(routes!(ranks::get_organization_rank))
        .routes(routes!(ranks::get_group_rank))
        .routes(routes!(snapshots::get_global_snapshot))
        .routes(routes!(snapshots::get_repository_snapshot))
        .routes(routes!(snapshots::get_organization_snapshot))
        .routes(routes!(snapshots::get_group_snapshot))
        .routes(routes!(snapshots::get_snapshot_key))
        .routes(routes!(contributions::find_contributions))
        .routes(routes!(contributions::get_contribution))
        .routes(routes!(contributors::get_contributor))
        .routes(routes!(contributors::explain_contributor))
        .routes(routes!(exports::export_explanation_as_csv))
        .routes(routes!(exports::export_explanation_as_ndjson))
        .routes(routes!(exports::export_explanation_as_parquet))
        .routes(routes!(comparisons::get_contributor_comparison))
        .routes(routes!(repositories::list_repositories))
        .routes(routes!(repositories::get_repository))
        .routes(routes!(comparisons::get_repository_comparison))
        .routes(routes!(groups::list_groups))
        .routes(routes!(search::search_names))
        .routes(routes!(coverage::get_coverage))
        .routes(routes!(coverage::get_coverage_holes))
        .routes(routes!(coverage::get_coverage_hours))
        .routes(routes!(dead_letters::list_dead_letters))
        .routes(routes!(dead_letters::get_dead_letter))
        .routes(routes!(budget::get_budget))
        .routes(routes!(jobs::list_jobs))
        .routes(routes!(jobs::get_job))
        .routes(routes!(jobs::get_schedule))
        .routes(routes!(circuits::list_circuits))
        .routes(routes!(replay::get_replay))
        .routes(routes!(why::ask_why))
        .routes(routes!(disputes::list_disputes))
        .routes(routes!(disputes::get_dispute))
        .routes(routes!(policies::list_policies))
        .routes(routes!(audit::list_audit))
        .merge(stream_routes())
        .merge(asking_routes())
        .routes(routes!(embed::board::get_board_image))
        .routes(routes!(embed::board::get_companies_image))
        .routes(routes!(embed::badge::get_badge))
        .routes(routes!(embed::share::get_share_image))
        .routes(routes!(embed::share::get_share_pixels))
        .routes(routes!(embed::compare::get_comparison_image))
        .routes(routes!(embed::compare::get_comparison_pixels))
        .routes(routes!(health::get_liveness))
        .routes(routes!(health::get_readiness))
        .routes(routes!(health::get_metrics))
        .routes(routes!(health::get_openapi))
}

/// Boards as files.
fn file_routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(board_files::export_global_leaderboard))
        .routes(routes!(board_files::export_repository_leaderboard))
        .routes(routes!(board_files::export_organization_leaderboard))
        .routes(routes!(board_files::export_group_leaderboard))
        .routes(routes!(company_files::export_global_companies))
        .routes(routes!(company_files::export_repository_companies))
        .routes(routes!(company_files::export_organization_companies))
        .routes(routes!(company_files::export_group_companies))
}

/// Addresses that go on telling what happens.
fn stream_routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(streams::stream_global_leaderboard))
        .routes(routes!(streams::stream_repository_leaderboard))
        .routes(routes!(streams::stream_organization_leaderboard))
        .routes(routes!(streams::stream_group_leaderboard))
        .routes(routes!(streams::stream_contributions))
        .routes(routes!(streams::stream_repository_contributions))
        .routes(routes!(streams::stream_jobs))
        .routes(routes!(streams::stream_job))
}

/// Addresses that are asked with a body.
fn asking_routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(what_if::ask_what_if))
        .layer(DefaultBodyLimit::max(LARGEST_QUESTION))
}

fn page_routes() -> Router<Arc<Api>> {
    Router::new()
        .route("/", get(page::board::show_global))
        .route(
            "/repositories/{owner}/{name}",
            get(page::board::show_repository),
        )
        .route("/organizations/{org}", get(page::board::show_organization))
        .route("/groups/{group}", get(page::board::show_group))
        .merge(company_page_routes())
        .route(
            "/contributors/{login}",
            get(page::contributor::show_contributor),
        )
        .route("/contributors/{login}/why", get(page::why::show_why))
        .route("/compare", get(page::compare::show_contributors))
        .route(
            "/compare/repositories",
            get(page::compare::show_repositories),
        )
        .route("/what-if", get(page::what_if::show_what_if))
        .route("/search", get(page::search::show_search))
        .route("/coverage", get(page::coverage::show_coverage))
        .merge(operator_routes())
        .route("/decisions", get(page::decisions::show_decisions))
        .route("/disputes", get(page::disputes::show_disputes))
        .route("/disputes/{id}", get(page::disputes::show_dispute))
        .route("/about", get(page::about::show_about))
        .route("/docs", get(page::reference::show_reference))
        .route("/docs/commands", get(page::reference::show_commands))
        .route("/openapi.commands.json", get(page::reference::get_commands))
        .route("/docs/events", get(page::reference::show_events))
        .route("/asyncapi.json", get(page::reference::get_asyncapi))
        .route("/assets/{file}", get(page::assets::get_asset))
}

/// Pages for whoever runs this.
fn operator_routes() -> Router<Arc<Api>> {
    Router::new()
        .route("/operations", get(page::operations::show_operations))
        .route("/costs", get(page::costs::show_costs))
        .route("/dead-letters", get(page::dead_letters::show_dead_letters))
        .route("/runbook", get(page::runbook::show_runbook))
}

fn company_page_routes() -> Router<Arc<Api>> {
    use page::board::companies;
    Router::new()
        .route("/companies", get(companies::show_global))
        .route(
            "/repositories/{owner}/{name}/companies",
            get(companies::show_repository),
        )
        .route(
            "/organizations/{org}/companies",
            get(companies::show_organization),
        )
        .route("/groups/{group}/companies", get(companies::show_group))
}

/// What handlers and their answers say of themselves.
pub(crate) fn undecorated() -> utoipa::openapi::OpenApi {
    let mut document = api_routes().into_openapi();
    document.merge(streams::EventSchemas::openapi());
    document
}

/// The OpenAPI document of the API.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = undecorated();
    describe_files(&mut document);
    describe_failures(&mut document);
    describe_choices(&mut document);
    describe_fields(&mut document);
    describe_refusals(&mut document);
    openapi::show_examples(&mut document);
    document
}

/// Every address, with what happens to every request.
pub fn router(api: Arc<Api>) -> Router {
    let (api_routes, _) = api_routes().split_for_parts();
    api_routes
        .layer(from_fn(select_fields))
        .merge(page_routes())
        .fallback(no_such_page)
        .method_not_allowed_fallback(only_reading)
        // In one stack: each layer of a router's own costs an allocation or two.
        .layer(
            ServiceBuilder::new()
                .layer(compression())
                .layer(cross_origin())
                .layer(from_fn_with_state(Arc::clone(&api), observe_request))
                .layer(CatchPanicLayer::custom(broken_off))
                .layer(DefaultBodyLimit::max(0)),
        )
        .with_state(api)
}

/// Whoever takes it compressed gets it so, but for what is compressed in itself.
fn compression() -> CompressionLayer<impl Predicate> {
    let compressible = DefaultPredicate::new().and(NotForContentType::const_new(PARQUET));
    CompressionLayer::new()
        .gzip(true)
        .compress_when(compressible)
}

/// Pages of others may read what everybody may read.
fn cross_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::IF_NONE_MATCH,
            header::CONTENT_TYPE,
            REQUEST_ID,
            LAST_EVENT_ID,
        ])
        .expose_headers([
            header::ETAG,
            header::CONTENT_DISPOSITION,
            header::RETRY_AFTER,
            BOARD_VERSION,
            BOARD_MEMBERS,
            BOARD_COVERAGE,
            BOARD_META,
            RATE_LIMIT,
            RATE_LIMIT_POLICY,
            REQUEST_ID,
        ])
}

async fn no_such_page(uri: axum::http::Uri) -> Problem {
    let path: String = uri.path().chars().take(200).collect();
    Problem::new(
        ProblemKind::NoSuchPage,
        format!("There is nothing at {path}; /docs lists the addresses of the API"),
    )
}

/// The one address that is asked with a body.
const WHAT_IF: &str = "/api/v1/what-if";

async fn only_reading(address: Uri) -> Problem {
    let advice = if address.path() == WHAT_IF {
        "Use POST, with a policy as the body"
    } else {
        "Use GET or HEAD"
    };
    Problem::new(ProblemKind::MethodNotAllowed, advice)
}

/// A fault of this program ends one request, and not the connection with it.
fn broken_off(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::internal(&BrokenOff).into_response()
}

/// What the log says of it, beside the panic's own message.
#[derive(Debug, thiserror::Error)]
#[error("answering panicked")]
struct BrokenOff;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_described_with_its_parameters_and_failures() {
        let document = serde_json::to_value(openapi()).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
        for (path, item) in document["paths"].as_object().unwrap() {
            let asked = item.get("get").or_else(|| item.get("post"));
            let operation = asked.unwrap();
            assert!(operation["summary"].is_string(), "{path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{path} {parameter}");
            }
            if path.starts_with("/api/") {
                assert!(operation["responses"]["400"].is_object(), "{path}");
            }
        }
    }
}
