//! Numbers side by side.

use std::collections::BTreeMap;

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
        .any(|subject| subject.numbers.contributors.is_none())
    {
        rows.push(rank_row(subjects));
    }
    rows.push(row(
        "Points",
        None,
        subjects,
        |subject| subject.numbers.score,
        parts,
    ));
    if subjects
        .iter()
        .any(|subject| subject.numbers.contributors.is_some())
    {
        let contributors = |subject: &Subject| as_number(subject.numbers.contributors.unwrap_or(0));
        rows.push(row("Contributors", None, subjects, contributors, whole));
    }
    let days = |subject: &Subject| as_number(subject.numbers.days().len());
    rows.push(row("Days with contributions", None, subjects, days, whole));
    rows.push(last_row(subjects));
    rows.extend(kind_rows(subjects));
    Table { rows }
}

/// A row of each kind of which there are any, those of which there are most first.
fn kind_rows(subjects: &[Subject]) -> Vec<Row> {
    let counts: Vec<_> = subjects
        .iter()
        .map(|subject| subject.numbers.by_kind())
        .collect();
    let mut sums: BTreeMap<ContributionKind, i64> = BTreeMap::new();
    for (kind, count) in counts.iter().flatten() {
        *sums.entry(*kind).or_default() += count;
    }
    let mut kinds: Vec<(ContributionKind, i64)> = sums.into_iter().collect();
    kinds.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    let row = |(kind, _)| {
        let values = counts.iter();
        let values = values.map(|counts| counts.get(&kind).copied().unwrap_or(0));
        let values: Vec<i64> = values.collect();
        row_of(kind_words(kind), Some(colour_of(kind)), &values, whole)
    };
    kinds.into_iter().map(row).collect()
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
    row_of(name, colour, &values, shown)
}

fn row_of(
    name: &'static str,
    colour: Option<&'static str>,
    values: &[i64],
    shown: fn(i64) -> (String, String),
) -> Row {
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
    let best = subjects
        .iter()
        .filter_map(|subject| subject.numbers.rank)
        .min();
    let cell = |subject: &Subject| Cell {
        shown: match subject.numbers.rank {
            Some(rank) => format!("#{}", number(i64::try_from(rank).unwrap_or(i64::MAX))),
            None => "not on the board".to_owned(),
        },
        decimals: String::new(),
        best: subject.numbers.rank.is_some() && subject.numbers.rank == best && subjects.len() > 1,
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
        shown: match subject.numbers.days().last() {
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
