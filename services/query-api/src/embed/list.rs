//! Boards as lists in an image: the top of one, whatever its rows are.

use std::collections::BTreeMap;

use askama::Template;
use domain::{ContributionKind, Metric, Policy};

use super::text::Font;
use super::{Theme, board_foot};
use crate::page::bar::{Segment, segments};
use crate::page::words::metric_words;
use crate::points::{number, parts};
use crate::resources::leaderboard::BoardMeta;

const TITLE: Font = Font::bold(16);
const NAME: Font = Font::bold(13);
const SMALL: Font = Font::plain(11);

/// Pixels beside everything, of a rank, of a bar, of a value, and between them.
const MARGIN: u32 = 20;
const RANK: u32 = 34;
const BAR: u32 = 96;
const VALUE: u32 = 96;
const SPACE: u32 = 14;

/// The narrowest and the widest that names are given, in pixels.
const NAMES: (u32, u32) = (150, 310);

/// Pixels above the rows, of a row, and below them.
const HEAD: u32 = 66;
const ROW: u32 = 28;
const FOOT: u32 = 38;

/// An image of a list.
#[derive(Template)]
#[template(path = "embed/board.svg")]
pub(super) struct ListImage {
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

/// Who, or what, has a row.
pub(super) struct Line {
    pub(super) rank: u64,
    pub(super) name: String,
    /// What stands beside the name.
    pub(super) mark: Option<&'static str>,
    pub(super) value: i64,
    pub(super) counts: BTreeMap<ContributionKind, i64>,
}

/// What a list says beside its rows.
pub(super) struct List<'a> {
    pub(super) title: &'a str,
    /// Whom it shows, and of when.
    pub(super) when: &'a str,
    pub(super) metric: Metric,
    /// How many there are on the whole board.
    pub(super) members: &'a str,
    /// Who is missed where nobody is on the board.
    pub(super) nobody: &'a str,
    pub(super) meta: &'a BoardMeta,
}

impl List<'_> {
    /// Draws it; `notice` says that the data is made up.
    pub(super) fn draw(&self, theme: Theme, lines: Vec<Line>, notice: Option<&str>) -> ListImage {
        let widths = lines.iter().map(|line| {
            let mark = line.mark.map_or(0, |mark| SMALL.width(mark) + 8);
            NAME.width(&line.name) + mark
        });
        let names = widths.max().unwrap_or(0).clamp(NAMES.0, NAMES.1);
        let name_start = MARGIN + RANK + 10;
        let bar_start = name_start + names + SPACE;
        let value_end = bar_start + BAR + SPACE + VALUE;
        let width = value_end + MARGIN;
        let across = width - 2 * MARGIN;
        let style = RowStyle {
            policy: &self.meta.policy,
            metric: self.metric,
            name_start,
            names,
        };
        let described = self.described(&lines);
        let rows: Vec<RowView> = lines
            .into_iter()
            .zip(0..)
            .map(|(line, place)| style.row(line, HEAD + place * ROW + ROW / 2))
            .collect();
        let subtitle = format!("{} · {}", self.when, metric_words(self.metric));
        let foot = board_foot(self.members, self.meta);
        let heights = u32::try_from(rows.len()).unwrap_or(u32::MAX).max(1);
        let rows_end = HEAD + heights * ROW;
        let notice = notice.map(|notice| SMALL.fitted(notice, across));
        let height = rows_end + FOOT + if notice.is_some() { 16 } else { 0 };
        ListImage {
            style: theme.style(),
            width,
            height,
            described,
            title: TITLE.fitted(self.title, across),
            subtitle: SMALL.fitted(&subtitle, across),
            empty: rows
                .is_empty()
                .then(|| format!("{} is on this board in this period", self.nobody)),
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

    /// The image for whoever cannot see it.
    fn described(&self, lines: &[Line]) -> String {
        let places = lines.iter().take(5).map(|line| {
            let value = match self.metric {
                Metric::Score => parts(line.value).0,
                Metric::Kind(_) => number(line.value),
            };
            let name = SMALL.fitted(&line.name, 400);
            format!("{}. {name} {value}", line.rank)
        });
        let places: Vec<String> = places.collect();
        let title = SMALL.fitted(self.title, 800);
        format!("{title}: {}. {}", self.when, places.join(", "))
    }
}

/// What rows are made with.
struct RowStyle<'a> {
    policy: &'a Policy,
    metric: Metric,
    name_start: u32,
    names: u32,
}

impl RowStyle<'_> {
    fn row(&self, line: Line, y: u32) -> RowView {
        let of_mark = line.mark.map_or(0, |mark| SMALL.width(mark) + 8);
        let name = NAME.fitted(&line.name, self.names - of_mark);
        let (whole, decimals) = match self.metric {
            Metric::Score => parts(line.value),
            Metric::Kind(_) => (number(line.value), String::new()),
        };
        RowView {
            y,
            rank: number(i64::try_from(line.rank).unwrap_or(i64::MAX)),
            mark: line.mark,
            mark_start: self.name_start + NAME.width(&name) + 8,
            name,
            whole,
            decimals,
            segments: segments(self.policy, &line.counts),
        }
    }
}
