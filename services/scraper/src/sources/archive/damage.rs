//! Damages: what could not be read of a file, and where it was.

/// Bytes kept of what could not be read: more than nearly all events have. The
/// rest of a longer one is in its file.
pub(super) const KEPT: usize = 64 * 1_024;

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
