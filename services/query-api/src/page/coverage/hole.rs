//! Holes in words.

use chrono::TimeDelta;
use domain::Source;
use domain::coverage::Gap;

use crate::page::words::{instant_words, kind_words, loss_words, source_words};
use crate::points::number;
use crate::resources::coverage::HoleResource;

/// A hole in words.
pub(super) struct HoleView {
    pub(super) hours: String,
    pub(super) source: &'static str,
    pub(super) repository: String,
    pub(super) missing: String,
    pub(super) had_by: String,
    pub(super) ways: String,
}

impl From<HoleResource> for HoleView {
    fn from(hole: HoleResource) -> Self {
        let joined = |sources: &mut dyn Iterator<Item = Source>| {
            sources.map(source_words).collect::<Vec<_>>().join(", ")
        };
        let last = hole.until - TimeDelta::hours(1);
        let hours = match hole.hours {
            1 => instant_words(hole.from),
            _ => format!("{} to {}", instant_words(hole.from), instant_words(last)),
        };
        let kinds = hole.kinds.iter().map(|(kind, count)| {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            format!("{} {}", number(count), kind_words(*kind).to_lowercase())
        });
        let missing = match hole.gap {
            Gap::Whole => "Everything".to_owned(),
            Gap::Part => {
                let losses: Vec<&str> = hole.losses.iter().map(|loss| loss_words(*loss)).collect();
                losses.join(", ")
            }
            Gap::Kinds => kinds.collect::<Vec<_>>().join(", "),
        };
        Self {
            hours,
            source: source_words(hole.source),
            repository: hole.repository.unwrap_or_default(),
            missing,
            had_by: joined(&mut hole.had_by.iter().copied()),
            ways: joined(&mut hole.ways.iter().map(|way| way.source)),
        }
    }
}
