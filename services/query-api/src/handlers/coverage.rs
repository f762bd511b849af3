//! Coverage: what was seen of what happened.

use axum::http::HeaderMap;
use axum::response::Response;
use chrono::TimeDelta;
use domain::RepositoryName;

use super::{SharedApi, json_body};
use crate::answer::{Form, answer};
use crate::cursor::List;
use crate::parameters::{
    CoverageParameters, HolesParameters, HoursParameters, Parameters, read_instant, read_limit,
};
use crate::problem::{Problem, ProblemDetails};
use crate::queries::coverage::Span;
use crate::resources::coverage::{
    Coverage, CoverageHoles, CoverageHours, HolesRequest, load_coverage, load_holes, load_hours,
};

/// Days of hours that are answered at once, at most.
const MAX_DAYS: i64 = 31;

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
/// Units (hourly files, and what was read of single repositories) with their verdicts,
/// the hours their events happened in, and totals over the whole span. The newest come
/// first, by the hour, day or instant that a unit is called after, of one hour by source;
/// units that are called after none come last.
#[utoipa::path(
    get, path = "/api/v1/coverage", tag = "operations",
    operation_id = "getCoverage", params(CoverageParameters),
    responses(
        (status = 200, description = "A page of units, their hours, and totals over the span.", body = Coverage),
    )
)]
pub(crate) async fn get_coverage(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<CoverageParameters>,
) -> Result<Response, Problem> {
    let span = read_span(&given)?;
    let limit = read_limit(&given.limit)?;
    let after = Coverage::read_cursor(&given.cursor)?;
    let request = format!("coverage {span:?} {limit} {after:?}");
    answer(&api, &headers, Form::Json, request, async {
        let mut snapshot = api.snapshot().await?;
        let coverage = load_coverage(&api, &mut snapshot, span, after.as_ref(), limit).await?;
        json_body(snapshot.version(), &coverage)
    })
    .await
}

/// Reads which holes are wanted.
pub(crate) fn read_holes_request(given: &HolesParameters) -> Result<HolesRequest, Problem> {
    let span = read_span(&CoverageParameters {
        from: given.from.clone(),
        to: given.to.clone(),
        ..CoverageParameters::default()
    })?;
    Ok(HolesRequest {
        repository: read_repository(&given.repository)?,
        span,
        compared: true,
        after: CoverageHoles::read_cursor(&given.cursor)?,
        limit: read_limit(&given.limit)?,
    })
}

fn read_repository(given: &str) -> Result<Option<String>, Problem> {
    if given.is_empty() {
        return Ok(None);
    }
    let name = RepositoryName::entered(given);
    name.map(|name| Some(name.to_string()))
        .map_err(|_| Problem::parameter("repository", given, "use owner/name"))
}

/// Hours that something is missing of
///
/// Files of the archives that were not read, were cut short or damaged, or are
/// less than their manifests promise; days and spans that other sources lack of
/// single repositories; and contributions that one source shows and another,
/// which was read to the end, does not. Each with the sources that have it, and
/// what may fill it at which cost.
#[utoipa::path(
    get, path = "/api/v1/coverage/holes", tag = "operations",
    operation_id = "getCoverageHoles", params(HolesParameters),
    responses(
        (status = 200, description = "A page of holes, the earliest first.", body = CoverageHoles),
        (status = 404, description = "No such repository has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_coverage_holes(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<HolesParameters>,
) -> Result<Response, Problem> {
    let wanted = read_holes_request(&given)?;
    let request = format!("holes {wanted:?}");
    answer(&api, &headers, Form::Json, request, async {
        let mut snapshot = api.snapshot().await?;
        let holes = load_holes(&api, &mut snapshot, &wanted).await?;
        json_body(snapshot.version(), &holes)
    })
    .await
}

/// What each source has of the hours of a repository
///
/// How far each was read, how many contributions it shows, how many it should
/// show as far as the others tell, and a verdict.
#[utoipa::path(
    get, path = "/api/v1/coverage/hours", tag = "operations",
    operation_id = "getCoverageHours", params(HoursParameters),
    responses(
        (status = 200, description = "The hours, the earliest first.", body = CoverageHours),
        (status = 404, description = "No such repository has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_coverage_hours(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<HoursParameters>,
) -> Result<Response, Problem> {
    let repository = read_repository(&given.repository)?;
    let repository = repository
        .ok_or_else(|| Problem::parameter("repository", &given.repository, "use owner/name"))?;
    let from = read_instant("from", &given.from)?;
    let to = read_instant("to", &given.to)?;
    let span = from.zip(to).filter(|(from, to)| {
        let length = *to - *from;
        TimeDelta::zero() < length && length <= TimeDelta::days(MAX_DAYS)
    });
    let allowed = "use an instant after from, at most 31 days later";
    let span = span.ok_or_else(|| Problem::parameter("to", &given.to, allowed))?;
    let request = format!("hours {repository} {span:?}");
    answer(&api, &headers, Form::Json, request, async {
        let mut snapshot = api.snapshot().await?;
        let hours = load_hours(&api, &mut snapshot, &repository, span).await?;
        json_body(snapshot.version(), &hours)
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
