//! How far a source was read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Why less was read than there was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// The end of the file was not reached.
    CutShort,
    /// Lines of it could not be read.
    Damaged,
    /// It is not what its manifest promises.
    OffManifest,
    /// A file that holds events of the hour was not read.
    FileUnread,
    /// The source shows a part of the hour, or of its kinds, only.
    OutOfReach,
}

impl Loss {
    /// The loss as it is shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CutShort => "cut_short",
            Self::Damaged => "damaged",
            Self::OffManifest => "off_manifest",
            Self::FileUnread => "file_unread",
            Self::OutOfReach => "out_of_reach",
        }
    }
}

/// How far a source was read of something, least first.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Not at all.
    #[default]
    Unread,
    /// In part.
    Part(BTreeSet<Loss>),
    /// To the end; nobody promised how much there is.
    Whole,
    /// To the end, and it is what was promised.
    Verified,
}

impl Extent {
    /// Whether all that the source has was read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Whole | Self::Verified)
    }

    /// What is lost.
    #[must_use]
    pub fn losses(&self) -> BTreeSet<Loss> {
        match self {
            Self::Part(losses) => losses.clone(),
            _ => BTreeSet::new(),
        }
    }

    pub(super) fn part(loss: Loss) -> Self {
        Self::Part(BTreeSet::from([loss]))
    }

    /// The extent of two things that are both needed, this one first.
    pub(super) fn and(self, other: Option<&Self>) -> Self {
        let lost = |mut losses: BTreeSet<Loss>, more: BTreeSet<Loss>| {
            losses.extend(more);
            Self::Part(losses)
        };
        match (self, other) {
            (Self::Unread, _) => Self::Unread,
            (own, None | Some(Self::Unread)) => {
                lost(own.losses(), BTreeSet::from([Loss::FileUnread]))
            }
            (own, Some(Self::Part(more))) => lost(own.losses(), more.clone()),
            (Self::Verified, Some(Self::Verified)) => Self::Verified,
            (Self::Part(losses), Some(_)) => Self::Part(losses),
            (_, Some(_)) => Self::Whole,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_are_both_needed_are_as_good_as_the_worse() {
        let cut = Extent::part(Loss::CutShort);
        assert_eq!(
            Extent::Verified.and(Some(&Extent::Verified)),
            Extent::Verified
        );
        assert_eq!(Extent::Verified.and(Some(&Extent::Whole)), Extent::Whole);
        assert_eq!(Extent::Verified.and(Some(&cut)), cut);
        assert_eq!(cut.clone().and(Some(&Extent::Verified)), cut);
        assert_eq!(Extent::Whole.and(None), Extent::part(Loss::FileUnread));
        assert_eq!(Extent::Unread.and(Some(&Extent::Whole)), Extent::Unread);
    }
}
