//! What people did, divided by whom they did it for.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::{
    AccountClass, AccountReference, Affiliations, CompanyKey, ContributionKind, Policy,
    RepositoryReference, Scorer,
};

use super::tally::Member;
use crate::queries::daily::ScopedCount;

/// What one contributor did for each company, and for none that is known.
pub(super) type Parts = Box<[(Option<CompanyKey>, Arc<Member>)]>;

/// Adds up counts that come contributor by contributor, repository by
/// repository and day by day. A part gets what the score grew by on its days,
/// so that the parts come to the score, whatever is capped.
pub(super) struct Dividing<'a> {
    policy: &'a Policy,
    affiliations: &'a Affiliations,
    divided: HashMap<AccountReference, Parts>,
    current: Option<Current<'a>>,
}

/// The contributor and the repository that counts are told of.
struct Current<'a> {
    contributor: AccountReference,
    class: AccountClass,
    repository: RepositoryReference,
    scorer: Scorer<'a>,
    /// Of the score in this repository, what is given to a part already.
    given: i64,
    /// Whom the day is for that is being counted.
    company: Option<CompanyKey>,
    parts: BTreeMap<Option<CompanyKey>, Part>,
}

/// A part of what somebody did.
#[derive(Default)]
struct Part {
    score: i64,
    counts: BTreeMap<ContributionKind, i64>,
}

impl Current<'_> {
    /// Gives what the score grew by to whom it was done for.
    fn give(&mut self) {
        let score = self.scorer.score();
        let part = self.parts.entry(self.company.clone()).or_default();
        part.score += score - self.given;
        self.given = score;
    }
}

impl<'a> Dividing<'a> {
    pub(super) fn new(policy: &'a Policy, affiliations: &'a Affiliations) -> Self {
        Self {
            policy,
            affiliations,
            divided: HashMap::new(),
            current: None,
        }
    }

    pub(super) fn take(&mut self, told: ScopedCount) {
        let goes_on = |current: &Current<'_>| current.contributor == told.contributor;
        if !self.current.as_ref().is_some_and(goes_on) {
            self.settle();
        }
        let company = told.day.and_then(|day| {
            let company = self.affiliations.company(&told.contributor, day);
            company.map(CompanyKey::of)
        });
        let policy = self.policy;
        let current = self.current.get_or_insert_with(|| Current {
            contributor: told.contributor,
            class: told.class,
            repository: told.repository.clone(),
            scorer: Scorer::new(policy),
            given: 0,
            company: company.clone(),
            parts: BTreeMap::new(),
        });
        if current.repository != told.repository {
            current.give();
            current.scorer = Scorer::new(policy);
            current.given = 0;
            current.repository = told.repository;
        }
        if current.company != company {
            current.give();
            current.company.clone_from(&company);
        }
        let part = current.parts.entry(company).or_default();
        *part.counts.entry(told.kind).or_default() += told.count.quantity;
        current.scorer.count(told.kind, told.day, told.count);
    }

    fn settle(&mut self) {
        if let Some(mut current) = self.current.take() {
            current.give();
            let class = current.class;
            let parts = current.parts.into_iter().map(|(company, part)| {
                let member = Member::new(class, part.score, part.counts);
                (company, Arc::new(member))
            });
            self.divided.insert(current.contributor, parts.collect());
        }
    }

    pub(super) fn finish(mut self) -> HashMap<AccountReference, Parts> {
        self.settle();
        self.divided
    }
}
