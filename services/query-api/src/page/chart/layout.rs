//! Where everything of a chart stands.

use super::scale::Scale;
use super::{Chart, Entry, Label, Line, Mark, Piece, Tick};

/// The size of every chart, and of its margins, in units of the drawing.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 250;
const LEAST_LEFT: i64 = 56;
const RIGHT: i64 = 12;
const TOP: i64 = 14;
const FOOT: i64 = 28;

/// A digit beside the scale where it is set largest, which is on phones, and what is
/// between it and the scale.
const DIGIT: i64 = 13;
const GAP: i64 = 10;

/// Labels below the chart at most.
const LABELS: usize = 8;

/// How values are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Columns, the series on top of each other.
    Stacked,
    /// Columns, the series side by side.
    Beside,
    Lines,
}

/// One thing over all places.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    /// A class of the style sheet.
    pub(crate) colour: &'static str,
    /// None below zero; as many as there are places.
    pub(crate) values: Vec<i64>,
}

/// What is to be drawn.
pub(crate) struct Plot<'a> {
    pub(crate) summary: String,
    pub(crate) shape: Shape,
    /// What each place is called, below it and in full.
    pub(crate) places: &'a [(String, String)],
    pub(crate) series: Vec<Series>,
    /// A value that is not to be reached, and what it is.
    pub(crate) limit: Option<(i64, String)>,
    /// A value beside the scale, and a value in words.
    pub(crate) scale: fn(i64) -> String,
    pub(crate) words: fn(i64) -> String,
}

/// Lays out a chart; `None` where there is nothing to draw.
pub(crate) fn chart(plot: &Plot<'_>) -> Option<Chart> {
    let most = most(plot);
    if plot.places.is_empty() || most == 0 {
        return None;
    }
    // A limit far above everything would flatten what there is.
    let limit = plot.limit.as_ref().filter(|(limit, _)| *limit <= most * 3);
    let scale = Scale::up_to(limit.map_or(most, |(limit, _)| most.max(*limit)));
    let left = left_of(scale.steps().map(plot.scale));
    let canvas = Canvas { plot, scale, left };
    let (mut pieces, mut lines) = (Vec::new(), Vec::new());
    match plot.shape {
        Shape::Stacked => pieces = canvas.stacked(),
        Shape::Beside => pieces = canvas.beside(),
        Shape::Lines => lines = canvas.lines(),
    }
    Some(Chart {
        width: WIDTH,
        height: HEIGHT,
        left,
        right: WIDTH - RIGHT,
        foot: HEIGHT - FOOT,
        summary: plot.summary.clone(),
        legend: plot
            .series
            .iter()
            .map(|series| Entry {
                name: series.name.clone(),
                colour: series.colour,
            })
            .collect(),
        ticks: scale
            .steps()
            .map(|value| Tick {
                y: canvas.y(value),
                label: (plot.scale)(value),
            })
            .collect(),
        labels: canvas.labels(),
        pieces,
        lines,
        limit: limit.map(|(value, name)| Tick {
            y: canvas.y(*value),
            label: name.clone(),
        }),
    })
}

/// Where the scale begins, so that there is room for all that stands beside it.
fn left_of(labels: impl Iterator<Item = String>) -> i64 {
    let longest = labels.map(|label| label.chars().count()).max().unwrap_or(0);
    let longest = i64::try_from(longest).unwrap_or(0);
    (longest * DIGIT + GAP).clamp(LEAST_LEFT, WIDTH / 3)
}

/// The greatest height that is reached.
fn most(plot: &Plot<'_>) -> i64 {
    let at = |place: usize| {
        let values = plot.series.iter().filter_map(|one| one.values.get(place));
        match plot.shape {
            Shape::Stacked => values.sum(),
            Shape::Beside | Shape::Lines => values.copied().max().unwrap_or(0),
        }
    };
    (0..plot.places.len()).map(at).max().unwrap_or(0)
}

struct Canvas<'a> {
    plot: &'a Plot<'a>,
    scale: Scale,
    left: i64,
}

