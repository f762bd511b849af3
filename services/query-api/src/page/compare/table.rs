//! Numbers side by side.

use domain::ContributionKind;

use super::Subject;
use crate::page::bar::colour_of;
use crate::page::words::{day_words, kind_words};
use crate::points::{number, parts};

/// A number of one subject.
pub(super) struct Cell {
    pub(super) shown: String,
    /// Decimals, set smaller.
    pub(super) decimals: String,
    /// Whether no other is better, and some is less.
    pub(super) best: bool,
    /// Thousandths of the largest of the row, where a bar says something.
    pub(super) length: Option<i64>,
}

/// A number of every subject.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// The class of the colour of a kind.
    pub(super) colour: Option<&'static str>,
    pub(super) cells: Vec<Cell>,
}

/// All numbers.
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
}

pub(super) fn table(subjects: &[Subject]) -> Table {
    let mut rows = Vec::new();
    if subjects
        .iter()
        .any(|subject| subject.contributors.is_none())
    {
        rows.push(rank_row(subjects));
    }
    rows.push(row(
        "Points",
        None,
        subjects,
        |subject| subject.score,
        parts,
    ));
    if subjects
        .iter()
        .any(|subject| subject.contributors.is_some())
    {
        let contributors = |subject: &Subject| as_number(subject.contributors.unwrap_or(0));
        rows.push(row("Contributors", None, subjects, contributors, whole));
    }
    let days = |subject: &Subject| as_number(subject.days().len());
    rows.push(row("Days with contributions", None, subjects, days, whole));
    rows.push(last_row(subjects));
    let mut kinds: Vec<(i64, ContributionKind)> = ContributionKind::ALL
        .into_iter()
        .map(|kind| {
            (
                subjects.iter().map(|subject| subject.count(kind)).sum(),
                kind,
            )
        })
        .filter(|(sum, _)| *sum > 0)
        .collect();
    kinds.sort_by_key(|(sum, _)| std::cmp::Reverse(*sum));
    for (_, kind) in kinds {
        let colour = Some(colour_of(kind));
        let count = |subject: &Subject| subject.count(kind);
        rows.push(row(kind_words(kind), colour, subjects, count, whole));
    }
    Table { rows }
}

fn as_number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn whole(value: i64) -> (String, String) {
    (number(value), String::new())
}

fn row(
    name: &'static str,
    colour: Option<&'static str>,
    subjects: &[Subject],
    value: impl Fn(&Subject) -> i64,
    shown: fn(i64) -> (String, String),
) -> Row {
    let values: Vec<i64> = subjects.iter().map(value).collect();
    let most = values.iter().copied().max().unwrap_or(0);
    let differ = values.iter().any(|value| *value < most);
    let cells = values.iter().map(|value| {
        let (shown, decimals) = shown(*value);
        Cell {
            shown,
            decimals,
            best: differ && *value == most,
            length: Some((value * 1_000).checked_div(most).unwrap_or(0)),
        }
    });
    Row {
        name,
        colour,
        cells: cells.collect(),
    }
}

/// The place on the board: the smallest is the best.
fn rank_row(subjects: &[Subject]) -> Row {
    let best = subjects.iter().filter_map(|subject| subject.rank).min();
    let cell = |subject: &Subject| Cell {
        shown: match subject.rank {
            Some(rank) => format!("#{}", number(i64::try_from(rank).unwrap_or(i64::MAX))),
            None => "not on the board".to_owned(),
        },
        decimals: String::new(),
        best: subject.rank.is_some() && subject.rank == best && subjects.len() > 1,
        length: None,
    };
    Row {
        name: "Rank",
        colour: None,
        cells: subjects.iter().map(cell).collect(),
    }
}

fn last_row(subjects: &[Subject]) -> Row {
    let cell = |subject: &Subject| Cell {
        shown: match subject.days().last() {
            Some(day) => day_words(*day),
            None => "–".to_owned(),
        },
        decimals: String::new(),
        best: false,
        length: None,
    };
    Row {
        name: "Last contribution",
        colour: None,
        cells: subjects.iter().map(cell).collect(),
    }
}
