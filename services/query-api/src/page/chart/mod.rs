//! Charts as drawings: everything is laid out here, and the template writes it
//! down. Beside each stands a table with the same numbers.

mod layout;
mod scale;

pub(crate) use layout::{Plot, Series, Shape, chart};

/// Something to read off beside a chart's height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub(crate) y: i64,
    pub(crate) label: String,
}

/// What stands below a place of the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) x: i64,
    pub(crate) text: String,
}

/// A part of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) x: i64,
    pub(crate) y: i64,
    pub(crate) width: i64,
    pub(crate) height: i64,
    pub(crate) colour: &'static str,
    /// What it stands for, for whoever points at it.
    pub(crate) title: String,
}

/// A line, and the places it goes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) colour: &'static str,
    /// As an SVG polyline takes them.
    pub(crate) points: String,
    pub(crate) marks: Vec<Mark>,
}

/// A place on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) x: i64,
    pub(crate) y: i64,
    pub(crate) title: String,
}

/// One entry of the legend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) colour: &'static str,
}

/// A chart, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) width: i64,
    pub(crate) height: i64,
    /// Where the scale begins and ends.
    pub(crate) left: i64,
    pub(crate) right: i64,
    /// Where labels stand.
    pub(crate) foot: i64,
    /// What it shows, for those who do not see it.
    pub(crate) summary: String,
    pub(crate) legend: Vec<Entry>,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) labels: Vec<Label>,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) lines: Vec<Line>,
    /// A height that is not to be reached.
    pub(crate) limit: Option<Tick>,
}
