//! Commits and the pushes they came with. A source that saw a push saw all its
//! commits, whether its event lists them, counts them, or tells of neither.

use std::collections::{BTreeSet, HashMap};

use crate::{PushKey, Source};

/// Which sources saw which pushes of one repository.
#[derive(Clone, Debug, Default)]
pub struct Pushes {
    seen: HashMap<PushKey, BTreeSet<Source>>,
    /// Pushes that are the same under another key: sources that know no push
    /// ids give them keys of their own.
    same: HashMap<PushKey, PushKey>,
}

impl Pushes {
    /// That a source saw a push, or something that came with it.
    pub fn see(&mut self, push: PushKey, source: Source) {
        self.seen.entry(push).or_default().insert(source);
    }

    /// That two keys are of the same push, the first being that of a source
    /// without push ids.
    pub fn same(&mut self, push: PushKey, as_this: PushKey) {
        if push != as_this {
            self.same.insert(push, as_this);
        }
    }

    /// The sources that saw a push.
    #[must_use]
    pub fn seen_by(&self, push: &PushKey) -> BTreeSet<Source> {
        let other = self.same.get(push);
        let keys = std::iter::once(push).chain(other);
        let sources = keys.filter_map(|key| self.seen.get(key)).flatten();
        sources.copied().collect()
    }
}

/// The sources that saw a commit by having seen a push it came with.
#[must_use]
pub fn covered_by_push<'a>(
    pushes: &Pushes,
    came_with: impl IntoIterator<Item = &'a PushKey>,
) -> BTreeSet<Source> {
    let seen = came_with.into_iter().map(|push| pushes.seen_by(push));
    seen.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_known_under_both_its_keys() {
        let key = |text: &str| PushKey(text.to_owned());
        let mut pushes = Pushes::default();
        pushes.see(key("55"), Source::Archive);
        pushes.see(key("push:7:abc"), Source::Webhook);
        let seen = |name: &str| covered_by_push(&pushes, [&key(name)]);
        assert_eq!(seen("push:7:abc"), BTreeSet::from([Source::Webhook]));
        pushes.same(key("push:7:abc"), key("55"));
        let both = BTreeSet::from([Source::Webhook, Source::Archive]);
        let seen = covered_by_push(&pushes, [&key("push:7:abc")]);
        assert_eq!(seen, both);
        assert!(covered_by_push(&pushes, [&key("56")]).is_empty());
    }
}