impl Canvas<'_> {
    fn y(&self, value: i64) -> i64 {
        HEIGHT - FOOT - self.scale.height(value, HEIGHT - FOOT - TOP)
    }

    /// Where a part of a place begins, of as many as there are.
    fn x(&self, part: i64, parts: i64) -> i64 {
        self.left + (WIDTH - RIGHT - self.left) * part / parts.max(1)
    }

    fn places(&self) -> i64 {
        i64::try_from(self.plot.places.len()).unwrap_or(i64::MAX)
    }

    fn title(&self, series: &Series, place: usize, value: i64) -> String {
        let when = self.plot.places.get(place).map_or("", |(_, full)| full);
        format!("{when}: {}, {}", series.name, (self.plot.words)(value))
    }

    fn stacked(&self) -> Vec<Piece> {
        let mut below = vec![0; self.plot.places.len()];
        let mut pieces = Vec::new();
        for series in &self.plot.series {
            for (place, value) in series.values.iter().enumerate().take(below.len()) {
                let (from, until) = (below[place], below[place] + value);
                below[place] = until;
                if *value > 0 {
                    pieces.push(self.piece(series, place, (0, 1), (from, until)));
                }
            }
        }
        pieces
    }

    fn beside(&self) -> Vec<Piece> {
        let all = self.plot.series.len();
        let mut pieces = Vec::new();
        for (index, series) in self.plot.series.iter().enumerate() {
            for (place, value) in series.values.iter().enumerate() {
                if *value > 0 {
                    pieces.push(self.piece(series, place, (index, all), (0, *value)));
                }
            }
        }
        pieces
    }

    /// A piece of a column, the `index`th of `all` of its place.
    fn piece(
        &self,
        series: &Series,
        place: usize,
        (index, all): (usize, usize),
        (from, until): (i64, i64),
    ) -> Piece {
        let [place_number, index, all] =
            [place, index, all].map(|count| i64::try_from(count).unwrap_or(0));
        let (begin, end) = (
            self.x(place_number, self.places()),
            self.x(place_number + 1, self.places()),
        );
        // A fifth of each place stays empty, and few columns stay slim.
        let room = (end - begin) * 4 / 5;
        let width = (room / all.max(1)).clamp(1, 64);
        let start = begin + (end - begin - width * all) / 2 + width * index;
        let (top, bottom) = (self.y(until), self.y(from));
        Piece {
            x: start,
            // What is more than nothing is seen.
            y: top.min(bottom - 1),
            width: (width - i64::from(all > 1)).max(1),
            height: (bottom - top).max(1),
            colour: series.colour,
            title: self.title(series, place, until - from),
        }
    }

    fn lines(&self) -> Vec<Line> {
        let line = |series: &Series| {
            let marks: Vec<Mark> = series
                .values
                .iter()
                .enumerate()
                .map(|(place, value)| Mark {
                    x: self.middle(place),
                    y: self.y(*value),
                    title: self.title(series, place, *value),
                })
                .collect();
            let points: Vec<String> = marks
                .iter()
                .map(|mark| format!("{},{}", mark.x, mark.y))
                .collect();
            Line {
                colour: series.colour,
                points: points.join(" "),
                marks,
            }
        };
        self.plot.series.iter().map(line).collect()
    }

    /// The middle of a place.
    fn middle(&self, place: usize) -> i64 {
        let place = i64::try_from(place).unwrap_or(0);
        self.x(2 * place + 1, 2 * self.places())
    }

    /// As many labels as there is room for, at equal distances.
    fn labels(&self) -> Vec<Label> {
        let every = self.plot.places.len().div_ceil(LABELS).max(1);
        let places = self.plot.places.iter().enumerate().step_by(every);
        places
            .map(|(place, (short, _))| Label {
                x: self.middle(place),
                text: short.clone(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(names: &[&str]) -> Vec<(String, String)> {
        let place = |name: &&str| ((*name).to_owned(), format!("{name} in full"));
        names.iter().map(place).collect()
    }

    fn series(name: &str, values: &[i64]) -> Series {
        Series {
            name: name.to_owned(),
            colour: "s-1",
            values: values.to_vec(),
        }
    }

    fn plot(shape: Shape, places: &[(String, String)], series: Vec<Series>) -> Plot<'_> {
        Plot {
            summary: String::new(),
            shape,
            places,
            series,
            limit: None,
            scale: |value| value.to_string(),
            words: |value| format!("{value} points"),
        }
    }

    #[test]
    fn stacked_pieces_meet_and_stay_on_the_scale() {
        let places = places(&["a", "b"]);
        let all = vec![series("one", &[3, 0]), series("two", &[1, 4])];
        let drawn = chart(&plot(Shape::Stacked, &places, all)).unwrap();
        assert_eq!(drawn.pieces.len(), 3);
        let (lower, upper) = (&drawn.pieces[0], &drawn.pieces[1]);
        assert_eq!(upper.y + upper.height, lower.y);
        assert_eq!(lower.y + lower.height, drawn.foot);
        assert_eq!(drawn.pieces[0].title, "a in full: one, 3 points");
        assert_eq!(drawn.pieces[2].y, TOP);
    }

    #[test]
    fn columns_side_by_side_do_not_overlap() {
        let places = places(&["a", "b", "c"]);
        let all = (0..5).map(|_| series("one", &[1, 2, 3])).collect();
        let drawn = chart(&plot(Shape::Beside, &places, all)).unwrap();
        let mut edges: Vec<(i64, i64)> = drawn
            .pieces
            .iter()
            .map(|piece| (piece.x, piece.x + piece.width))
            .collect();
        edges.sort_unstable();
        assert!(
            edges.windows(2).all(|two| two[0].1 <= two[1].0),
            "{edges:?}"
        );
        assert!(edges[0].0 >= drawn.left && edges[14].1 <= drawn.right);
    }

    #[test]
    fn lines_go_through_every_place() {
        let places = places(&["a", "b", "c"]);
        let drawn = chart(&plot(
            Shape::Lines,
            &places,
            vec![series("one", &[0, 5, 2])],
        ))
        .unwrap();
        let line = &drawn.lines[0];
        assert_eq!(line.marks.len(), 3);
        assert!(
            line.points
                .starts_with(&format!("{},{}", line.marks[0].x, drawn.foot))
        );
    }

    #[test]
    fn there_is_room_for_what_stands_beside_the_scale() {
        let left = |label: &str| left_of([label.to_owned(), "0".to_owned()].into_iter());
        assert_eq!(left("20"), LEAST_LEFT);
        assert!(left("2,500") > LEAST_LEFT && left("2,500") < left("250,000"));
        assert!(left(&"9".repeat(60)) < WIDTH / 2);
        let places = places(&["a"]);
        let drawn = chart(&plot(
            Shape::Lines,
            &places,
            vec![series("one", &[9_000_000])],
        ));
        let drawn = drawn.unwrap();
        assert!(drawn.left > LEAST_LEFT && drawn.lines[0].marks[0].x > drawn.left);
    }

    #[test]
    fn a_limit_far_above_is_left_out_and_nothing_is_not_drawn() {
        let places = places(&["a"]);
        let mut asked = plot(Shape::Stacked, &places, vec![series("one", &[10])]);
        asked.limit = Some((20, "ceiling".to_owned()));
        assert!(chart(&asked).unwrap().limit.is_some());
        asked.limit = Some((1_000, "ceiling".to_owned()));
        assert_eq!(chart(&asked).unwrap().limit, None);
        asked.series = vec![series("one", &[0])];
        assert_eq!(chart(&asked), None);
    }

    #[test]
    fn labels_are_few() {
        let names: Vec<String> = (0..31).map(|day| day.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let places = places(&names);
        let values = vec![1; 31];
        let drawn = chart(&plot(Shape::Lines, &places, vec![series("one", &values)])).unwrap();
        assert!(drawn.labels.len() <= LABELS);
        assert_eq!(drawn.labels[0].text, "0");
    }
}
