//! The boards that a contributor's numbers of one period are looked at on.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use domain::audit::{BoardValues, Disagreement, ExplainedValues, audit};
use domain::{DailyCounts, Period, Policies, Policy, RepositoryReference, Scorable};

use super::evidence::{Evidence, Subject};
use super::sample::Sample;

/// The days of a window within the board's.
const WINDOW: u16 = 28;

/// What boards hang on besides contributions.
pub(super) struct Boards {
    /// What things are worth, in general and on the boards of groups.
    pub(super) policies: Policies,
    /// The repositories of each group.
    pub(super) groups: BTreeMap<String, BTreeSet<RepositoryReference>>,
}

/// A board, and what a contributor's contributions come to on it.
pub(super) struct View<'boards> {
    pub(super) name: String,
    policy: &'boards Policy,
    /// What is on the board; none of one that is computed.
    stored: Option<BoardValues>,
    part: Part,
    explained: ExplainedValues,
}

/// The part of a period's contributions that a board is about.
enum Part {
    Everything,
    Repositories(BTreeSet<RepositoryReference>),
    /// From a day until before another.
    Days(NaiveDate, NaiveDate),
}

impl Part {
    fn accepts(&self, repository: &RepositoryReference, day: NaiveDate) -> bool {
        match self {
            Self::Everything => true,
            Self::Repositories(repositories) => repositories.contains(repository),
            Self::Days(first, end) => (*first..*end).contains(&day),
        }
    }
}

impl<'boards> View<'boards> {
    /// The boards of a contributor: the stored one; one of a repository, all of
    /// its owner's that they work in, and one of the groups that have some of
    /// theirs; and a window of days.
    pub(super) fn all(
        boards: &'boards Boards,
        evidence: &Evidence,
        sample: &Sample,
        subject: &Subject,
    ) -> Vec<Self> {
        let period = subject.board.period;
        let what = format!("{} {period}", subject.contributor);
        let repositories = evidence.repositories();
        let general = boards.policies.general();
        let mut views = vec![Self::of(
            format!("global {period}"),
            general,
            Part::Everything,
        )];
        views[0].stored = Some(evidence.stored.clone());
        if let Some(chosen) = chosen(sample, &what, &repositories) {
            let name = format!("repository {chosen} {period}");
            let part = Part::Repositories(BTreeSet::from([chosen.clone()]));
            views.push(Self::of(name, general, part));
            if let Some(owner) = evidence.owners.get(chosen) {
                let name = format!("organization {owner} {period}");
                let part = Part::Repositories(evidence.of_owner(owner));
                views.push(Self::of(name, general, part));
            }
        }
        let groups = boards.groups.iter();
        let groups = groups.filter(|(_, members)| repositories.iter().any(|r| members.contains(r)));
        if let Some((group, members)) = chosen(sample, &what, &groups.collect::<Vec<_>>()) {
            let policy = boards.policies.of_group(group);
            let part = Part::Repositories((*members).clone());
            views.push(Self::of(format!("group {group} {period}"), policy, part));
        }
        let days = evidence.days();
        let window = chosen(sample, &what, &days).and_then(|last| Period::rolling(WINDOW, *last));
        if let Some((window, (first, end))) = window.and_then(|it| Some((it, it.days()?))) {
            let part = Part::Days(first, end);
            views.push(Self::of(format!("global {window}"), general, part));
        }
        views
    }

    fn of(name: String, policy: &'boards Policy, part: Part) -> Self {
        Self {
            name,
            policy,
            stored: None,
            part,
            explained: ExplainedValues::default(),
        }
    }

    /// Adds what was done on the next day, as far as this board is about it.
    pub(super) fn add_day(&mut self, contributions: &[Scorable]) {
        let of_it = contributions
            .iter()
            .filter(|one| self.part.accepts(&one.repository, one.day));
        let of_it: Vec<Scorable> = of_it.cloned().collect();
        self.explained.add_day(self.policy, &of_it);
    }

    /// What is not the same on the board, in the daily counts and in the
    /// contributions.
    pub(super) fn disagreements(&self, counts: &DailyCounts) -> Vec<Disagreement> {
        let mut of_it = DailyCounts::default();
        for (key, count) in counts.iter() {
            if self.part.accepts(&key.repository, key.day) {
                of_it.add(key.clone(), *count);
            }
        }
        audit(self.policy, self.stored.as_ref(), &of_it, &self.explained)
    }
}

/// One of these.
fn chosen<'of, T>(sample: &Sample, what: &str, of: &'of [T]) -> Option<&'of T> {
    of.get(sample.place(what, of.len()))
}
