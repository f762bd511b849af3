//! Cursors: opaque texts that say where the next page begins.
//!
//! They hold the sort key of the last row shown, not an offset, so that no
//! row is skipped or repeated when the data changes between two pages.

mod lists;
mod places;
#[cfg(test)]
mod tests;

use std::fmt::Write;

pub(crate) use places::{
    GroupCursor, HoleCursor, InstantCursor, NamedInstantCursor, RepositoryCursor, UnitCursor,
};

use crate::problem::Problem;

/// A sort key that can be a cursor.
pub(crate) trait Cursor: Sized {
    /// The parts of the key.
    fn parts(&self) -> Vec<String>;

    /// Reads what [`Cursor::parts`] wrote.
    fn from_parts(parts: &[&str]) -> Option<Self>;
}

/// A list that is read page by page.
///
/// Several lists may have sort keys of the same form. What is sent says of which
/// list it is, so that no list takes a place of another for one of its own.
pub(crate) trait List {
    /// What the list is called in its cursors, as no other is.
    const NAME: &'static str;

    /// By what its rows are sorted.
    type Place: Cursor;

    /// The cursor of the page after a place, as it is sent.
    fn cursor_after(place: &Self::Place) -> String {
        let mut text = vec![Self::NAME.to_owned()];
        text.extend(place.parts());
        to_hexadecimal(text.join("\u{1f}").as_bytes())
    }

    /// Reads the `cursor` parameter; an empty one is the first page.
    fn read_cursor(given: &str) -> Result<Option<Self::Place>, Problem> {
        if given.is_empty() {
            return Ok(None);
        }
        let read = || {
            let text = String::from_utf8(from_hexadecimal(given)?).ok()?;
            let mut parts = text.split('\u{1f}');
            (parts.next()? == Self::NAME).then_some(())?;
            Self::Place::from_parts(&parts.collect::<Vec<_>>())
        };
        read().map(Some).ok_or_else(|| {
            Problem::parameter(
                "cursor",
                given,
                "use the meta.next_cursor of the same list, unchanged, or leave it out for the first page",
            )
        })
    }
}

fn to_hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .bytes()
        .map(|digit| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        })
        .collect();
    let digits = digits?;
    digits.len().is_multiple_of(2).then(|| {
        digits
            .chunks_exact(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()
    })
}
