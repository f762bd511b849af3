//! Pages of boards of companies.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use domain::{CompanyKey, CompanyStanding, Metric, Policy};

use super::company_trend::load_company_trends;
use super::controls::Controls;
use super::files::{FileLink, file_links, known_at};
use super::row::Movement;
use super::trend::{Trend, Trends};
use super::{scope_words, with_cursor};
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::handlers::leaderboards::read_board_request;
use crate::page::bar::{Cell, GROUPS, Group, Segment, cells, segments};
use crate::page::choices::Chosen;
use crate::page::coverage::{CoverageView, coverage_view};
use crate::page::snippet::{Shown, Snippets};
use crate::page::words::{counted, instant_words, metric_words, period_words};
use crate::page::{Layout, render};
use crate::parameters::{BoardPageParameters, Parameters, PathParts};
use crate::points::{number, parts};
use crate::problem::Problem;
use crate::resources::contributor::newest_day;
use crate::resources::leaderboard::{
    BoardRequest, CompanyEntry, CompanyLeaderboard, Unaffiliated, load_company_leaderboard,
};
use crate::target::ScopeName;

#[derive(Template)]
#[template(path = "companies.html")]
struct CompaniesPage {
    layout: Layout,
    heading: String,
    /// What stands above the heading.
    eyebrow: &'static str,
    controls: Controls,
    rows: Vec<CompanyRow>,
    /// What was done for no company that is known; none where nothing was.
    apart: Option<Apart>,
    /// How wide what is drawn beside rows is, and what it is; none where nothing
    /// is.
    trend: Option<(usize, String)>,
    groups: [Group; 7],
    value_heading: &'static str,
    period: String,
    members: String,
    /// Whether rows tell what moved since the period before.
    moves: bool,
    coverage: CoverageView,
    version: String,
    policy_version: u32,
    /// The instant at which it was known, if that is not now.
    as_of: Option<String>,
    generated: String,
    first_page: Option<String>,
    next_page: Option<String>,
    /// The whole board.
    files: Vec<FileLink>,
    /// What to paste elsewhere.
    snippets: Snippets,
}

/// A company, in words and pieces.
struct CompanyRow {
    rank: String,
    movement: Movement,
    name: String,
    page: String,
    contributors: String,
    whole: String,
    decimals: String,
    cells: Vec<Cell>,
    segments: Vec<Segment>,
    /// How it is spread over the period, where that is shown.
    trend: Option<Trend>,
}

/// What was done for no company that is known, likewise.
struct Apart {
    contributors: String,
    whole: String,
    decimals: String,
    percent: Option<String>,
    cells: Vec<Cell>,
    segments: Vec<Segment>,
}

/// A value in whole, and its decimals if it is a score.
fn value_parts(metric: Metric, value: i64) -> (String, String) {
    match metric {
        Metric::Score => parts(value),
        Metric::Kind(_) => (number(value), String::new()),
    }
}

fn people(contributors: i64) -> String {
    counted(contributors, "contributor", "contributors")
}

impl CompanyRow {
    fn of(
        policy: &Policy,
        metric: Metric,
        trends: Option<&mut Trends>,
        entry: CompanyEntry,
    ) -> Self {
        let (whole, decimals) = value_parts(metric, entry.value);
        let key = CompanyKey::of(&entry.company);
        Self {
            trend: trends.and_then(|trends| trends.take(key.as_str())),
            rank: number(i64::try_from(entry.rank).unwrap_or(i64::MAX)),
            movement: Movement::between(entry.movement, entry.previous_rank),
            page: entry.links.page,
            contributors: people(entry.contributors),
            whole,
            decimals,
            segments: segments(policy, &entry.counts),
            cells: cells(&entry.counts),
            name: entry.company,
        }
    }
}

impl Apart {
    fn of(policy: &Policy, metric: Metric, rest: &Unaffiliated) -> Option<Self> {
        let (whole, decimals) = value_parts(metric, rest.value);
        (rest.value > 0).then(|| Self {
            contributors: people(rest.contributors),
            whole,
            decimals,
            percent: rest.percent.clone(),
            segments: segments(policy, &rest.counts),
            cells: cells(&rest.counts),
        })
    }
}

