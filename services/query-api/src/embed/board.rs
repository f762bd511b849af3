//! The top of a board as an image: of contributors, and of companies.

use axum::http::HeaderMap;
use axum::response::Response;
use domain::CompanyStanding;

use super::asked::read_top;
use super::list::{Line, List};
use super::{Theme, answer_image, board_words, class_and_period, members_words};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::page::render;
use crate::page::words::{class_mark, counted, none_of};
use crate::parameters::{BoardImageParameters, CompaniesImageParameters, Parameters};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::leaderboard::{
    BoardRequest, CompanyEntry, Entry, load_company_leaderboard, load_leaderboard,
};

/// A board as an image
///
/// The top of a board as SVG, for READMEs. It loads nothing, runs nothing, and
/// is as wide as its logins need.
#[utoipa::path(
    get, path = "/embed/board.svg", tag = "embeds", operation_id = "getBoardImage",
    params(BoardImageParameters),
    responses(
        (status = 200, description = "The image.", body = String, content_type = "image/svg+xml"),
        (status = 404, description = "No such repository, organization, group or company is known.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_board_image(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<BoardImageParameters>,
) -> Result<Response, Problem> {
    let (theme, request): (_, BoardRequest) = read_top(&api, &given)?;
    answer_image(&api, &headers, theme, format!("{request:?}"), async {
        let mut snapshot = api.snapshot().await?;
        let board = load_leaderboard(&api, &mut snapshot, &request).await?;
        let meta = &board.meta;
        let list = List {
            title: &board_words(meta),
            when: &class_and_period(request.class, request.period),
            metric: request.metric,
            members: &members_words(meta.members.unsigned_abs(), request.class),
            nobody: none_of(request.class),
            meta,
        };
        let image = drawn(&api, theme, &list, board.leaderboard)?;
        Ok((snapshot.version(), image))
    })
    .await
}

/// A board of companies as an image
///
/// The same of the companies that people contributed for.
#[utoipa::path(
    get, path = "/embed/companies.svg", tag = "embeds", operation_id = "getCompaniesImage",
    params(CompaniesImageParameters),
    responses(
        (status = 200, description = "The image.", body = String, content_type = "image/svg+xml"),
        (status = 404, description = "No such repository, organization or group is known.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_companies_image(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<CompaniesImageParameters>,
) -> Result<Response, Problem> {
    let (theme, request): (_, BoardRequest<CompanyStanding>) = read_top(&api, &given.into())?;
    let key = format!("companies {request:?}");
    answer_image(&api, &headers, theme, key, async {
        let mut snapshot = api.snapshot().await?;
        let board = load_company_leaderboard(&api, &mut snapshot, &request).await?;
        let meta = &board.meta;
        let when = class_and_period(request.class, request.period);
        let list = List {
            title: &board_words(meta),
            when: &format!("Companies · {when}"),
            metric: request.metric,
            members: &counted(meta.members, "company", "companies"),
            nobody: "No company",
            meta,
        };
        let image = drawn(&api, theme, &list, board.leaderboard)?;
        Ok((snapshot.version(), image))
    })
    .await
}

/// Draws the top of a board, whatever its rows are.
fn drawn<Row>(api: &Api, theme: Theme, list: &List<'_>, rows: Vec<Row>) -> Result<Vec<u8>, Problem>
where
    Line: From<Row>,
{
    let lines = rows.into_iter().map(Line::from).collect();
    let notice = api.settings().demo_notice.as_deref();
    render(&list.draw(theme, lines, notice))
}

impl From<Entry> for Line {
    fn from(entry: Entry) -> Self {
        Self {
            rank: entry.rank,
            name: entry.login,
            mark: class_mark(entry.class),
            value: entry.value,
            counts: entry.counts,
        }
    }
}

impl From<CompanyEntry> for Line {
    fn from(entry: CompanyEntry) -> Self {
        Self {
            rank: entry.rank,
            name: entry.company,
            mark: None,
            value: entry.value,
            counts: entry.counts,
        }
    }
}
