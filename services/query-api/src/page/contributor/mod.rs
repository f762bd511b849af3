//! The page of a contributor.

mod explained;
mod over_time;
mod parts;

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use domain::{Metric, Period};

use self::explained::{Part, read_part};
use self::over_time::{KindsOverTime, kinds_over_time};
use self::parts::{
    CompanyFact, CountLine, LinkedFact, RankTile, RepositoryLine, company_fact, count_lines, facts,
    linked_fact, neighbourhood, repository_line, tile,
};
use super::board::Row;
use super::calendar::{Calendar, calendar};
use super::choices::{Choice, Chosen};
use super::explanation::ExplanationView;
use super::snippet::{Shown, Snippets};
use super::words::{class_mark, counted, period_words};
use super::{Layout, render};
use crate::addresses::{account_segment, asked_again, contributor_path, path_segment};
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::parameters::{PageParameters, Parameters, PathParts};
use crate::points::parts;
use crate::problem::Problem;
use crate::queries::snapshot::Snapshot;
use crate::resources::contributor::{
    AccountResource, Contributor, ContributorAnswer, load_contributor, newest_day,
};
use crate::resources::explanation::{ExplainRequest, Explanation, load_explanation};

#[derive(Template)]
#[template(path = "contributor.html")]
struct ContributorPage {
    layout: Layout,
    account: AccountResource,
    mark: Option<&'static str>,
    facts: Vec<String>,
    /// What moved the contributor, and others beside.
    why: String,
    compare: String,
    linked: Vec<LinkedFact>,
    companies: Vec<CompanyFact>,
    others: Vec<(String, String)>,
    tiles: Vec<RankTile>,
    calendar: Option<Calendar>,
    periods: Vec<Choice>,
    previous: Option<Choice>,
    next: Option<Choice>,
    period: String,
    score: (String, String),
    counts: Vec<CountLine>,
    over_time: Option<KindsOverTime>,
    repositories: Vec<RepositoryLine>,
    neighbours: Vec<Row>,
    pending: Option<String>,
    explanation: ExplanationView,
    part: Part,
    snippets: Snippets,
}

/// What the page was asked for.
struct PageRequest {
    login: String,
    explain: ExplainRequest,
}

pub(crate) async fn show_contributor(
    api: SharedApi,
    headers: HeaderMap,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<PageParameters>,
) -> Result<Response, Problem> {
    let explain = read_part(&api, &given)?;
    let request = PageRequest { login, explain };
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
        linked_accounts,
        affiliations,
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
    let path = contributor_path(&account.account, &account.login, &request.login);
    let links = Chosen {
        path: &path,
        period,
        metric: Metric::Score,
        class: None,
        company: None,
    };
    let json = format!("/api/v1/contributors/{}", account_segment(&account.account));
    let mut layout = Layout::new(
        api,
        account.login.clone(),
        format!("What {} contributed, and what it is worth.", account.login),
    );
    layout.json = Some(json.clone());

    let address = links.address();
    let shown = Shown {
        scope: &request.explain.scope,
        name: &explanation.meta.scope.name,
        period,
        metric: Metric::Score,
        class: meta.class,
        company: None,
        page: &address,
    };
    let login = asked_again(&account.account, &account.login, &request.login);
    let snippets = shown.of_place(api, &login, &account.login);
    layout.shared_as(
        api,
        "profile",
        &address,
        Some(shown.share_image(api, &login)),
    );
    ContributorPage {
        layout,
        mark: class_mark(account.class),
        facts: facts(&account, &names),
        why: format!("/contributors/{}/why", account_segment(&account.account)),
        compare: format!("/compare?name={}", path_segment(&login)),
        linked: linked_accounts.iter().map(linked_fact).collect(),
        companies: affiliations.iter().rev().map(company_fact).collect(),
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
        over_time: kinds_over_time(&work, &account.login),
        repositories: repositories
            .into_iter()
            .map(|repository| repository_line(repository, &path, period))
            .collect(),
        neighbours,
        pending: (pending > 0).then(|| counted(pending, "contribution", "contributions")),
        part: Part::of(&request.explain, &links, &json, &work, &explanation.meta),
        explanation: explanation.into(),
        snippets,
        account,
    }
}
