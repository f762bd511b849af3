//! Cards to share, of the size that others show with a link: 1,200 by 630
//! pixels. What stands on one is told by who draws it.

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::Metric;

use super::text::Font;
use super::{Theme, answer_image, answer_pixels};
use crate::answer::Form;
use crate::api::Api;
use crate::page::bar::Segment;
use crate::page::render;
use crate::points::{number, parts};
use crate::problem::Problem;
use crate::version::DataVersion;

pub(super) const TITLE: Font = Font::bold(60);
const NAME: Font = Font::bold(30);
const PLAIN: Font = Font::plain(30);
const FOOT: Font = Font::plain(22);

/// Pixels that texts may take, and those of a name beside a value.
pub(super) const ACROSS: u32 = 1_040;
const NAMES: u32 = 500;

/// Pixels of a row, and above them.
const ROW: u32 = 58;
const HEAD: u32 = 268;

/// Most rows.
pub(super) const ROWS: u32 = 5;

/// A card.
#[derive(Template)]
#[template(path = "embed/share.svg")]
pub(super) struct Card {
    style: &'static str,
    title: String,
    subtitle: String,
    rows: Vec<RowView>,
    /// One contributor's place in the place of rows.
    place: Option<PlaceView>,
    foot: String,
    /// That the data is made up.
    notice: Option<String>,
}

struct RowView {
    y: u32,
    rank: String,
    name: String,
    value: String,
    segments: Vec<Segment>,
}

/// One contributor's place.
pub(super) struct PlaceView {
    pub(super) rank: String,
    pub(super) of: String,
    pub(super) value: String,
}

/// Who, or what, has a row.
pub(super) struct Line<'a> {
    pub(super) rank: Option<u64>,
    pub(super) name: &'a str,
    pub(super) metric: Metric,
    pub(super) value: i64,
    pub(super) segments: Vec<Segment>,
}

impl Card {
    /// A card without anything in it but what stands above and below.
    pub(super) fn of(title: &str, subtitle: &str, foot: String) -> Self {
        Self {
            style: "",
            title: TITLE.fitted(title, ACROSS),
            subtitle: PLAIN.fitted(subtitle, ACROSS),
            rows: Vec::new(),
            place: None,
            foot,
            notice: None,
        }
    }

    /// With rows, from the top.
    pub(super) fn with_rows<'a>(self, lines: impl IntoIterator<Item = Line<'a>>) -> Self {
        let row = |(line, place): (Line<'_>, u32)| RowView {
            y: HEAD + place * ROW,
            rank: line.rank.map_or_else(String::new, |rank| {
                number(i64::try_from(rank).unwrap_or(i64::MAX))
            }),
            name: NAME.fitted(line.name, NAMES),
            value: match line.metric {
                Metric::Score => format!("{} points", parts(line.value).0),
                Metric::Kind(_) => number(line.value),
            },
            segments: line.segments,
        };
        Self {
            rows: lines.into_iter().zip(0..).map(row).collect(),
            ..self
        }
    }

    /// With a place.
    pub(super) fn with_place(self, place: PlaceView) -> Self {
        Self {
            place: Some(place),
            ..self
        }
    }

    /// The card as SVG, with what is said of all data here.
    fn render(mut self, api: &Api, theme: Theme) -> Result<Vec<u8>, Problem> {
        let notice = api.settings().demo_notice.as_deref();
        self.style = theme.style();
        self.notice = notice.map(|notice| FOOT.fitted(notice, ACROSS));
        render(&self)
    }
}

/// Answers with a card, in shapes or in pixels, from memory or as it is drawn.
pub(super) async fn answer_card(
    api: &Api,
    headers: &HeaderMap,
    form: Form,
    theme: Theme,
    request: String,
    card: impl Future<Output = Result<(DataVersion, Card), Problem>>,
) -> Result<Response, Problem> {
    let theme = match form {
        Form::Pixels => theme.in_the_light(),
        _ => theme,
    };
    // Apart from the rest: what loads a board is large, and it is handed on often.
    let draw = Box::pin(async {
        let (version, card) = card.await?;
        Ok((version, card.render(api, theme)?))
    });
    match form {
        Form::Pixels => answer_pixels(api, headers, theme, request, draw).await,
        _ => answer_image(api, headers, theme, request, draw).await,
    }
}
