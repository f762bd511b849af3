//! Badges: one contributor's place, or how many there are.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::Period;

use super::asked::Asked;
use super::text::Font;
use super::{Theme, answer_image, board_words, members_words};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::page::render;
use crate::page::words::period_words;
use crate::parameters::{Parameters, PlaceImageParameters};
use crate::points::number;
use crate::problem::{Problem, ProblemDetails};
use crate::queries::snapshot::Snapshot;
use crate::resources::leaderboard::{BoardRequest, ScopeResource, load_leaderboard};
use crate::resources::rank::{RankRequest, load_place};
use crate::target::ScopeName;

const FONT: Font = Font::plain(11);

/// Pixels beside each text.
const MARGIN: u32 = 8;

/// The most pixels of a label, of a login in it, and of a message. The longest
/// login that GitHub gives takes some 280.
const LABEL: u32 = 440;
const LOGIN: u32 = 290;
const MESSAGE: u32 = 340;

/// A badge: a label, and what is said of it.
#[derive(Template)]
#[template(path = "embed/badge.svg")]
pub(super) struct Badge {
    style: &'static str,
    label: String,
    message: String,
    /// The class of the message's colours.
    tone: &'static str,
    /// The width of both texts and of the label, in pixels.
    widths: (u32, u32),
    label_end: u32,
    width: u32,
}

impl Badge {
    pub(super) fn new(theme: Theme, label: &str, message: &str) -> Self {
        let label = FONT.fitted(label, LABEL);
        let message = FONT.fitted(message, MESSAGE);
        let widths = (FONT.width(&label), FONT.width(&message));
        let label_end = widths.0 + 2 * MARGIN;
        Self {
            style: theme.style(),
            label,
            message,
            tone: "message",
            widths,
            label_end,
            width: label_end + widths.1 + 2 * MARGIN,
        }
    }

    pub(super) fn failed(self) -> Self {
        Self {
            tone: "failure",
            ..self
        }
    }
}

/// A badge
///
/// One contributor's place on a board as SVG, or, where no login is given, how
/// many contributors the board has.
#[utoipa::path(
    get, path = "/embed/badge.svg", tag = "embeds", operation_id = "getBadge",
    params(PlaceImageParameters),
    responses(
        (status = 200, description = "The image.", body = String, content_type = "image/svg+xml"),
        (status = 404, description = "No such repository, organization, group, company or contributor is known.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_badge(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<PlaceImageParameters>,
) -> Result<Response, Problem> {
    let theme = Theme::read(&given.theme)?;
    let asked = Asked::read(&api, given, 1)?;
    answer_image(&api, &headers, theme, format!("badge {asked:?}"), async {
        let mut snapshot = api.snapshot().await?;
        let (label, message) = match &asked {
            Asked::Board(request) => count(&api, &mut snapshot, request).await?,
            Asked::Place(request) => place(&api, &mut snapshot, request).await?,
        };
        let badge = Badge::new(theme, &label, &message);
        Ok((snapshot.version(), render(&badge)?))
    })
    .await
}

/// What a label calls a scope.
fn label(scope: &ScopeResource, asked: &ScopeName) -> String {
    match asked {
        ScopeName::Global => "leaderboard".to_owned(),
        _ => scope.name.clone(),
    }
}

/// What is said, and of which days, unless it is of all.
fn with_period(message: String, period: Period) -> String {
    match period {
        Period::All => message,
        period => format!("{message} · {}", period_words(period)),
    }
}

async fn count(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &BoardRequest,
) -> Result<(String, String), Problem> {
    let board = load_leaderboard(api, snapshot, request).await?;
    let members = members_words(board.meta.members.unsigned_abs(), request.class);
    let label = match board.meta.company {
        Some(_) => board_words(&board.meta),
        None => label(&board.meta.scope, &request.scope),
    };
    Ok((label, with_period(members, request.period)))
}

async fn place(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &RankRequest,
) -> Result<(String, String), Problem> {
    let place = load_place(api, snapshot, request).await?;
    let scope = label(&ScopeResource::from(&place.target), &request.scope);
    let integer = |value: u64| number(i64::try_from(value).unwrap_or(i64::MAX));
    let message = match place.rank.rank {
        Some(rank) => format!("#{} of {}", integer(rank), integer(place.rank.members)),
        None => "not on this board".to_owned(),
    };
    // The login may be long, and the scope is to be seen all the same.
    let login = FONT.fitted(&place.account.login, LOGIN);
    let label = format!("{login} · {scope}");
    Ok((label, with_period(message, request.period)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_as_wide_as_its_texts_and_no_wider_than_it_may_be() {
        let short = Badge::new(Theme::Auto, "octo/cat", "12 people");
        let long = Badge::new(Theme::Auto, &"w".repeat(300), "12 people");
        assert!(short.width < long.width);
        assert!(long.width <= LABEL + MESSAGE + 4 * MARGIN);
        assert!(long.label.ends_with('…'));
        assert_eq!(short.width, short.widths.0 + short.widths.1 + 4 * MARGIN);
    }
}
