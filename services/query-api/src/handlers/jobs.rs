//! Jobs, and when they are due.

use axum::response::Response;
use uuid::Uuid;

use super::{SharedApi, json_unkept};
use crate::cursor::List;
use crate::parameters::{
    JobParameters, Parameters, PathParts, read_job_name, read_limit, read_word,
};
use crate::problem::{Problem, ProblemDetails};
use crate::queries::jobs::JobFilter;
use crate::resources::jobs::{JobAnswer, Jobs, ScheduleAnswer, load_job, load_jobs, load_schedule};

/// What is done besides answering
///
/// Jobs, newest first: those of the schedule, and those that somebody asked for.
#[utoipa::path(
    get, path = "/api/v1/jobs", tag = "operations",
    operation_id = "listJobs", params(JobParameters),
    responses(
        (status = 200, description = "A page of jobs.", body = Jobs),
    )
)]
pub(crate) async fn list_jobs(
    api: SharedApi,
    Parameters(given): Parameters<JobParameters>,
) -> Result<Response, Problem> {
    let limit = read_limit(&given.limit)?;
    let after = Jobs::read_cursor(&given.cursor)?;
    let filter = read_filter(&given)?;
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_jobs(&mut snapshot, &filter, after.as_ref(), limit).await?)
}

/// Which jobs are wanted.
pub(crate) fn read_filter(given: &JobParameters) -> Result<JobFilter, Problem> {
    Ok(JobFilter {
        queue: read_word("queue", &given.queue, QUEUES)?,
        state: read_word("state", &given.state, STATES)?,
        name: read_job_name(&given.name)?,
    })
}

/// Queues that jobs are in.
pub(crate) const QUEUES: &[&str] = &["scraping", "calculations", "reports", "maintenance"];

/// States that jobs are in.
pub(crate) const STATES: &[&str] = &[
    "waiting",
    "running",
    "retrying",
    "completed",
    "failed",
    "skipped",
];

/// One job
///
/// One run of a job, with what went wrong and what was left out.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}", tag = "operations",
    operation_id = "getJob",
    params(("id" = Uuid, Path, description = "The job's id.")),
    responses(
        (status = 200, description = "The job.", body = JobAnswer),
        (status = 400, description = "The id is no UUID.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 404, description = "There is no such job.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_job(
    api: SharedApi,
    PathParts(given): PathParts<String>,
) -> Result<Response, Problem> {
    let id = Uuid::parse_str(&given)
        .map_err(|_| Problem::parameter("id", &given, "use the id of a job, a UUID"))?;
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_job(&mut snapshot, id).await?)
}

/// When jobs are due
///
/// Each job of the schedule: when it is due, by which rules, and what became
/// of its last run.
#[utoipa::path(
    get, path = "/api/v1/schedule", tag = "operations",
    operation_id = "getSchedule",
    responses(
        (status = 200, description = "The schedule.", body = ScheduleAnswer),
        (status = 400, description = "The address is not valid.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_schedule(api: SharedApi) -> Result<Response, Problem> {
    let mut snapshot = api.snapshot().await?;
    json_unkept(&load_schedule(&mut snapshot).await?)
}
