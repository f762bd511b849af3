//! The top of a board as an image.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::{Metric, Policy};

use super::text::Font;
use super::{Theme, answer_image, class_and_period, members_words, scope_words};
use crate::handlers::SharedApi;
use crate::page::bar::{Segment, segments};
use crate::page::render;
use crate::page::words::{class_mark, metric_words, none_of, verdict_words};
use crate::parameters::{
    BoardImageParameters, Parameters, read_class, read_image_rows, read_metric, read_period,
    read_scope,
};
use crate::points::{number, parts};
use crate::problem::{Problem, ProblemDetails};
use crate::resources::leaderboard::{BoardRequest, Entry, Leaderboard, load_leaderboard};

const TITLE: Font = Font::bold(16);
const NAME: Font = Font::bold(13);
const SMALL: Font = Font::plain(11);

/// Pixels beside everything, of a rank, of a bar, of a value, and between them.
const MARGIN: u32 = 20;
const RANK: u32 = 34;
const BAR: u32 = 96;
const VALUE: u32 = 96;
const SPACE: u32 = 14;

/// The narrowest and the widest that logins are given, in pixels.
const LOGINS: (u32, u32) = (150, 310);

/// Pixels above the rows, of a row, and below them.
const HEAD: u32 = 66;
const ROW: u32 = 28;
const FOOT: u32 = 38;

/// An image of a board.
#[derive(Template)]
#[template(path = "embed/board.svg")]
struct BoardImage {
    style: &'static str,
    width: u32,
    height: u32,
    /// The image in words.
    described: String,
    title: String,
    subtitle: String,
    rows: Vec<RowView>,
    /// Where columns begin, or end where they are set to the right.
    rank_end: u32,
    name_start: u32,
    bar_start: u32,
    value_end: u32,
    /// What stands in the place of rows.
    empty: Option<String>,
    foot: String,
    foot_y: u32,
    /// That the data is made up.
    notice: Option<String>,
}

struct RowView {
    /// Its middle, in pixels from above.
    y: u32,
    rank: String,
    name: String,
    mark: Option<&'static str>,
    mark_start: u32,
    whole: String,
    decimals: String,
    segments: Vec<Segment>,
}

/// A board as an image
///
/// The top of a board as SVG, for READMEs. It loads nothing, runs nothing, and
/// is as wide as its logins need.
#[utoipa::path(
    get, path = "/embed/board.svg", tag = "embeds", operation_id = "getBoardImage",
    params(BoardImageParameters),
    responses(
        (status = 200, description = "The image.", body = String, content_type = "image/svg+xml"),
        (status = 304, description = "What `If-None-Match` names is still current."),
        (status = 404, description = "No such repository, organization or group is known.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_board_image(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<BoardImageParameters>,
) -> Result<Response, Problem> {
    let theme = Theme::read(&given.theme)?;
    let request = BoardRequest {
        as_of: None,
        scope: read_scope(&given.repo, &given.org, &given.group)?,
        period: read_period(&given.period, api.now().date_naive())?,
        metric: read_metric("metric", &given.metric)?,
        class: read_class(&given.class)?.unwrap_or_default(),
        company: None,
        limit: read_image_rows(&given.limit)?,
        after: None,
    };
    answer_image(&api, &headers, theme, format!("{request:?}"), async {
        let mut snapshot = api.snapshot().await?;
        let board = load_leaderboard(&api, &mut snapshot, &request).await?;
        let notice = api.settings().demo_notice.as_deref();
        let image = board_image(theme, &request, board, notice);
        Ok((snapshot.version(), render(&image)?))
    })
    .await
}

fn board_image(
    theme: Theme,
    request: &BoardRequest,
    board: Leaderboard,
    notice: Option<&str>,
) -> BoardImage {
    let Leaderboard {
        leaderboard: entries,
        meta,
    } = board;
    let widths = entries.iter().map(|entry| {
        let mark = class_mark(entry.class).map_or(0, |mark| SMALL.width(mark) + 8);
        NAME.width(&entry.login) + mark
    });
    let logins = widths.max().unwrap_or(0).clamp(LOGINS.0, LOGINS.1);
    let name_start = MARGIN + RANK + 10;
    let bar_start = name_start + logins + SPACE;
    let value_end = bar_start + BAR + SPACE + VALUE;
    let width = value_end + MARGIN;
    let across = width - 2 * MARGIN;
    let style = RowStyle {
        policy: &meta.policy,
        metric: request.metric,
        name_start,
        logins,
    };
    let scope = scope_words(&meta.scope);
    let when = class_and_period(request.class, request.period);
    let described = described(scope, &when, request.metric, &entries);
    let rows: Vec<RowView> = entries
        .into_iter()
        .zip(0..)
        .map(|(entry, place)| style.row(entry, HEAD + place * ROW + ROW / 2))
        .collect();
    let subtitle = format!("{when} · {}", metric_words(request.metric));
    let members = members_words(meta.members.unsigned_abs(), request.class);
    let foot = format!(
        "{members} · coverage: {} · version {}",
        verdict_words(meta.coverage.verdict).to_lowercase(),
        number(meta.version)
    );
    let lines = u32::try_from(rows.len()).unwrap_or(u32::MAX).max(1);
    let rows_end = HEAD + lines * ROW;
    let notice = notice.map(|notice| SMALL.fitted(notice, across));
    let height = rows_end + FOOT + if notice.is_some() { 16 } else { 0 };
    BoardImage {
        style: theme.style(),
        width,
        height,
        described,
        title: TITLE.fitted(scope, across),
        subtitle: SMALL.fitted(&subtitle, across),
        empty: rows
            .is_empty()
            .then(|| format!("{} is on this board in this period", none_of(request.class))),
        rows,
        rank_end: MARGIN + RANK,
        name_start,
        bar_start,
        value_end,
        foot: SMALL.fitted(&foot, across),
        foot_y: rows_end + 22,
        notice,
    }
}

/// What rows are made with.
struct RowStyle<'a> {
    policy: &'a Policy,
    metric: Metric,
    name_start: u32,
    logins: u32,
}

impl RowStyle<'_> {
    fn row(&self, entry: Entry, y: u32) -> RowView {
        let mark = class_mark(entry.class);
        let of_mark = mark.map_or(0, |mark| SMALL.width(mark) + 8);
        let name = NAME.fitted(&entry.login, self.logins - of_mark);
        let (whole, decimals) = match self.metric {
            Metric::Score => parts(entry.value),
            Metric::Kind(_) => (number(entry.value), String::new()),
        };
        RowView {
            y,
            rank: number(i64::try_from(entry.rank).unwrap_or(i64::MAX)),
            mark,
            mark_start: self.name_start + NAME.width(&name) + 8,
            name,
            whole,
            decimals,
            segments: segments(self.policy, &entry.counts),
        }
    }
}

/// The image for whoever cannot see it.
fn described(scope: &str, when: &str, metric: Metric, entries: &[Entry]) -> String {
    let places = entries.iter().take(5).map(|entry| {
        let value = match metric {
            Metric::Score => parts(entry.value).0,
            Metric::Kind(_) => number(entry.value),
        };
        let login = SMALL.fitted(&entry.login, 400);
        format!("{}. {login} {value}", entry.rank)
    });
    let places: Vec<String> = places.collect();
    let scope = SMALL.fitted(scope, 800);
    format!("{scope}: {when}. {}", places.join(", "))
}