async fn show_companies(
    api: &Api,
    headers: &HeaderMap,
    scope: ScopeName,
    mut given: BoardPageParameters,
) -> Result<Response, Problem> {
    given.forget_company();
    let request = read_board_request::<CompanyLeaderboard>(api, scope, &given.into())?;
    let key = format!("companies {request:?}");
    answer(api, headers, Form::Page, key, async {
        let mut snapshot = api.snapshot_of(request.as_of).await?;
        let board = load_company_leaderboard(api, &mut snapshot, &request).await?;
        let newest = newest_day(api, &mut snapshot).await?;
        let trends = load_company_trends(api, &mut snapshot, &request, &board, newest).await?;
        let page = companies_page(api, &request, board, trends, newest);
        Ok((snapshot.version(), render(&page)?))
    })
    .await
}

fn companies_page(
    api: &Api,
    request: &BoardRequest<CompanyStanding>,
    board: CompanyLeaderboard,
    mut trends: Option<Trends>,
    newest: NaiveDate,
) -> CompaniesPage {
    let meta = &board.meta;
    let (contributors, _) = meta.scope.paths();
    let (path, json) = meta.scope.company_paths();
    let chosen = Chosen {
        path: &path,
        period: request.period,
        metric: request.metric,
        class: Some(request.class),
        company: None,
    };
    let as_json = Chosen {
        path: &json,
        ..chosen.clone()
    };
    let period = period_words(request.period);
    let words = scope_words(&meta.scope);
    let (eyebrow, heading) = match meta.scope.kind {
        "repository" => ("Companies in a repository", meta.scope.name.clone()),
        "organization" => ("Companies in an organization", meta.scope.name.clone()),
        "group" => (
            "Companies in a group of repositories",
            meta.scope.name.clone(),
        ),
        _ => (
            "All repositories",
            "Which companies move open source".to_owned(),
        ),
    };
    let mut layout = Layout::new(
        api,
        format!("Companies · {} · {period}", meta.scope.name),
        format!("Which companies people contribute {words} for: {period}."),
    );
    layout.active = "board";
    layout.json = Some(known_at(as_json.address(), request.as_of));
    let this = known_at(chosen.address(), request.as_of);
    layout.shared_as(api, "website", &this, None);
    let page = |cursor| with_cursor(&this, request.limit, cursor);
    let next_page = meta.next_cursor.as_deref();
    let controls = Controls::of(api, &chosen, newest, [&contributors, &path]);
    let shown = Shown {
        scope: &request.scope,
        name: &meta.scope.name,
        period: request.period,
        metric: request.metric,
        class: request.class,
        company: None,
        page: &controls.address,
    };
    CompaniesPage {
        snippets: shown.of_companies(api),
        heading,
        eyebrow,
        controls,
        apart: Apart::of(&meta.policy, request.metric, &board.unaffiliated),
        groups: GROUPS,
        value_heading: metric_words(request.metric),
        period,
        members: counted(meta.members, "company", "companies"),
        moves: meta.previous_period.is_some(),
        coverage: coverage_view(&meta.coverage, request.period),
        version: number(meta.version),
        policy_version: meta.policy_version,
        as_of: meta.as_of.map(instant_words),
        generated: instant_words(meta.generated_at),
        first_page: request.after.as_ref().map(|_| page(None)),
        next_page: next_page.map(|cursor| page(Some(cursor))),
        files: file_links(&as_json, request.as_of),
        rows: board
            .leaderboard
            .into_iter()
            .map(|entry| CompanyRow::of(&meta.policy, request.metric, trends.as_mut(), entry))
            .collect(),
        trend: trends.map(|trends| (trends.width, trends.about)),
        layout,
    }
}

pub(crate) async fn show_global(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<BoardPageParameters>,
) -> Result<Response, Problem> {
    show_companies(&api, &headers, ScopeName::Global, given).await
}

pub(crate) async fn show_repository(
    api: SharedApi,
    headers: HeaderMap,
    PathParts((owner, name)): PathParts<(String, String)>,
    Parameters(given): Parameters<BoardPageParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Repository(format!("{owner}/{name}"));
    show_companies(&api, &headers, scope, given).await
}

pub(crate) async fn show_organization(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(organization): PathParts<String>,
    Parameters(given): Parameters<BoardPageParameters>,
) -> Result<Response, Problem> {
    let scope = ScopeName::Organization(organization);
    show_companies(&api, &headers, scope, given).await
}

pub(crate) async fn show_group(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(group): PathParts<String>,
    Parameters(given): Parameters<BoardPageParameters>,
) -> Result<Response, Problem> {
    show_companies(&api, &headers, ScopeName::Group(group), given).await
}
