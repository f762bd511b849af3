//! Cursors: opaque texts that say where the next page begins.
//!
//! They hold the sort key of the last row shown, not an offset, so that no
//! row is skipped or repeated when the data changes between two pages.

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
    /// Tells cursors of one list from those of another.
    const KIND: &'static str;

    /// The parts of the key.
    fn parts(&self) -> Vec<String>;

    /// Reads what [`Cursor::parts`] wrote.
    fn from_parts(parts: &[&str]) -> Option<Self>;

    /// The cursor as it is sent.
    fn encode(&self) -> String {
        let mut text = vec![Self::KIND.to_owned()];
        text.extend(self.parts());
        to_hexadecimal(text.join("\u{1f}").as_bytes())
    }

    /// Reads the `cursor` parameter; an empty one is the first page.
    fn decode(given: &str) -> Result<Option<Self>, Problem> {
        if given.is_empty() {
            return Ok(None);
        }
        let read = || {
            let text = String::from_utf8(from_hexadecimal(given)?).ok()?;
            let mut parts = text.split('\u{1f}');
            (parts.next()? == Self::KIND).then_some(())?;
            Self::from_parts(&parts.collect::<Vec<_>>())
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
