//! Cards to share, of the size that others show with a link: 1,200 by 630
//! pixels.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::Metric;

use super::badge::{board_of, read_place};
use super::text::Font;
use super::{Theme, answer_image, answer_pixels, class_and_period, members_words, scope_words};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::page::bar::{Segment, segments};
use crate::page::render;
use crate::page::words::{metric_words, verdict_words};
use crate::parameters::{Parameters, PlaceImageParameters};
use crate::points::{number, parts};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::leaderboard::{Entry, Leaderboard, ScopeResource, load_leaderboard};
use crate::resources::rank::{Place, RankRequest, load_place, percentile};
use crate::version::DataVersion;

pub(super) const TITLE: Font = Font::bold(60);
pub(super) const NAME: Font = Font::bold(30);
pub(super) const PLAIN: Font = Font::plain(30);
const FOOT: Font = Font::plain(22);

/// Pixels that texts may take, and those of a login beside a value.
pub(super) const ACROSS: u32 = 1_040;
pub(super) const LOGINS: u32 = 500;

/// Rows of a board.
const ROWS: u32 = 5;

/// Pixels of a row, and above them.
pub(super) const ROW: u32 = 58;
pub(super) const HEAD: u32 = 268;

/// A card.
#[derive(Template)]
#[template(path = "embed/share.svg")]
pub(super) struct Card {
    pub(super) style: &'static str,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) rows: Vec<RowView>,
    /// One contributor's place in the place of rows.
    pub(super) place: Option<PlaceView>,
    pub(super) foot: String,
    /// That the data is made up.
    pub(super) notice: Option<String>,
}

pub(super) struct RowView {
    pub(super) y: u32,
    pub(super) rank: String,
    pub(super) name: String,
    pub(super) value: String,
    pub(super) segments: Vec<Segment>,
}

pub(super) struct PlaceView {
    rank: String,
    of: String,
    value: String,
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
        (status = 304, description = "What `If-None-Match` names is still current."),
        (status = 404, description = "No such repository, organization, group or contributor is known.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_share_image(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<PlaceImageParameters>,
) -> Result<Response, Problem> {
    let theme = Theme::read(&given.theme)?;
    let request = read_place(&api, given)?;
    let draw = draw_card(&api, theme, &request);
    answer_image(&api, &headers, theme, format!("share {request:?}"), draw).await
}

/// A card to share, as pixels
///
/// The same as PNG, for what shows links without drawing SVG.
#[utoipa::path(
    get, path = "/embed/share.png", tag = "embeds", operation_id = "getSharePixels",
    params(PlaceImageParameters),
    responses(
        (status = 200, description = "The image.", body = Vec<u8>, content_type = "image/png"),
        (status = 304, description = "What `If-None-Match` names is still current."),
        (status = 404, description = "No such repository, organization, group or contributor is known.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_share_pixels(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<PlaceImageParameters>,
) -> Result<Response, Problem> {
    let theme = Theme::read(&given.theme)?.in_the_light();
    let request = read_place(&api, given)?;
    let draw = draw_card(&api, theme, &request);
    answer_pixels(&api, &headers, theme, format!("share {request:?}"), draw).await
}

async fn draw_card(
    api: &Api,
    theme: Theme,
    request: &RankRequest,
) -> Result<(DataVersion, Vec<u8>), Problem> {
    let mut snapshot = api.snapshot().await?;
    let card = if request.contributor.is_empty() {
        let board = load_leaderboard(api, &mut snapshot, &board_of(request, ROWS)).await?;
        board_card(theme, request, board)
    } else {
        let place = load_place(api, &mut snapshot, request).await?;
        place_card(theme, request, &place, snapshot.version().contributions)
    };
    Ok((snapshot.version(), card.render(api)?))
}

impl Card {
    /// The card as SVG, with what is said of all data here.
    pub(super) fn render(mut self, api: &Api) -> Result<Vec<u8>, Problem> {
        let notice = api.settings().demo_notice.as_deref();
        self.notice = notice.map(|notice| FOOT.fitted(notice, ACROSS));
        render(&self)
    }
}

fn board_card(theme: Theme, request: &RankRequest, board: Leaderboard) -> Card {
    let Leaderboard { leaderboard, meta } = board;
    let when = class_and_period(request.class, request.period);
    let members = members_words(meta.members.unsigned_abs(), request.class);
    let row = |(entry, place): (Entry, u32)| RowView {
        y: HEAD + place * ROW,
        rank: number(i64::try_from(entry.rank).unwrap_or(i64::MAX)),
        name: NAME.fitted(&entry.login, LOGINS),
        value: match request.metric {
            Metric::Score => format!("{} points", parts(entry.value).0),
            Metric::Kind(_) => number(entry.value),
        },
        segments: segments(&meta.policy, &entry.counts),
    };
    Card {
        style: theme.style(),
        title: TITLE.fitted(scope_words(&meta.scope), ACROSS),
        subtitle: PLAIN.fitted(
            &format!("{when} · {}", metric_words(request.metric)),
            ACROSS,
        ),
        rows: leaderboard.into_iter().zip(0..).map(row).collect(),
        place: None,
        foot: format!(
            "{members} · coverage: {} · version {}",
            verdict_words(meta.coverage.verdict).to_lowercase(),
            number(meta.version)
        ),
        notice: None,
    }
}

fn place_card(theme: Theme, request: &RankRequest, place: &Place, version: i64) -> Card {
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
    Card {
        style: theme.style(),
        title: TITLE.fitted(&account.login, ACROSS),
        subtitle: PLAIN.fitted(&format!("{} · {when}", scope_words(&scope)), ACROSS),
        rows: Vec::new(),
        place: Some(shown),
        foot: format!(
            "{} · version {}",
            metric_words(request.metric),
            number(version)
        ),
        notice: None,
    }
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
