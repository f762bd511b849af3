//! Cards of boards and of places on them.

use axum::http::HeaderMap;
use axum::response::Response;
use domain::Metric;

use super::asked::Asked;
use super::card::{Card, Line, PlaceView, ROWS, answer_card};
use super::{Theme, board_foot, board_words, class_and_period, members_words, scope_words};
use crate::answer::Form;
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::page::bar::segments;
use crate::page::words::metric_words;
use crate::parameters::{Parameters, PlaceImageParameters};
use crate::points::{number, parts};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::leaderboard::{BoardRequest, Leaderboard, ScopeResource, load_leaderboard};
use crate::resources::rank::{Place, RankRequest, load_place, percentile};
use crate::version::DataVersion;

async fn answer_share(
    api: &Api,
    headers: &HeaderMap,
    form: Form,
    given: PlaceImageParameters,
) -> Result<Response, Problem> {
    let theme = Theme::read(&given.theme)?;
    let asked = Asked::read(api, given, ROWS)?;
    let card = draw_card(api, &asked);
    answer_card(api, headers, form, theme, format!("share {asked:?}"), card).await
}

/// A card to share
///
/// The best five of a board, or one contributor's place on it, as SVG of 1,200
/// by 630 pixels.
#[utoipa::path(
    get, path = "/embed/share.svg", tag = "embeds", operation_id = "getShareImage",
    params(PlaceImageParameters),
    responses(
        (status = 200, description = "The image.", body = String, content_type = "image/svg+xml"),
        (status = 404, description = "No such repository, organization, group, company or contributor is known.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_share_image(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<PlaceImageParameters>,
) -> Result<Response, Problem> {
    answer_share(&api, &headers, Form::Image, given).await
}

/// A card to share, as pixels
///
/// The same as PNG, for what shows links without drawing SVG.
#[utoipa::path(
    get, path = "/embed/share.png", tag = "embeds", operation_id = "getSharePixels",
    params(PlaceImageParameters),
    responses(
        (status = 200, description = "The image.", body = Vec<u8>, content_type = "image/png"),
        (status = 404, description = "No such repository, organization, group, company or contributor is known.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_share_pixels(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<PlaceImageParameters>,
) -> Result<Response, Problem> {
    answer_share(&api, &headers, Form::Pixels, given).await
}

async fn draw_card(api: &Api, asked: &Asked) -> Result<(DataVersion, Card), Problem> {
    let mut snapshot = api.snapshot().await?;
    let card = match asked {
        Asked::Board(request) => {
            let board = load_leaderboard(api, &mut snapshot, request).await?;
            board_card(request, &board)
        }
        Asked::Place(request) => {
            let place = load_place(api, &mut snapshot, request).await?;
            place_card(request, &place, snapshot.version().contributions)
        }
    };
    Ok((snapshot.version(), card))
}

fn board_card(request: &BoardRequest, board: &Leaderboard) -> Card {
    let meta = &board.meta;
    let when = class_and_period(request.class, request.period);
    let subtitle = format!("{when} · {}", metric_words(request.metric));
    let members = members_words(meta.members.unsigned_abs(), request.class);
    let lines = board.leaderboard.iter().map(|entry| Line {
        rank: Some(entry.rank),
        name: &entry.login,
        metric: request.metric,
        value: entry.value,
        segments: segments(&meta.policy, &entry.counts),
    });
    Card::of(&board_words(meta), &subtitle, board_foot(&members, meta)).with_rows(lines)
}

fn place_card(request: &RankRequest, place: &Place, version: i64) -> Card {
    let Place {
        target,
        account,
        rank,
    } = place;
    let scope = ScopeResource::from(target);
    let when = class_and_period(request.class, request.period);
    let shown = match rank.rank {
        Some(place) => PlaceView {
            rank: format!("#{}", number(i64::try_from(place).unwrap_or(i64::MAX))),
            of: format!(
                "of {}, level with or ahead of {} % of them",
                members_words(rank.members, request.class),
                percentile(place, rank.members)
            ),
            value: value_words(request.metric, rank.value),
        },
        None => PlaceView {
            rank: "–".to_owned(),
            of: "not on this board".to_owned(),
            value: String::new(),
        },
    };
    let foot = format!(
        "{} · version {}",
        metric_words(request.metric),
        number(version)
    );
    let subtitle = format!("{} · {when}", scope_words(&scope));
    Card::of(&account.login, &subtitle, foot).with_place(shown)
}

/// `1,234.560 points`, or `12` of a kind that the card names.
fn value_words(metric: Metric, value: i64) -> String {
    match metric {
        Metric::Score => {
            let (whole, decimals) = parts(value);
            format!("{whole}{decimals} points")
        }
        Metric::Kind(_) => number(value),
    }
}
