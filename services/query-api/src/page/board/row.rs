//! A row of a board, in words and pieces.

use domain::{Metric, Policy};

use super::trend::Trend;
use crate::page::bar::{Cell, Segment, cells, segments};
use crate::page::words::class_mark;
use crate::points::{number, parts};
use crate::resources::leaderboard::Entry;

/// A row of a board, in words and pieces.
pub(crate) struct Row {
    pub(crate) rank: String,
    pub(crate) movement: Movement,
    pub(crate) account: String,
    pub(crate) login: String,
    /// What the account is asked for by, where several are compared.
    pub(crate) name: String,
    pub(crate) page: String,
    pub(crate) mark: Option<&'static str>,
    /// The value in whole, and its decimals if it is a score.
    pub(crate) whole: String,
    pub(crate) decimals: String,
    pub(crate) cells: Vec<Cell>,
    pub(crate) segments: Vec<Segment>,
    /// How it is spread over the period, where that is shown.
    pub(crate) trend: Option<Trend>,
}

/// What became of a place since the period before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Movement {
    /// `up`, `down`, `same` or `new`.
    pub(crate) sort: &'static str,
    /// Places gained or lost, or that there was none.
    pub(crate) shown: String,
    /// The same in words.
    pub(crate) words: String,
}

impl Movement {
    /// Places gained since a rank before, or lost when below zero; neither for
    /// who had none.
    pub(crate) fn between(places: Option<i64>, before: Option<u64>) -> Self {
        let (sort, shown, words) = match (places, before) {
            (Some(0), _) => ("same", "–".to_owned(), "as before".to_owned()),
            (Some(places), Some(before)) => {
                let before = number(i64::try_from(before).unwrap_or(i64::MAX));
                let (sort, arrow) = if places > 0 {
                    ("up", '▲')
                } else {
                    ("down", '▼')
                };
                let places = number(places.saturating_abs());
                (sort, format!("{arrow}{places}"), format!("{before} before"))
            }
            _ => (
                "new",
                "new".to_owned(),
                "not on the board before".to_owned(),
            ),
        };
        Self { sort, shown, words }
    }
}

/// What rows show, and what their links add to say which score is meant.
pub(crate) struct RowStyle<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) metric: Metric,
    pub(crate) query: String,
}

impl RowStyle<'_> {
    pub(crate) fn row(&self, entry: Entry) -> Row {
        let (whole, decimals) = match self.metric {
            Metric::Score => parts(entry.value),
            Metric::Kind(_) => (number(entry.value), String::new()),
        };
        Row {
            rank: number(i64::try_from(entry.rank).unwrap_or(i64::MAX)),
            movement: Movement::between(entry.movement, entry.previous_rank),
            page: format!("{}{}", entry.links.page, self.query),
            mark: class_mark(entry.class),
            whole,
            decimals,
            segments: segments(self.policy, &entry.counts),
            cells: cells(&entry.counts),
            name: name_of(&entry),
            account: entry.account.to_string(),
            login: entry.login,
            trend: None,
        }
    }
}

/// The login; who was never named goes by the account.
fn name_of(entry: &Entry) -> String {
    let account = &entry.account;
    let is_named = account.as_str().trim_start_matches('@') != entry.login;
    match (is_named, account.is_by_name()) {
        (true, _) => entry.login.clone(),
        (false, true) => account.to_string(),
        (false, false) => format!("id:{account}"),
    }
}
