//! Streams: how boards change, which contributions do, and how jobs get on.

use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;
use uuid::Uuid;

use super::SharedApi;
use super::leaderboards::read_board_request;
use crate::addresses::repository_path;
use crate::api::Api;
use crate::parameters::{
    BoardParameters, BoardStreamParameters, Parameters, PathParts, StreamParameters,
};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::jobs::load_job;
use crate::resources::leaderboard::Leaderboard;
use crate::resources::stream::{
    ContributionChanged, ContributionGone, JobStep, PlacesChanged, StartOver, Started,
};
use crate::stream::{
    NoPosition, Position, Start, Subject, Wanted, WantedBoard, stream_board, stream_events,
};
use crate::target::{ScopeName, existing_repository};

/// What a reader who comes back says it has seen.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Where a reader wants to start. Browsers give up on a stream that is refused,
/// so an id that cannot be read is refused only where a person wrote it.
fn read_start<T>(
    headers: &HeaderMap,
    after: &str,
    read: impl Fn(&str) -> Result<T, NoPosition>,
) -> Result<Start<T>, Problem> {
    let last = headers.get(LAST_EVENT_ID).filter(|id| !id.is_empty());
    if let Some(last) = last {
        let read = last.to_str().ok().and_then(|id| read(id).ok());
        return Ok(read.map_or(Start::Unreadable, Start::After));
    }
    if after.is_empty() {
        return Ok(Start::Now);
    }
    let read = read(after).map_err(|allowed| Problem::parameter("after", after, allowed))?;
    Ok(Start::After(read))
}

async fn follow_board(
    api: &Api,
    headers: &HeaderMap,
    scope: ScopeName,
    given: BoardStreamParameters,
) -> Result<Response, Problem> {
    let start = read_start(headers, &given.after, |id| Ok(id.to_owned()))?;
    let given = BoardParameters {
        period: given.period,
        kind: given.kind,
        class: given.class,
        limit: given.limit,
        ..BoardParameters::default()
    };
    read_board_request::<Leaderboard>(api, scope.clone(), &given)?;
    stream_board(api, WantedBoard { scope, given }, start).await
}

