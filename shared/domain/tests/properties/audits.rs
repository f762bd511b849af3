//! Audits: numbers that follow from the same facts agree, and any that was
//! changed is found.

use domain::audit::{BoardValues, Disagreement, ExplainedValues, audit};
use domain::{
    AccountReference, ContributionKind, DailyCount, DailyCounts, DailyKey, Metric, Period, Policy,
    RepositoryReference, Scope, Scorable, Tally,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::universe::{accepts, fact, periods, scopes, scorables, tally};

/// What one contributor did, as each of the three places has it.
struct Work {
    stored: BoardValues,
    counts: DailyCounts,
    contributions: Vec<Scorable>,
}

impl Work {
    fn audit(&self, policy: &Policy) -> Vec<Disagreement> {
        let mut explained = ExplainedValues::default();
        let mut contributions = self.contributions.clone();
        contributions.sort_by_key(|contribution| contribution.day);
        for day in contributions.chunk_by(|one, next| one.day == next.day) {
            explained.add_day(policy, day);
        }
        audit(policy, Some(&self.stored), &self.counts, &explained)
    }
}

fn counts_of(tally: &Tally, who: &AccountReference, scope: &Scope, period: Period) -> DailyCounts {
    let mut found = DailyCounts::default();
    let all = tally.daily_counts();
    let within = all
        .within(period)
        .filter(|(key, _)| key.contributor == *who && accepts(tally, scope, &key.repository));
    for (key, count) in within {
        found.add(key.clone(), *count);
    }
    found
}

/// What everybody did on a board, in the order of accounts. The board is the
/// naive model's.
fn everybody(tally: &Tally, policy: &Policy, scope: &Scope, period: Period) -> Vec<Work> {
    let counts = tally.daily_counts();
    let scores = counts.scores(policy, period, |found| accepts(tally, scope, found));
    let mut contributors: Vec<_> = scorables(tally, scope, period).into_iter().collect();
    contributors.sort_by(|one, other| one.0.cmp(&other.0));
    let work = |(who, contributions): (AccountReference, Vec<Scorable>)| {
        let counts = counts_of(tally, &who, scope, period);
        let mut stored = BoardValues::from([(Metric::Score, scores[&who])]);
        for (key, count) in counts.iter() {
            *stored.entry(Metric::Kind(key.kind)).or_default() += count.quantity;
        }
        Work {
            stored,
            counts,
            contributions,
        }
    };
    contributors.into_iter().map(work).collect()
}

/// A key that no fact is about, and that its contributor is known by nowhere.
fn elsewhere(kind: ContributionKind) -> DailyKey {
    DailyKey {
        repository: RepositoryReference::from_id(9),
        contributor: AccountReference::from_id(9),
        day: "2024-02-29".parse().expect("a day"),
        kind,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn numbers_of_the_same_facts_agree_and_one_that_was_changed_is_found(
        facts in vec(fact(), 1..60),
        scope in select(Vec::from(scopes())),
        period in select(Vec::from(periods())),
        who in any::<Index>(),
        what in any::<Index>(),
        by in prop_oneof![-3..0_i64, 1..4_i64],
        metric in select(&Metric::ALL[..]),
    ) {
        let (policy, tally) = (Policy::default(), tally(&facts));
        let mut everybody = everybody(&tally, &policy, &scope, period);
        for work in &everybody {
            prop_assert_eq!(work.audit(&policy), vec![]);
        }
        prop_assume!(!everybody.is_empty());
        let who = who.index(everybody.len());
        let work = &mut everybody[who];

        // The board.
        *work.stored.entry(metric).or_default() += by;
        let found = work.audit(&policy);
        prop_assert_eq!(found.iter().map(|found| found.metric).collect::<Vec<_>>(), vec![metric]);
        *work.stored.entry(metric).or_default() -= by;

        // The counts.
        let place = what.index(work.counts.len());
        let key = work.counts.iter().nth(place).expect("a count").0.clone();
        let kind = key.kind;
        let more = DailyCount { quantity: by, ..DailyCount::default() };
        let counts = work.counts.clone();
        work.counts.add(key, more);
        prop_assert!(work.audit(&policy).iter().any(|found| found.metric == Metric::Kind(kind)));
        work.counts = counts.clone();
        work.counts.add(elsewhere(kind), DailyCount { quantity: 1, ..DailyCount::default() });
        prop_assert!(!work.audit(&policy).is_empty());
        work.counts = counts;

        // The contributions.
        let lost = work.contributions.remove(what.index(work.contributions.len()));
        let found = work.audit(&policy);
        prop_assert!(found.iter().any(|found| found.metric == Metric::Kind(lost.kind)));
        let named = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        prop_assert!(named.contains(lost.kind.as_str()), "{}", named);
    }
}
