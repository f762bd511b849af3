//! Pages of leaderboards.

pub(crate) mod companies;
mod company_trend;
mod controls;
mod facts;
mod files;
mod repositories;
mod row;
mod trend;

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use domain::ClassFilter;
pub(crate) use row::{Movement, Row, RowStyle};

use self::controls::Controls;
use self::facts::{Fact, about};
use self::files::{FileLink, file_links, known_at};
use self::repositories::{Repositories, repositories_of};
use self::trend::{Trends, load_trends};
use super::assets::live_script_path;
use super::bar::{GROUPS, Group};
use super::choices::Chosen;
use super::coverage::{CoverageView, coverage_view};
use super::snippet::{Shown, Snippets};
use super::words::{
    class_within, class_words, counted, instant_words, metric_words, none_of, nothing_of,
    period_words,
};
use super::{Layout, render};
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::handlers::leaderboards::read_board_request;
use crate::parameters::{BoardPageParameters, Parameters, PathParts};
use crate::points::number;
use crate::problem::Problem;
use crate::resources::contributor::newest_day;
use crate::resources::leaderboard::{BoardRequest, Leaderboard, ScopeResource, load_leaderboard};
use crate::stream::board_id;
use crate::target::ScopeName;

#[derive(Template)]
#[template(path = "board.html")]
struct BoardPage {
    layout: Layout,
    heading: String,
    /// What stands above the heading.
    eyebrow: &'static str,
    about: Vec<Fact>,
    repositories: Option<Repositories>,
    controls: Controls,
    rows: Vec<Row>,
    /// How wide what is drawn beside rows is, and what it is; none where nothing
    /// is.
    trend: Option<(usize, String)>,
    groups: [Group; 7],
    value_heading: &'static str,
    period: String,
    class: &'static str,
    /// Who is missed on an empty board, and what of.
    nobody: &'static str,
    nothing: String,
    members: String,
    /// Whether rows tell what moved since the period before.
    moves: bool,
    coverage: CoverageView,
    version: String,
    policy_version: u32,
    /// The instant at which it was known, if that is not now.
    as_of: Option<String>,
    generated: String,
    /// Where the page hears of what changes; none of what stays as it is.
    stream: Option<String>,
    first_page: Option<String>,
    next_page: Option<String>,
    /// The whole board.
    files: Vec<FileLink>,
    /// What to paste elsewhere.
    snippets: Snippets,
}

/// What a page shows beside its board.
struct Beside {
    /// Which state of the board is shown, as its stream tells it.
    stream: String,
    trends: Option<Trends>,
    about: Vec<Fact>,
    repositories: Option<Repositories>,
    newest: NaiveDate,
}

async fn show_board(
    api: &Api,
    headers: &HeaderMap,
    scope: ScopeName,
    given: BoardPageParameters,
) -> Result<Response, Problem> {
    let request = read_board_request::<Leaderboard>(api, scope, &given.into())?;
    answer(api, headers, Form::Page, format!("{request:?}"), async {
        let mut snapshot = api.snapshot_of(request.as_of).await?;
        let board = load_leaderboard(api, &mut snapshot, &request).await?;
        let newest = newest_day(api, &mut snapshot).await?;
        let about = about(&mut snapshot, &board).await?;
        let beside = Beside {
            stream: board_id(&board)?,
            trends: load_trends(&mut snapshot, &request, &board, newest).await?,
            about,
            repositories: repositories_of(&mut snapshot, &request.scope).await?,
            newest,
        };
        let page = board_page(api, &request, board, beside);
        Ok((snapshot.version(), render(&page)?))
    })
    .await
}

pub(crate) async fn show_global(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<BoardPageParameters>,
) -> Result<Response, Problem> {
    show_board(&api, &headers, ScopeName::Global, given).await
}

pub(crate) async fn show_repository(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name)): PathParts<(String, String)>,
    Parameters(given): Parameters<BoardPageParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Repository(format!("{owner}/{name}"));
    show_board(&api, &headers, scope, given).await
}

pub(crate) async fn show_organization(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(organization): PathParts<String>,
    Parameters(given): Parameters<BoardPageParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Organization(organization);
    show_board(&api, &headers, scope, given).await
}

pub(crate) async fn show_group(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(group): PathParts<String>,
    Parameters(given): Parameters<BoardPageParameters>,
) -> Result<Response, Problem> {
    show_board(&api, &headers, ScopeName::Group(group), given).await
}

/// What is asked for beside the path, with a cursor put in.
fn with_cursor(address: &str, limit: u32, cursor: Option<&str>) -> String {
    let mut address = address.to_owned();
    let mut add = |pair: String| {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&pair);
    };
    if limit != 50 {
        add(format!("limit={limit}"));
    }
    if let Some(cursor) = cursor {
        add(format!("cursor={cursor}"));
    }
    address
}

/// Where what changes of a page is told from what it shows on: of the first
/// places as they are known now, and of everybody: there are no streams of one
/// company's people.
fn stream_of(request: &BoardRequest, json: &Chosen<'_>, shown: &str) -> Option<String> {
    if request.as_of.is_some() || request.after.is_some() || json.company.is_some() {
        return None;
    }
    let path = json.path.replacen("/api/v1/", "/api/v1/stream/", 1);
    let told = Chosen {
        path: &path,
        ..json.clone()
    };
    let address = with_cursor(&told.address(), request.limit, None);
    let next = if address.contains('?') { '&' } else { '?' };
    Some(format!("{address}{next}after={shown}"))
}