/// The leaderboard over all repositories, as it changes
///
/// The event `board` tells the first places in full: at the beginning, unless
/// they are what the last event told, and after a gap. The event `places` tells
/// what changed of them. Changes of a second come as one.
#[utoipa::path(
    get, path = "/api/v1/stream/leaderboards/global", tag = "streams",
    operation_id = "streamGlobalLeaderboard", params(BoardStreamParameters),
    responses(
        (status = 200, description = "Events `board` (as the board's own address answers) and `places`.", body = String, content_type = "text/event-stream",
            example = "id: 5b0e6c1f2a9d4e70\nevent: places\ndata: {\"changed\":[{\"rank\":1,\"login\":\"octocat\"}],\"order\":[\"583231\"],\"members\":1,\"version\":7}\n\n"),
        (status = 503, description = "The data cannot be reached in time, or no more streams are taken.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream_global_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<BoardStreamParameters>,
) -> Result<Response, Problem> {
    follow_board(&api, &headers, ScopeName::Global, given).await
}

/// The leaderboard of one repository, as it changes
///
/// As that over all repositories. The event `gone` says that there is no such
/// repository any more, and ends the stream.
#[utoipa::path(
    get, path = "/api/v1/stream/leaderboards/repositories/{owner}/{name}", tag = "streams",
    operation_id = "streamRepositoryLeaderboard",
    params(
        ("owner" = String, Path, description = "The owner; case does not matter.", example = "rails"),
        ("name" = String, Path, description = "The name; case does not matter.", example = "rails"),
        BoardStreamParameters,
    ),
    responses(
        (status = 200, description = "Events `board` and `places`.", body = String, content_type = "text/event-stream"),
        (status = 404, description = "No such repository has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time, or no more streams are taken.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream_repository_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name)): PathParts<(String, String)>,
    Parameters(given): Parameters<BoardStreamParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Repository(format!("{owner}/{name}"));
    follow_board(&api, &headers, scope, given).await
}

/// The leaderboard of an organization, as it changes
///
/// As that of a repository.
#[utoipa::path(
    get, path = "/api/v1/stream/leaderboards/organizations/{org}", tag = "streams",
    operation_id = "streamOrganizationLeaderboard",
    params(
        ("org" = String, Path, description = "The owner of the repositories; case does not matter.", example = "rails"),
        BoardStreamParameters,
    ),
    responses(
        (status = 200, description = "Events `board` and `places`.", body = String, content_type = "text/event-stream"),
        (status = 404, description = "No repository of such an owner has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time, or no more streams are taken.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream_organization_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(organization): PathParts<String>,
    Parameters(given): Parameters<BoardStreamParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Organization(organization);
    follow_board(&api, &headers, scope, given).await
}

/// The leaderboard of a named group of repositories, as it changes
///
/// As that of a repository.
#[utoipa::path(
    get, path = "/api/v1/stream/leaderboards/groups/{group}", tag = "streams",
    operation_id = "streamGroupLeaderboard",
    params(
        ("group" = String, Path, description = "The group's name.", example = "web"),
        BoardStreamParameters,
    ),
    responses(
        (status = 200, description = "Events `board` and `places`.", body = String, content_type = "text/event-stream"),
        (status = 404, description = "No such group has been defined.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time, or no more streams are taken.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream_group_leaderboard(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(group): PathParts<String>,
    Parameters(given): Parameters<BoardStreamParameters>,
) -> Result<Response, Problem> {
    follow_board(&api, &headers, ScopeName::Group(group), given).await
}

/// Contributions, as they are recorded
///
/// The event `contribution` tells one that is new, or known better than before;
/// what was told of the same id before is void. The event `gone` takes one back
/// that is told under another id. Nothing is told of who does not want to be
/// shown.
#[utoipa::path(
    get, path = "/api/v1/stream/contributions", tag = "streams",
    operation_id = "streamContributions", params(StreamParameters),
    responses(
        (status = 200, description = "Events `start`, `contribution`, `gone`, `start-over` and `behind`.", body = String, content_type = "text/event-stream",
            example = "id: 18231-9f03a2b1\nevent: contribution\ndata: {\"contribution\":{\"kind\":\"star\",\"repository\":\"rails/rails\"},\"change\":18231}\n\n"),
        (status = 503, description = "The data cannot be reached in time, or no more streams are taken.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream_contributions(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<StreamParameters>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        subject: Subject::Contributions,
        topic: None,
        look_up: "/api/v1/leaderboards/global".to_owned(),
        start: read_start(&headers, &given.after, str::parse::<Position>)?,
    };
    stream_events(api.0, wanted).await
}

/// Contributions to a repository, as they are recorded
///
/// As those to all repositories.
#[utoipa::path(
    get, path = "/api/v1/stream/repositories/{owner}/{name}/contributions", tag = "streams",
    operation_id = "streamRepositoryContributions",
    params(
        ("owner" = String, Path, description = "The owner; case does not matter.", example = "rails"),
        ("name" = String, Path, description = "The name; case does not matter, former ones are known too.", example = "rails"),
        StreamParameters,
    ),
    responses(
        (status = 200, description = "Events `start`, `contribution`, `gone`, `start-over` and `behind`.", body = String, content_type = "text/event-stream"),
        (status = 404, description = "No such repository has been seen.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time, or no more streams are taken.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream_repository_contributions(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name)): PathParts<(String, String)>,
    Parameters(given): Parameters<StreamParameters>,
) -> Result<Response, Problem> {
    let start = read_start(&headers, &given.after, str::parse::<Position>)?;
    let mut snapshot = api.snapshot().await?;
    let repository = existing_repository(&mut snapshot, &format!("{owner}/{name}")).await?;
    drop(snapshot);
    let path = repository_path(&repository.name);
    let wanted = Wanted {
        subject: Subject::Contributions,
        topic: Some(repository.reference.to_string()),
        look_up: format!("/api/v1/repositories/{path}"),
        start,
    };
    stream_events(api.0, wanted).await
}

/// Jobs, as they get on
///
/// The event `step` tells how a job stands after each step of it: it is asked
/// for, started, further, tried again, done.
#[utoipa::path(
    get, path = "/api/v1/stream/jobs", tag = "streams",
    operation_id = "streamJobs", params(StreamParameters),
    responses(
        (status = 200, description = "Events `start`, `step`, `start-over` and `behind`.", body = String, content_type = "text/event-stream",
            example = "id: 812\nevent: step\ndata: {\"name\":\"refresh-stale\",\"state\":\"running\",\"done\":3,\"total\":10}\n\n"),
        (status = 503, description = "The data cannot be reached in time, or no more streams are taken.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream_jobs(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<StreamParameters>,
) -> Result<Response, Problem> {
    let wanted = Wanted {
        subject: Subject::Jobs,
        topic: None,
        look_up: "/api/v1/jobs".to_owned(),
        start: read_start(&headers, &given.after, str::parse::<Position>)?,
    };
    stream_events(api.0, wanted).await
}

/// One job, as it gets on
///
/// As all jobs. It does not end with the job, which may be tried again.
#[utoipa::path(
    get, path = "/api/v1/stream/jobs/{id}", tag = "streams",
    operation_id = "streamJob",
    params(("id" = Uuid, Path, description = "The job's id."), StreamParameters),
    responses(
        (status = 200, description = "Events `start`, `step`, `start-over` and `behind`.", body = String, content_type = "text/event-stream"),
        (status = 404, description = "There is no such job.", body = ProblemDetails, content_type = "application/problem+json"),
        (status = 503, description = "The data cannot be reached in time, or no more streams are taken.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn stream_job(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(given): PathParts<String>,
    Parameters(parameters): Parameters<StreamParameters>,
) -> Result<Response, Problem> {
    let id = Uuid::parse_str(&given)
        .map_err(|_| Problem::parameter("id", &given, "use the id of a job, a UUID"))?;
    let start = read_start(&headers, &parameters.after, str::parse::<Position>)?;
    let mut snapshot = api.snapshot().await?;
    load_job(&mut snapshot, id).await?;
    drop(snapshot);
    let wanted = Wanted {
        subject: Subject::Jobs,
        topic: Some(id.to_string()),
        look_up: format!("/api/v1/jobs/{id}"),
        start,
    };
    stream_events(api.0, wanted).await
}

/// The data of events, for the document of the API.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(
    ContributionChanged,
    ContributionGone,
    JobStep,
    Leaderboard,
    PlacesChanged<'static>,
    StartOver,
    Started
)))]
pub(crate) struct EventSchemas;
