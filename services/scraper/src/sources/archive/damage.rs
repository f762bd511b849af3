//! Damages: what could not be read of a file, and where it was.

/// Bytes of what could not be read that are kept for a person to look at.
pub(super) const KEPT: usize = 4_096;

/// Something that could not be read. All else of the file was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The line within the file, counted from 1.
    pub line: u64,
    /// What was wrong.
    pub error: String,
    /// The beginning of what was there, with what is not UTF-8 replaced.
    pub content: String,
    /// Number of bytes there were in all.
    pub bytes: u64,
}

impl Damage {
    /// A damage with all of what was there at hand.
    #[must_use]
    pub fn new(line: u64, error: String, content: &[u8]) -> Self {
        Self::cut(line, error, content, content.len() as u64)
    }

    /// A damage of which only the beginning is at hand.
    pub(super) fn cut(line: u64, error: String, head: &[u8], bytes: u64) -> Self {
        let head = head.get(..KEPT).unwrap_or(head);
        // No database takes a NUL in a text.
        let content = String::from_utf8_lossy(head).replace('\0', "\u{fffd}");
        Self {
            line,
            error,
            content,
            bytes,
        }
    }
}
