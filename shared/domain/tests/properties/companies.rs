//! Boards of companies: nothing is lost or made between contributors and
//! companies, whatever is capped, and each contribution's points go where it
//! was made for.

use std::collections::BTreeMap;

use domain::{
    AccountReference, Affiliation, ClassFilter, CompanyKey, Employment, Metric, Policy, Tally,
    check_affiliations, explain,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::json;

use crate::universe::{account, fact, instant, periods, scopes, scorables, tally};

/// Days on which people came and went, and whom they came to.
fn changes() -> impl Strategy<Value = Vec<(AccountReference, Vec<Affiliation>)>> {
    let company = select(vec!["Octo", " octo ", "Hub", "Hub Ltd."]);
    let change = (
        option::weighted(0.8, instant()),
        option::weighted(0.7, company),
    );
    vec((account(), vec(change, 1..4)), 0..4).prop_map(|all| {
        all.into_iter()
            .map(|(account, changes)| (account, affiliations(changes)))
            .collect()
    })
}

/// One affiliation from each change to the next.
fn affiliations(
    changes: Vec<(Option<chrono::DateTime<chrono::Utc>>, Option<&'static str>)>,
) -> Vec<Affiliation> {
    let changes = changes
        .into_iter()
        .map(|(at, company)| (at.map(|at| at.date_naive()), company));
    // Of several on one day the last counts.
    let changes: BTreeMap<_, _> = changes.collect();
    let ends = changes.keys().skip(1).copied().chain([None]);
    let all = changes
        .iter()
        .zip(ends)
        .filter_map(|((from, company), until)| {
            Some(Affiliation {
                from: *from,
                until,
                company: (*company)?.to_owned(),
            })
        });
    check_affiliations(all.collect()).expect("affiliations")
}

fn told(facts: &[domain::Fact], changes: &[(AccountReference, Vec<Affiliation>)]) -> Tally {
    let mut tally = tally(facts);
    for (account, affiliations) in changes {
        let decided = &mut tally.decisions.affiliations;
        decided.set(account.clone(), affiliations.clone());
    }
    tally
}

/// Caps that a handful of contributions fill.
fn policy() -> Policy {
    let entered = json!({
        "lines": { "at_most": 40 }, "commits_a_day": 20,
        "daily": { "comment": { "at_most": 9, "steps": [{ "after": 2, "percent": 33 }] } },
    });
    Policy::default().entered(2, &entered).expect("a policy")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn companies_and_the_rest_come_to_what_contributors_do(
        facts in vec(fact(), 1..40), changes in changes(),
    ) {
        let tally = told(&facts, &changes);
        let (policy, counts) = (policy(), tally.daily_counts());
        for (scope, period) in scopes().iter().flat_map(|scope| periods().map(|period| (scope, period))) {
            for metric in [Metric::Score, "commit".parse().expect("a metric")] {
                let everyone = ClassFilter::Everyone;
                let people = tally.board(&counts, &policy, scope, period, metric, everyone);
                let board = tally.companies(&counts, &policy, scope, period, metric, everyone);
                let of_companies: i64 = board.companies.iter().map(|(_, row)| row.value).sum();
                let of_people: i64 = people.iter().map(|(_, row)| row.value).sum();
                prop_assert_eq!(of_companies + board.unaffiliated, of_people);
            }
        }
    }

    /// By the explanation, which knows nothing of companies.
    #[test]
    fn a_company_has_the_points_of_what_was_done_for_it(
        facts in vec(fact(), 1..40), changes in changes(),
    ) {
        let tally = told(&facts, &changes);
        let (policy, counts) = (policy(), tally.daily_counts());
        for (scope, period) in scopes().iter().flat_map(|scope| periods().map(|period| (scope, period))) {
            let mut points: BTreeMap<CompanyKey, i64> = BTreeMap::new();
            for (contributor, mut contributions) in scorables(&tally, scope, period) {
                // Earlier ones fill caps first; within a day it does not matter to companies.
                contributions.sort_by_key(|contribution| contribution.day);
                for (done, earned) in contributions.iter().zip(explain(&policy, &contributions)) {
                    let affiliations = &tally.decisions.affiliations;
                    if let Some(company) = affiliations.company(&contributor, done.day) {
                        *points.entry(CompanyKey::of(company)).or_default() += earned.points();
                    }
                }
            }
            points.retain(|_, points| *points > 0);
            let board = tally.companies(&counts, &policy, scope, period, Metric::Score, ClassFilter::Everyone);
            // Hidden people are in no universe here.
            let found: BTreeMap<CompanyKey, i64> = board
                .companies
                .into_iter()
                .map(|(_, row)| (row.company, row.value))
                .collect();
            prop_assert_eq!(found, points);
        }
    }

    #[test]
    fn whom_one_works_for_in_a_period_is_what_each_of_its_days_says(changes in changes()) {
        let tally = told(&[], &changes);
        let affiliations = &tally.decisions.affiliations;
        for (account, _) in &changes {
            for period in periods() {
                let Some((first, end)) = period.days() else { continue };
                let days = first.iter_days().take_while(|day| *day < end);
                let companies: Vec<_> = days.map(|day| affiliations.company(account, day)).collect();
                match affiliations.during(account, period) {
                    Employment::Steady(company) => {
                        prop_assert!(companies.iter().all(|found| *found == company));
                    }
                    // One company may follow upon itself.
                    Employment::Changing => prop_assert!(companies.iter().any(Option::is_some)),
                }
            }
        }
    }
}
