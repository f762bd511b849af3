//! Which repositories are tracked, and which of them belong together: what
//! decisions, in the order of the log, come to.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::RepositoryName;

/// Who decided something, why and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Who.
    pub actor: String,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub at: DateTime<Utc>,
}

/// A decision to track a repository, or to do so no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackingDecision {
    /// GitHub's numeric id, where it is known.
    pub id: Option<u64>,
    /// The name it bore when that was decided.
    pub name: RepositoryName,
    /// Whether it is tracked from then on.
    pub tracked: bool,
    /// Who, why, when.
    pub decided: Decided,
}

/// A repository about which something was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedRepository {
    /// The latest decision, with the present name and whatever id is known.
    pub latest: TrackingDecision,
    /// Names it bore in earlier decisions.
    pub former_names: Vec<RepositoryName>,
}

/// A named group of repositories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryGroup {
    /// Its repositories, by the names they bore when the group was defined.
    pub repositories: Vec<RepositoryName>,
    /// Who, why, when.
    pub decided: Decided,
}

/// All that was decided about tracking. The latest decision counts; a
/// repository is followed by its id through renames and transfers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tracking {
    /// By the place of the first decision about each.
    repositories: BTreeMap<usize, DecidedRepository>,
    by_id: HashMap<u64, usize>,
    /// Those that bear a name, in lower case.
    by_name: HashMap<String, BTreeSet<usize>>,
    groups: BTreeMap<String, RepositoryGroup>,
}

impl Tracking {
    /// Takes the next decision.
    ///
    /// One with an id is about the repository of that id, whatever it was
    /// called before. One without is about the repository that bears the name.
    pub fn decide(&mut self, decision: TrackingDecision) {
        let place = match decision.id {
            Some(id) => self.place_by_id(id, &decision.name),
            None => self.place_by_name(&decision.name),
        };
        let last = self.repositories.last_key_value();
        let next = last.map_or(0, |(last, _)| last + 1);
        let place = place.unwrap_or(next);
        let decided = match self.take_out(place) {
            Some(known) => known.followed_by(decision),
            None => DecidedRepository {
                latest: decision,
                former_names: Vec::new(),
            },
        };
        self.put(place, decided);
    }

    /// Takes the next definition of a group.
    pub fn define(&mut self, name: String, group: RepositoryGroup) {
        self.groups.insert(name, group);
    }

    /// What was decided about the repository that bears a name.
    #[must_use]
    pub fn find(&self, name: &RepositoryName) -> Option<&DecidedRepository> {
        self.repositories.get(&self.place_by_name(name)?)
    }

    /// What was decided about the repository of an id.
    #[must_use]
    pub fn of_id(&self, id: u64) -> Option<&DecidedRepository> {
        self.repositories.get(self.by_id.get(&id)?)
    }

    /// The repositories that are tracked, by name.
    #[must_use]
    pub fn tracked(&self) -> Vec<&DecidedRepository> {
        let all = self.repositories.values();
        let mut tracked: Vec<_> = all.filter(|known| known.latest.tracked).collect();
        tracked.sort_by_key(|known| lower(&known.latest.name));
        tracked
    }

    /// The groups, by name.
    pub fn groups(&self) -> impl Iterator<Item = (&str, &RepositoryGroup)> {
        let groups = self.groups.iter();
        groups.map(|(name, group)| (name.as_str(), group))
    }

    /// A group.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&RepositoryGroup> {
        self.groups.get(name)
    }

    /// The present name of a repository that may have been renamed since.
    #[must_use]
    pub fn present_name(&self, name: &RepositoryName) -> RepositoryName {
        let bore = |known: &&DecidedRepository| known.former_names.iter().any(|f| same(f, name));
        let bears = self.bearers(name).next().map(|(_, known)| known);
        let found = bears.or_else(|| self.repositories.values().find(bore));
        found.map_or_else(|| name.clone(), |known| known.latest.name.clone())
    }

    /// The place of the id; else that of a name of which no id is known yet.
    /// Once a repository's id is known, a decision under its name alone that
    /// came before is about it, too.
    fn place_by_id(&mut self, id: u64, name: &RepositoryName) -> Option<usize> {
        let by_id = self.by_id.get(&id).copied();
        let by_name = self
            .bearers(name)
            .find(|(_, known)| known.latest.id.is_none())
            .map(|(place, _)| place);
        if let (Some(_), Some(same_repository)) = (by_id, by_name) {
            self.take_out(same_repository);
        }
        by_id.or(by_name)
    }

    /// Names are reused: of several that bear one, the latest decided.
    fn place_by_name(&self, name: &RepositoryName) -> Option<usize> {
        self.bearers(name)
            .max_by_key(|(_, known)| known.latest.decided.at)
            .map(|(place, _)| place)
    }

    /// The repositories that bear a name, with their places.
    fn bearers(&self, name: &RepositoryName) -> impl Iterator<Item = (usize, &DecidedRepository)> {
        let places = self.by_name.get(&lower(name)).into_iter().flatten();
        places.filter_map(|place| Some((*place, self.repositories.get(place)?)))
    }

    fn put(&mut self, place: usize, known: DecidedRepository) {
        if let Some(id) = known.latest.id {
            self.by_id.insert(id, place);
        }
        let bearers = self.by_name.entry(lower(&known.latest.name));
        bearers.or_default().insert(place);
        self.repositories.insert(place, known);
    }

    fn take_out(&mut self, place: usize) -> Option<DecidedRepository> {
        let known = self.repositories.remove(&place)?;
        if let Some(id) = known.latest.id {
            self.by_id.remove(&id);
        }
        if let Some(bearers) = self.by_name.get_mut(&lower(&known.latest.name)) {
            bearers.remove(&place);
        }
        Some(known)
    }
}

