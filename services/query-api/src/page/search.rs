//! The page of what a search finds.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;

use super::{Layout, render};
use crate::addresses::{path_segment, repository_path};
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::parameters::{Parameters, SearchParameters, read_limit, read_search};
use crate::points::{number, parts};
use crate::problem::Problem;
use crate::resources::search::{ContributorHit, RepositoryHit, SearchAnswer, load_search};

/// Something that was found.
struct Hit {
    name: String,
    page: String,
    former: Option<String>,
    mark: Option<&'static str>,
    /// The rank and the points of who is on the board over all repositories.
    place: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    layout: Layout,
    asked: bool,
    q: String,
    contributors: Vec<Hit>,
    repositories: Vec<Hit>,
    organizations: Vec<Hit>,
}

pub(crate) async fn show_search(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<SearchParameters>,
) -> Result<Response, Problem> {
    let limit = read_limit(&given.limit)?;
    let q = match given.q.trim() {
        "" => None,
        q => Some(read_search(q)?),
    };
    let request = format!("search {q:?} {limit}");
    answer(&api, &headers, Form::Page, request, async {
        let mut snapshot = api.snapshot().await?;
        let found = match q {
            Some(q) => Some(load_search(&api, &mut snapshot, q, limit).await?),
            None => None,
        };
        Ok((snapshot.version(), render(&search_page(&api, found))?))
    })
    .await
}

fn search_page(api: &Api, found: Option<SearchAnswer>) -> SearchPage {
    let description = "Contributors and repositories by the beginning of a name.";
    let mut layout = Layout::new(api, "Search", description);
    let Some(SearchAnswer { results, meta }) = found else {
        return SearchPage {
            layout,
            asked: false,
            q: String::new(),
            contributors: Vec::new(),
            repositories: Vec::new(),
            organizations: Vec::new(),
        };
    };
    layout.search.clone_from(&meta.q);
    layout.json = Some(format!("/api/v1/search?q={}", path_segment(&meta.q)));
    SearchPage {
        layout,
        asked: true,
        q: meta.q,
        contributors: results.contributors.into_iter().map(Hit::from).collect(),
        repositories: results.repositories.into_iter().map(Hit::from).collect(),
        organizations: results
            .organizations
            .into_iter()
            .map(organization)
            .collect(),
    }
}

impl From<ContributorHit> for Hit {
    fn from(hit: ContributorHit) -> Self {
        Self {
            page: hit.links.page,
            place: hit.rank.zip(hit.score_thousandths).map(|(rank, score)| {
                let rank = number(i64::try_from(rank).unwrap_or(i64::MAX));
                (format!("#{rank}"), format!("{} points", parts(score).0))
            }),
            name: hit.login,
            former: hit.former_login,
            mark: match hit.class.as_deref() {
                Some("bot") => Some("bot"),
                Some("agent") => Some("AI agent"),
                _ => None,
            },
        }
    }
}

impl From<RepositoryHit> for Hit {
    fn from(hit: RepositoryHit) -> Self {
        Self {
            page: format!("/repositories/{}", repository_path(&hit.name)),
            name: hit.name,
            former: hit.former_name,
            mark: None,
            place: None,
        }
    }
}

fn organization(name: String) -> Hit {
    Hit {
        page: format!("/organizations/{}", path_segment(&name)),
        name,
        former: None,
        mark: None,
        place: None,
    }
}
