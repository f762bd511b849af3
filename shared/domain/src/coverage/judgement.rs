//! Judging an hour of a repository: what each source saw of it, what it should
//! have shown, and how complete that is.

use std::collections::{BTreeMap, BTreeSet};

use super::{CoverageVerdict, Extent};
use crate::{ContributionKind, Source, is_key_of_content};

/// A contribution of an hour, and who saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its kind.
    pub kind: ContributionKind,
    /// Its semantic key.
    pub key: String,
    /// The sources that saw it, or the push it came with.
    pub by: BTreeSet<Source>,
}

/// What a source has of an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourAtSource {
    /// The source.
    pub source: Source,
    /// How far it was read.
    pub extent: Extent,
    /// Contributions that it saw.
    pub observed: u64,
    /// Contributions that it should have shown, as far as others tell; `None`
    /// where nobody else can tell.
    pub expected: Option<u64>,
    /// Those that it did not show, by kind.
    pub missing: BTreeMap<ContributionKind, u64>,
    /// The sources that have some of them.
    pub had_by: BTreeSet<Source>,
    /// How complete it is.
    pub verdict: CoverageVerdict,
}

/// Every source.
const SOURCES: [Source; 4] = [
    Source::Archive,
    Source::Api,
    Source::Webhook,
    Source::Bigquery,
];

impl Seen {
    /// Whether a source would show it under the same key, had it read it.
    fn can_be_seen_by(&self, source: Source) -> bool {
        if self.by.contains(&source) {
            return true;
        }
        // What has no id is known by all that one source says of it; webhooks
        // know neither the ids of events nor those of pushes.
        let by_number = self.key.starts_with("event:") || self.key.starts_with("push:");
        let only_webhooks = self.by.iter().all(|by| *by == Source::Webhook);
        !is_key_of_content(&self.key)
            && !(by_number && (source == Source::Webhook || only_webhooks))
    }
}

/// Judges an hour of a repository at every source: by how far each was read of
/// it, and by what was seen of it from anywhere.
///
/// A source is complete if it was read to the end, shows everything that any
/// source saw, and either was promised to be so or another source that was read
/// to the end knows of nothing more. Webhooks cannot tell what they were not
/// sent, so they vouch for nobody.
#[must_use]
pub fn judge_hour(extents: &BTreeMap<Source, Extent>, seen: &[Seen]) -> Vec<HourAtSource> {
    let extent = |source: Source| extents.get(&source).cloned().unwrap_or_default();
    let judged = SOURCES.into_iter().map(|source| {
        let others = || SOURCES.into_iter().filter(move |other| *other != source);
        let vouched = others().any(|other| other != Source::Webhook && extent(other).is_whole());
        let witnessed = others().any(|other| {
            extent(other) != Extent::Unread || seen.iter().any(|one| one.by.contains(&other))
        });
        let mut hour = HourAtSource {
            source,
            extent: extent(source),
            observed: 0,
            expected: None,
            missing: BTreeMap::new(),
            had_by: BTreeSet::new(),
            verdict: CoverageVerdict::Missing,
        };
        for one in seen.iter().filter(|one| one.can_be_seen_by(source)) {
            if one.by.contains(&source) {
                hour.observed += 1;
            } else {
                *hour.missing.entry(one.kind).or_default() += 1;
                hour.had_by.extend(&one.by);
            }
        }
        let all = hour.observed + hour.missing.values().sum::<u64>();
        hour.expected = (witnessed || hour.extent == Extent::Verified).then_some(all);
        hour.verdict = verdict(&hour, vouched);
        hour
    });
    judged.collect()
}

fn verdict(hour: &HourAtSource, vouched: bool) -> CoverageVerdict {
    let nothing = hour.observed == 0;
    match &hour.extent {
        Extent::Unread if nothing => CoverageVerdict::Missing,
        _ if nothing && !hour.missing.is_empty() => CoverageVerdict::Missing,
        Extent::Unread | Extent::Part(_) => CoverageVerdict::Partial,
        _ if !hour.missing.is_empty() => CoverageVerdict::Partial,
        Extent::Verified => CoverageVerdict::Complete,
        Extent::Whole if vouched => CoverageVerdict::Complete,
        Extent::Whole => CoverageVerdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Loss;
    use super::*;

    fn seen(key: &str, by: &[Source]) -> Seen {
        Seen {
            kind: ContributionKind::Comment,
            key: key.to_owned(),
            by: by.iter().copied().collect(),
        }
    }

    fn verdicts(extents: &[(Source, Extent)], seen: &[Seen]) -> Vec<CoverageVerdict> {
        let extents = extents.iter().cloned().collect();
        let judged = judge_hour(&extents, seen).into_iter();
        judged.map(|hour| hour.verdict).collect()
    }

    use CoverageVerdict::{Complete, Missing, Partial, Unknown};
    use Source::{Api, Archive, Bigquery, Webhook};

    #[test]
    fn nobody_vouches_for_a_single_source() {
        let whole = (Archive, Extent::Whole);
        let all = [seen("comment:1", &[Archive])];
        assert_eq!(
            verdicts(std::slice::from_ref(&whole), &all),
            [Unknown, Missing, Missing, Missing]
        );
        let both = [seen("comment:1", &[Archive, Bigquery])];
        let others = [whole.clone(), (Bigquery, Extent::Whole)];
        assert_eq!(
            verdicts(&others, &both),
            [Complete, Missing, Missing, Complete]
        );
        // Nothing happened, and both say so.
        assert_eq!(verdicts(&others, &[])[0], Complete);
        let hook = [whole, (Webhook, Extent::Whole)];
        let both = [seen("comment:1", &[Archive, Webhook])];
        assert_eq!(
            verdicts(&hook, &both),
            [Unknown, Missing, Complete, Missing]
        );
    }

    #[test]
    fn what_others_saw_tells_of_a_loss() {
        let all = [
            seen("comment:1", &[Archive, Api]),
            seen("comment:2", &[Api]),
        ];
        let extents = [
            (Archive, Extent::Verified),
            (Api, Extent::part(Loss::OutOfReach)),
        ];
        assert_eq!(
            verdicts(&extents, &all),
            [Partial, Partial, Missing, Missing]
        );
        let judged = judge_hour(&extents.into_iter().collect(), &all);
        assert_eq!((judged[0].observed, judged[0].expected), (1, Some(2)));
        assert_eq!(judged[0].missing[&ContributionKind::Comment], 1);
        assert_eq!(judged[0].had_by, BTreeSet::from([Api]));
    }

    #[test]
    fn what_another_source_cannot_show_is_not_missing_there() {
        let extents = [
            (Archive, Extent::Whole),
            (Bigquery, Extent::Whole),
            (Webhook, Extent::Whole),
        ];
        let all = [
            seen("digest:ab", &[Archive]),
            seen(
                "event:GollumEvent:9:2016-01-01T00:00:01Z",
                &[Archive, Bigquery],
            ),
            seen("push:7:abc", &[Webhook]),
        ];
        assert_eq!(
            verdicts(&extents, &all),
            [Complete, Missing, Complete, Complete]
        );
    }
}
