//! The naive model of boards of companies: each day is what a board that ends
//! with it has more than one that ends the day before.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::Tally;
use crate::{
    AccountReference, ClassFilter, CompanyKey, CompanyStanding, ContributionKind, DailyCounts,
    Metric, Period, Policy, Scope, Thousandths, rank_companies,
};

/// A board of companies, and what stands apart from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompanyBoard {
    /// The companies, ranked.
    pub companies: Vec<(u64, CompanyStanding)>,
    /// The people of each who are on its board.
    pub people: BTreeMap<CompanyKey, BTreeSet<AccountReference>>,
    /// What was done for no company that is known.
    pub unaffiliated: i64,
}

/// What was done for one company, or for none that is known.
#[derive(Default)]
struct Work {
    score: Thousandths,
    counts: BTreeMap<ContributionKind, i64>,
}

impl Work {
    fn value(&self, metric: Metric) -> i64 {
        match metric {
            Metric::Score => self.score,
            Metric::Kind(kind) => self.counts.get(&kind).copied().unwrap_or(0),
        }
    }
}

impl Tally {
    /// A whole board of companies, ranked.
    #[must_use]
    pub fn companies(
        &self,
        counts: &DailyCounts,
        policy: &Policy,
        scope: &Scope,
        period: Period,
        metric: Metric,
        class: ClassFilter,
    ) -> CompanyBoard {
        let work = self.work_for_companies(counts, policy, scope, period, class);
        let mut standings: BTreeMap<CompanyKey, CompanyStanding> = BTreeMap::new();
        let mut people: BTreeMap<CompanyKey, BTreeSet<AccountReference>> = BTreeMap::new();
        let mut unaffiliated = 0;
        for ((contributor, company), work) in work {
            let value = work.value(metric);
            let Some(company) = company else {
                unaffiliated += value;
                continue;
            };
            if value > 0 {
                people
                    .entry(company.clone())
                    .or_default()
                    .insert(contributor);
            }
            let standing = standings.entry(company.clone()).or_insert(CompanyStanding {
                company,
                value: 0,
                merged: 0,
                reviews: 0,
            });
            standing.value += value;
            standing.merged += work.value(Metric::Kind(ContributionKind::PullRequestMerged));
            standing.reviews += work.value(Metric::Kind(ContributionKind::PullRequestReviewed));
        }
        CompanyBoard {
            companies: rank_companies(standings.into_values().collect()),
            people,
            unaffiliated,
        }
    }

    /// What everybody of a class did for each company.
    fn work_for_companies(
        &self,
        counts: &DailyCounts,
        policy: &Policy,
        scope: &Scope,
        period: Period,
        class: ClassFilter,
    ) -> HashMap<(AccountReference, Option<CompanyKey>), Work> {
        let accepts = self.repositories_of(scope);
        let shown = |who: &AccountReference| class.classes().contains(&self.class(who));
        let company = |who: &AccountReference, day: NaiveDate| {
            let company = self.decisions.affiliations.company(who, day);
            company.map(CompanyKey::of)
        };
        let within = || {
            let within = counts.within(period);
            within.filter(|(key, _)| accepts(&key.repository) && shown(&key.contributor))
        };
        let mut work: HashMap<(AccountReference, Option<CompanyKey>), Work> = HashMap::new();
        for (key, count) in within() {
            let whose = (key.contributor.clone(), company(&key.contributor, key.day));
            let work = work.entry(whose).or_default();
            *work.counts.entry(key.kind).or_default() += count.quantity;
        }
        let days: BTreeSet<NaiveDate> = within().map(|(key, _)| key.day).collect();
        let mut before: HashMap<AccountReference, Thousandths> = HashMap::new();
        for day in &days {
            let mut so_far = DailyCounts::default();
            for (key, count) in within().filter(|(key, _)| key.day <= *day) {
                so_far.add(key.clone(), *count);
            }
            let scores = so_far.scores(policy, Period::All, |_| true);
            for (who, score) in scores {
                let gained = score - before.insert(who.clone(), score).unwrap_or(0);
                let company = company(&who, *day);
                // Nothing was done on this day by whoever gained nothing.
                if gained != 0 {
                    work.entry((who, company)).or_default().score += gained;
                }
            }
        }
        work
    }
}
