//! What everybody did in a scope and a period, computed from daily counts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{
    AccountClass, AccountReference, ContributionKind, Metric, Policy, RepositoryReference, Scorer,
    Standing,
};

use crate::queries::daily::ScopedCount;

/// Everybody who did anything.
pub(crate) type Members = HashMap<AccountReference, Arc<Member>>;

/// What one contributor did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) class: AccountClass,
    pub(crate) score: i64,
    /// The kinds there is anything of.
    pub(super) counts: Box<[(ContributionKind, i64)]>,
}

impl Member {
    pub(super) fn new(
        class: AccountClass,
        score: i64,
        counts: BTreeMap<ContributionKind, i64>,
    ) -> Self {
        Self {
            class,
            score,
            counts: counts.into_iter().collect(),
        }
    }

    pub(crate) fn count(&self, kind: ContributionKind) -> i64 {
        let mut counts = self.counts.iter();
        let found = counts.find(|(counted, _)| *counted == kind);
        found.map_or(0, |(_, count)| *count)
    }

    pub(crate) fn counts(&self) -> BTreeMap<ContributionKind, i64> {
        self.counts.iter().copied().collect()
    }

    pub(crate) fn value(&self, metric: Metric) -> i64 {
        match metric {
            Metric::Score => self.score,
            Metric::Kind(kind) => self.count(kind),
        }
    }

    pub(crate) fn standing(&self, contributor: &AccountReference, metric: Metric) -> Standing {
        Standing {
            contributor: contributor.clone(),
            value: self.value(metric),
            merged: self.count(ContributionKind::PullRequestMerged),
            reviews: self.count(ContributionKind::PullRequestReviewed),
        }
    }
}

/// Adds up counts that come contributor by contributor and repository by
/// repository, so that nothing is held but what comes of it.
pub(super) struct Folding<'a> {
    policy: &'a Policy,
    members: Members,
    current: Option<Current<'a>>,
}

/// The contributor and the repository that counts are told of.
struct Current<'a> {
    contributor: AccountReference,
    class: AccountClass,
    repository: RepositoryReference,
    scorer: Scorer<'a>,
    /// Of the repositories before this one.
    score: i64,
    counts: BTreeMap<ContributionKind, i64>,
}

impl<'a> Folding<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        Self {
            policy,
            members: Members::new(),
            current: None,
        }
    }

    pub(super) fn take(&mut self, told: ScopedCount) {
        let goes_on = |current: &Current<'_>| current.contributor == told.contributor;
        if !self.current.as_ref().is_some_and(goes_on) {
            self.settle();
        }
        let policy = self.policy;
        let current = self.current.get_or_insert_with(|| Current {
            contributor: told.contributor,
            class: told.class,
            repository: told.repository.clone(),
            scorer: Scorer::new(policy),
            score: 0,
            counts: BTreeMap::new(),
        });
        if current.repository != told.repository {
            let before = std::mem::replace(&mut current.scorer, Scorer::new(policy));
            current.score += before.score();
            current.repository = told.repository;
        }
        *current.counts.entry(told.kind).or_default() += told.count.quantity;
        current.scorer.count(told.kind, told.day, told.count);
    }

    fn settle(&mut self) {
        if let Some(current) = self.current.take() {
            let score = current.score + current.scorer.score();
            let member = Member::new(current.class, score, current.counts);
            self.members.insert(current.contributor, Arc::new(member));
        }
    }

    pub(super) fn finish(mut self) -> Members {
        self.settle();
        self.members
    }
}
