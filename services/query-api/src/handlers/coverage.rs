//! Coverage: what was seen of what happened.

use axum::http::HeaderMap;
use axum::response::Response;

use super::{SharedApi, json_body};
use crate::answer::{Form, answer};
use crate::cursor::{Cursor, UnitCursor};
use crate::parameters::{CoverageParameters, Parameters, read_instant, read_limit};
use crate::problem::{Problem, ProblemDetails};
use crate::queries::coverage::Span;
use crate::resources::coverage::{Coverage, load_coverage};

/// Reads the span that is wanted.
pub(crate) fn read_span(given: &CoverageParameters) -> Result<Span, Problem> {
    let from = read_instant("from", &given.from)?;
    let to = read_instant("to", &given.to)?;
    if from.zip(to).is_some_and(|(from, to)| from >= to) {
        return Err(Problem::parameter(
            "to",
            &given.to,
            "use an instant after from",
        ));
    }
    Ok((from, to))
}

/// What was seen of what happened
///
/// Units (hourly files) with their verdicts, newest first, the hours their
/// events happened in, and totals over the whole span.
#[utoipa::path(
    get, path = "/api/v1/coverage", tag = "operations",
    operation_id = "getCoverage", params(CoverageParameters),
    responses(
        (status = 200, description = "A page of units, their hours, and totals over the span.", body = Coverage),
        (status = 304, description = "What `If-None-Match` names is still current."),
        (status = 400, description = "A parameter is not valid.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_coverage(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<CoverageParameters>,
) -> Result<Response, Problem> {
    let span = read_span(&given)?;
    let limit = read_limit(&given.limit)?;
    let after: Option<UnitCursor> = Cursor::decode(&given.cursor)?;
    let request = format!("coverage {span:?} {limit} {after:?}");
    answer(&api, &headers, Form::Json, request, async {
        let mut snapshot = api.snapshot().await?;
        let coverage = load_coverage(&api, &mut snapshot, span, after.as_ref(), limit).await?;
        json_body(snapshot.version(), &coverage)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_ends_after_it_begins() {
        let given = |from: &str, to: &str| CoverageParameters {
            from: from.into(),
            to: to.into(),
            ..CoverageParameters::default()
        };
        assert!(read_span(&given("2016-01-01", "2016-01-02")).is_ok());
        assert!(read_span(&given("", "2016-01-01T15:00:00Z")).is_ok());
        let problem = read_span(&given("2016-01-02", "2016-01-01")).unwrap_err();
        assert_eq!(problem.parameter.as_deref(), Some("to"));
    }
}
