//! The page of a contributor.

mod parts;

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use domain::{Metric, Period};

use self::parts::{
    CountLine, RankTile, RepositoryLine, count_lines, facts, neighbourhood, repository_line, tile,
};
use super::board::Row;
use super::calendar::{Calendar, calendar};
use super::choices::{Choice, Chosen};
use super::explanation::ExplanationView;
use super::snippet::{Shown, Snippets};
use super::words::{class_mark, counted, period_words};
use super::{Layout, render};
use crate::addresses::{account_segment, path_segment, repository_path};
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::cursor::{Cursor, InstantCursor};
use crate::handlers::SharedApi;
use crate::parameters::{PageParameters, Parameters, PathParts, read_limit, read_period};
use crate::points::parts;
use crate::problem::Problem;
use crate::queries::snapshot::Snapshot;
use crate::resources::contributor::{
    AccountResource, Contributor, ContributorAnswer, load_contributor, newest_day,
};
use crate::resources::explanation::{ExplainRequest, Explanation, load_explanation};
use crate::target::ScopeName;

#[derive(Template)]
#[template(path = "contributor.html")]
struct ContributorPage {
    layout: Layout,
    account: AccountResource,
    mark: Option<&'static str>,
    facts: Vec<String>,
    others: Vec<(String, String)>,
    tiles: Vec<RankTile>,
    calendar: Option<Calendar>,
    periods: Vec<Choice>,
    previous: Option<Choice>,
    next: Option<Choice>,
    period: String,
    score: (String, String),
    counts: Vec<CountLine>,
    repositories: Vec<RepositoryLine>,
    neighbours: Vec<Row>,
    pending: Option<String>,
    explanation: ExplanationView,
    everything: Option<String>,
    first_page: Option<String>,
    next_page: Option<String>,
    snippets: Snippets,
}

/// What the page was asked for.
struct PageRequest {
    login: String,
    explain: ExplainRequest,
    anchored: bool,
}

fn read_page_request(
    api: &Api,
    login: String,
    given: &PageParameters,
) -> Result<PageRequest, Problem> {
    let limit = match given.limit.as_str() {
        "" => 25,
        limit => read_limit(limit)?,
    };
    let after: Option<InstantCursor> = Cursor::decode(&given.cursor)?;
    Ok(PageRequest {
        login,
        anchored: after.is_some(),
        explain: ExplainRequest {
            as_of: None,
            scope: ScopeName::parse(&given.scope)?,
            period: read_period(&given.period, api.now().date_naive())?,
            metric: Metric::Score,
            limit,
            after,
        },
    })
}

pub(crate) async fn show_contributor(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<PageParameters>,
) -> Result<Response, Problem> {
    let request = read_page_request(&api, login, &given)?;
    let key = format!("contributor {:?} {:?}", request.login, request.explain);
    answer(&api, &headers, Form::Page, key, async {
        let mut snapshot = api.snapshot().await?;
        let page = load_page(&api, &mut snapshot, &request).await?;
        Ok((snapshot.version(), render(&page)?))
    })
    .await
}

async fn load_page(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &PageRequest,
) -> Result<ContributorPage, Problem> {
    let PageRequest { login, explain, .. } = request;
    let newest = newest_day(api, snapshot).await?;
    // Ranks are of the periods around the newest data, whatever is chosen.
    let around = load_contributor(api, snapshot, login, None, None).await?;
    let chosen = match explain.period {
        Period::All => None,
        period => Some(load_contributor(api, snapshot, login, Some(period), None).await?),
    };
    let explanation = load_explanation(api, snapshot, login, explain).await?;
    Ok(contributor_page(
        api,
        request,
        around,
        chosen,
        explanation,
        newest,
    ))
}

fn contributor_page(
    api: &Api,
    request: &PageRequest,
    around: ContributorAnswer,
    chosen: Option<ContributorAnswer>,
    explanation: Explanation,
    newest: NaiveDate,
) -> ContributorPage {
    let ContributorAnswer { contributor, meta } = around;
    let Contributor {
        account,
        names,
        ranks,
        work,
        neighbours,
        repositories,
        activity,
        pending,
    } = contributor;
    let neighbours = neighbourhood(&meta.policy, neighbours, &account, &ranks, &work);
    let (work, repositories, activity) = match chosen {
        None => (work, repositories, activity),
        Some(ContributorAnswer { contributor, .. }) => (
            contributor.work,
            contributor.repositories,
            contributor.activity,
        ),
    };
    let period = request.explain.period;
    let path = page_path(&account, &request.login);
    let links = Chosen {
        path: &path,
        period,
        metric: Metric::Score,
        class: None,
    };
    let json = format!("/api/v1/contributors/{}", account_segment(&account.account));
    let mut layout = Layout::new(
        api,
        account.login.clone(),
        format!("What {} contributed, and what it is worth.", account.login),
    );
    layout.json = Some(json);

    let address = links.address();
    let shown = Shown {
        scope: &request.explain.scope,
        name: &explanation.meta.scope.name,
        period,
        metric: Metric::Score,
        class: meta.class,
        page: &address,
    };
    let login = path.trim_start_matches("/contributors/");
    let snippets = shown.of_place(api, login, &account.login);
    let next_cursor = explanation.meta.next_cursor.clone();
    let explained = |cursor: Option<&str>| explained_address(&links, request, cursor);
    ContributorPage {
        layout,
        mark: class_mark(account.class),
        facts: facts(&account, &names),
        others: meta
            .other_accounts
            .iter()
            .map(|other| {
                (
                    other.to_string(),
                    format!("/contributors/{}", account_segment(other)),
                )
            })
            .collect(),
        tiles: ranks.iter().map(|rank| tile(rank, meta.class)).collect(),
        calendar: calendar(&activity),
        periods: links.periods(newest),
        previous: links.previous_period(),
        next: links.next_period(newest),
        period: period_words(period),
        score: parts(work.score_thousandths),
        counts: count_lines(&work),
        repositories: repositories
            .into_iter()
            .map(|repository| repository_line(repository, &path, period))
            .collect(),
        neighbours,
        pending: (pending > 0).then(|| counted(pending, "contribution", "contributions")),
        everything: (request.explain.scope != ScopeName::Global)
            .then(|| format!("{}#explanation", links.address())),
        first_page: request.anchored.then(|| explained(None)),
        next_page: next_cursor.as_deref().map(|cursor| explained(Some(cursor))),
        explanation: explanation.into(),
        snippets,
        account,
    }
}

/// The page's own path; an account that was asked for by id keeps being so.
fn page_path(account: &AccountResource, asked: &str) -> String {
    if asked.eq_ignore_ascii_case(&account.login) {
        format!("/contributors/{}", path_segment(&account.login))
    } else {
        format!("/contributors/{}", account_segment(&account.account))
    }
}

fn explained_address(links: &Chosen<'_>, request: &PageRequest, cursor: Option<&str>) -> String {
    let mut address = links.address();
    let mut add = |name: &str, value: &str| {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&format!("{name}={value}"));
    };
    match &request.explain.scope {
        ScopeName::Global => {}
        ScopeName::Repository(name) => add("scope", &repository_path(name)),
        ScopeName::Organization(name) => add("scope", &path_segment(name)),
        ScopeName::Group(name) => add("scope", &request.explain.scope.parameter(name)),
    }
    if let Some(cursor) = cursor {
        add("cursor", cursor);
    }
    format!("{address}#explanation")
}
