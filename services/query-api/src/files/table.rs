//! Tables as comma-separated values (RFC 4180).

use std::borrow::Cow;
use std::io::Error;

use super::row::{Cell, Row};
use crate::points::decimal;

/// The line of names.
pub(super) fn write_names<R: Row>() -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(R::columns().iter().map(|column| column.name))?;
    writer.into_inner().map_err(|error| error.into_error())
}

/// The lines of some rows.
pub(super) fn write_lines<R: Row>(rows: &[R]) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let cells = row.cells()?;
        let cells = cells.iter().map(shown);
        writer.write_record(cells.map(|cell| cell.into_owned().into_bytes()))?;
    }
    writer.into_inner().map_err(|error| error.into_error())
}

fn shown<'a>(cell: &'a Cell<'_>) -> Cow<'a, str> {
    match cell {
        Cell::Word(text) => Cow::Borrowed(text),
        Cell::Name(text) => plain(text),
        Cell::Number(number) => Cow::Owned(number.to_string()),
        Cell::Points(thousandths) => Cow::Owned(decimal(*thousandths)),
        Cell::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
        Cell::Instant(at) => Cow::Owned(at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
        Cell::Nothing => Cow::Borrowed(""),
    }
}

/// A text of others as a cell. Spreadsheets run what begins like a formula, so
/// such a text gets an apostrophe before it, which they take for plain text.
fn plain(of_others: &str) -> Cow<'_, str> {
    if of_others.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        return Cow::Owned(format!("'{of_others}"));
    }
    Cow::Borrowed(of_others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_others_are_no_formulas() {
        for formula in ["=1", "+1", "-a/b", "@a/b", "\t=1", "\r=1"] {
            assert_eq!(plain(formula), format!("'{formula}"));
            assert_eq!(shown(&Cell::Name(formula)), format!("'{formula}"));
            assert_eq!(shown(&Cell::word(formula)), formula);
        }
        assert_eq!(plain("a/b=c"), "a/b=c");
        assert_eq!(shown(&Cell::Points(-1_005)), "-1.005");
    }
}
