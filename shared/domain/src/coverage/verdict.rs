//! Coverage: how much of what happened was seen.

use serde::{Deserialize, Serialize};

/// How complete one hour of one source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverageVerdict {
    /// Everything that was expected was read.
    Complete,
    /// Read to the end, but nobody says how much there should have been.
    Unknown,
    /// Something was lost: fewer events than expected, damaged lines, or a
    /// file cut short.
    Partial,
    /// Nothing was read.
    Missing,
}

impl CoverageVerdict {
    /// The verdict as it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Unknown => "unknown",
            Self::Partial => "partial",
            Self::Missing => "missing",
        }
    }
}

/// Judges one unit (a file, an hour) by what was read from it.
///
/// `expected` is the number of events a manifest promises, `damaged` the
/// number of lines that could not be read, `whole` whether the end was reached.
#[must_use]
pub fn judge_coverage(
    observed: u64,
    expected: Option<u64>,
    damaged: u64,
    whole: bool,
) -> CoverageVerdict {
    let short = expected.is_some_and(|expected| observed < expected);
    match (observed, expected) {
        (0, Some(1..)) => CoverageVerdict::Missing,
        (0, None) if !whole => CoverageVerdict::Missing,
        _ if short || damaged > 0 || !whole => CoverageVerdict::Partial,
        (_, Some(_)) => CoverageVerdict::Complete,
        (_, None) => CoverageVerdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        assert_eq!(
            judge_coverage(10, Some(10), 0, true),
            CoverageVerdict::Complete
        );
        assert_eq!(judge_coverage(10, None, 0, true), CoverageVerdict::Unknown);
        assert_eq!(
            judge_coverage(9, Some(10), 0, true),
            CoverageVerdict::Partial
        );
        assert_eq!(judge_coverage(10, None, 1, true), CoverageVerdict::Partial);
        assert_eq!(judge_coverage(10, None, 0, false), CoverageVerdict::Partial);
        assert_eq!(
            judge_coverage(0, Some(10), 0, true),
            CoverageVerdict::Missing
        );
    }
}