fn headings(board: &Leaderboard, period: &str) -> (&'static str, String, TitleAndDescription) {
    let name = &board.meta.scope.name;
    let class = class_within(board.meta.class);
    if let Some(company) = &board.meta.company {
        let (eyebrow, heading) = match board.meta.scope.kind {
            "repository" => (
                "Company in a repository",
                format!("{} in {name}", company.name),
            ),
            "organization" => (
                "Company in an organization",
                format!("{} in {name}", company.name),
            ),
            "group" => (
                "Company in a group of repositories",
                format!("{} in {name}", company.name),
            ),
            _ => ("Company", company.name.clone()),
        };
        let title = format!("{heading} · {period}");
        let about = format!(
            "Who contributed {} while working for {}: {class}, {period}.",
            scope_words(&board.meta.scope),
            company.name
        );
        return (eyebrow, heading, (title, about));
    }
    let eyebrow = match board.meta.scope.kind {
        "repository" => "Repository",
        "organization" => "Organization",
        "group" => "Group of repositories",
        _ => {
            let title = format!("Leaderboard · {period}");
            let about =
                format!("GitHub contributors by points that can be checked: {class}, {period}.");
            let heading = "Who moves open source".to_owned();
            return ("All repositories", heading, (title, about));
        }
    };
    let title = format!("{name} · {period}");
    let about = format!("Who contributes to {name}: {class}, {period}.");
    (eyebrow, name.clone(), (title, about))
}

/// A scope in a sentence about contributing.
fn scope_words(scope: &ScopeResource) -> String {
    match scope.kind {
        "global" => "anywhere".to_owned(),
        _ => format!("to {}", scope.name),
    }
}

/// A page's title and description.
type TitleAndDescription = (String, String);

fn board_page(api: &Api, request: &BoardRequest, board: Leaderboard, beside: Beside) -> BoardPage {
    let Beside {
        stream,
        mut trends,
        about,
        repositories,
        newest,
    } = beside;
    let (path, json) = board.meta.scope.paths();
    let company = board.meta.company.as_ref();
    let chosen = Chosen {
        path: &path,
        period: request.period,
        metric: request.metric,
        class: Some(request.class),
        company: company.map(|company| company.name.as_str()),
    };
    let as_json = Chosen {
        path: &json,
        ..chosen.clone()
    };
    let stream = stream_of(request, &as_json, &stream);
    let period = period_words(request.period);
    let (eyebrow, heading, (title, description)) = headings(&board, &period);
    let mut layout = Layout::new(api, title, description);
    layout.active = "board";
    layout.json = Some(known_at(as_json.address(), request.as_of));
    layout.script = stream.as_ref().map(|_| live_script_path());
    let (companies, _) = board.meta.scope.company_paths();
    let controls = Controls::of(api, &chosen, newest, [&path, &companies]);
    let this = known_at(chosen.address(), request.as_of);
    let page = |cursor| with_cursor(&this, request.limit, cursor);
    let shown = Shown {
        scope: &request.scope,
        name: &board.meta.scope.name,
        period: request.period,
        metric: request.metric,
        class: request.class,
        company: chosen.company,
        page: &controls.address,
    };
    let snippets = shown.of_board(api);
    // Images are of what is known now.
    let image = request.as_of.is_none().then(|| shown.share_image(api, ""));
    layout.shared_as(api, "website", &this, image);
    let nothing = nothing_of(request.class, request.metric);
    let meta = &board.meta;
    let style = RowStyle {
        policy: &meta.policy,
        metric: request.metric,
        query: entry_query(request, &meta.scope.name),
    };
    let next_page = meta.next_cursor.as_deref().map(|cursor| page(Some(cursor)));
    let first_page = request.after.as_ref().map(|_| page(None));
    BoardPage {
        layout,
        heading,
        eyebrow,
        about,
        repositories,
        rows: board
            .leaderboard
            .into_iter()
            .map(|entry| {
                let account = entry.account.to_string();
                let trend = trends.as_mut().and_then(|trends| trends.take(&account));
                Row {
                    trend,
                    ..style.row(entry)
                }
            })
            .collect(),
        trend: trends.map(|trends| (trends.width, trends.about)),
        groups: GROUPS,
        value_heading: metric_words(request.metric),
        period,
        class: class_words(request.class),
        nobody: none_of(request.class),
        nothing: match company {
            Some(company) => format!("{nothing} for {}", company.name),
            None => nothing,
        },
        members: counted(meta.members, member(request.class), members(request.class)),
        moves: meta.previous_period.is_some(),
        coverage: coverage_view(&meta.coverage, request.period),
        version: number(meta.version),
        policy_version: meta.policy_version,
        as_of: meta.as_of.map(instant_words),
        generated: instant_words(meta.generated_at),
        stream,
        files: file_links(&as_json, request.as_of),
        first_page,
        next_page,
        snippets,
        controls,
    }
}

/// The score of a login on this board is what its page then explains.
fn entry_query(request: &BoardRequest, scope: &str) -> String {
    let mut pairs = Vec::new();
    if request.scope != ScopeName::Global {
        pairs.push(format!("scope={}", request.scope.parameter(scope)));
    }
    if request.period != domain::Period::All {
        pairs.push(format!("period={}", request.period));
    }
    if pairs.is_empty() {
        return String::new();
    }
    format!("?{}", pairs.join("&"))
}

fn member(class: ClassFilter) -> &'static str {
    match class {
        ClassFilter::Human => "person",
        ClassFilter::Bot => "bot",
        ClassFilter::Agent => "AI agent",
        ClassFilter::Everyone => "contributor",
    }
}

fn members(class: ClassFilter) -> &'static str {
    match class {
        ClassFilter::Human => "people",
        ClassFilter::Bot => "bots",
        ClassFilter::Agent => "AI agents",
        ClassFilter::Everyone => "contributors",
    }
}