impl DecidedRepository {
    /// The same after the next decision about it.
    fn followed_by(mut self, decision: TrackingDecision) -> Self {
        if !same(&self.latest.name, &decision.name) {
            self.former_names.push(self.latest.name);
        }
        let id = decision.id.or(self.latest.id);
        self.latest = TrackingDecision { id, ..decision };
        self
    }
}

fn lower(name: &RepositoryName) -> String {
    name.as_str().to_ascii_lowercase()
}

fn same(one: &RepositoryName, other: &RepositoryName) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> RepositoryName {
        RepositoryName::parse(text).unwrap()
    }

    fn decided(minute: i64) -> Decided {
        Decided {
            actor: "ada".into(),
            reason: String::new(),
            at: DateTime::UNIX_EPOCH + chrono::Duration::minutes(minute),
        }
    }

    fn decision(id: Option<u64>, text: &str, tracked: bool, minute: i64) -> TrackingDecision {
        let (name, decided) = (name(text), decided(minute));
        TrackingDecision {
            id,
            name,
            tracked,
            decided,
        }
    }

    fn tracked(tracking: &Tracking) -> Vec<(Option<u64>, String)> {
        let all = tracking.tracked().into_iter();
        all.map(|known| (known.latest.id, known.latest.name.to_string()))
            .collect()
    }

    #[test]
    fn the_latest_decision_counts_and_names_have_no_case() {
        let mut tracking = Tracking::default();
        tracking.decide(decision(None, "Rails/rails", true, 0));
        tracking.decide(decision(None, "rust-lang/rust", true, 1));
        tracking.decide(decision(None, "rails/RAILS", false, 2));
        assert_eq!(tracked(&tracking), [(None, "rust-lang/rust".to_owned())]);
        assert!(!tracking.find(&name("rails/rails")).unwrap().latest.tracked);
    }

    #[test]
    fn a_rename_is_followed_by_the_id() {
        let mut tracking = Tracking::default();
        tracking.decide(decision(None, "old/name", true, 0));
        tracking.decide(decision(Some(7), "old/name", true, 1));
        tracking.decide(decision(Some(7), "new/place", true, 2));
        assert_eq!(tracked(&tracking), [(Some(7), "new/place".to_owned())]);
        assert_eq!(tracking.present_name(&name("OLD/name")), name("new/place"));
        // Somebody else takes the old name: another repository.
        tracking.decide(decision(Some(8), "old/name", true, 3));
        assert_eq!(tracked(&tracking).len(), 2);
        assert_eq!(tracking.present_name(&name("old/name")), name("old/name"));
        tracking.decide(decision(None, "new/place", false, 4));
        assert_eq!(tracked(&tracking), [(Some(8), "old/name".to_owned())]);
    }

    #[test]
    fn a_name_that_turns_out_to_be_a_known_id_is_no_second_repository() {
        let mut tracking = Tracking::default();
        tracking.decide(decision(None, "new/place", true, 0));
        tracking.decide(decision(Some(7), "old/name", true, 1));
        tracking.decide(decision(Some(7), "new/place", true, 2));
        assert_eq!(tracked(&tracking), [(Some(7), "new/place".to_owned())]);
    }

    #[test]
    fn the_latest_definition_of_a_group_counts() {
        let mut tracking = Tracking::default();
        for members in [vec![name("a/b")], vec![name("c/d"), name("e/f")]] {
            let group = RepositoryGroup {
                repositories: members,
                decided: decided(0),
            };
            tracking.define("web".into(), group);
        }
        assert_eq!(tracking.group("web").unwrap().repositories.len(), 2);
        assert_eq!(tracking.groups().count(), 1);
    }
}
