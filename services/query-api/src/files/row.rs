//! Rows of tables, whichever form these are written in.

use std::borrow::Cow;
use std::io::Error;

use chrono::{DateTime, Utc};
use domain::Thousandths;
use serde::Serialize;

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) sort: Sort,
    /// Whether there may be nothing in it.
    pub(crate) optional: bool,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Text,
    Number,
    /// Thousandths of a point, shown in points.
    Points,
    Flag,
    Instant,
}

impl Column {
    /// A column that says something of every row.
    pub(crate) const fn of(name: &'static str, sort: Sort) -> Self {
        Self {
            name,
            sort,
            optional: false,
        }
    }

    /// A column that says nothing of some rows.
    pub(crate) const fn optional(name: &'static str, sort: Sort) -> Self {
        Self {
            name,
            sort,
            optional: true,
        }
    }
}

/// What stands in a column of one row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    /// A text of ours.
    Word(Cow<'a, str>),
    /// A text of others, who may have meant something by how it begins.
    Name(&'a str),
    Number(i64),
    Points(Thousandths),
    Flag(bool),
    Instant(DateTime<Utc>),
    Nothing,
}

impl<'a> Cell<'a> {
    pub(crate) fn word(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Word(text.into())
    }

    /// A number that may not be known.
    pub(crate) fn number(number: Option<impl TryInto<i64>>) -> Self {
        match number {
            Some(number) => Self::Number(number.try_into().unwrap_or(i64::MAX)),
            None => Self::Nothing,
        }
    }
}

/// A row: as a document of its own, and as cells of a table.
pub(crate) trait Row: Serialize + Send + Sync {
    /// The columns of the table.
    fn columns() -> Vec<Column>;

    /// What stands in them.
    fn cells(&self) -> Result<Vec<Cell<'_>>, Error>;
}
