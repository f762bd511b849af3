//! Scores: nothing is lost or made between contributions, counts and boards;
//! more never scores less; caps hold; explanations add up.

use std::collections::{BTreeMap, HashMap};

use domain::{
    AccountReference, ClassFilter, ContributionKind, DailyCount, DailyCounts, DailyKey, Metric,
    Period, Policy, RepositoryReference, Scope, Scorer, explain,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::universe::{
    accepts, account, fact, instant, periods, repository, scopes, scorables, tally,
};

/// A count of something somewhere.
fn count() -> impl Strategy<Value = (DailyKey, DailyCount)> {
    let kind = select(&ContributionKind::ALL[..]);
    let amounts = (1..50_i64, 0..30_000_i64, 0..30_000_i64);
    (repository(), account(), instant(), kind, amounts).prop_map(
        |(repository, contributor, at, kind, (quantity, additions, deletions))| {
            let day = at.date_naive();
            (
                DailyKey {
                    repository,
                    contributor,
                    day,
                    kind,
                },
                DailyCount {
                    quantity,
                    additions,
                    deletions,
                },
            )
        },
    )
}

fn counts(of: &[(DailyKey, DailyCount)]) -> DailyCounts {
    let mut counts = DailyCounts::default();
    of.iter()
        .for_each(|(key, count)| counts.add(key.clone(), *count));
    counts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn explanations_add_up_to_the_score(facts in vec(fact(), 1..60)) {
        let tally = tally(&facts);
        let (policy, counts) = (Policy::default(), tally.daily_counts());
        for (scope, period) in scopes().iter().flat_map(|scope| periods().map(|period| (scope, period))) {
            let by_contributor = scorables(&tally, scope, period);
            let scores = counts.scores(&policy, period, |found| accepts(&tally, scope, found));
            prop_assert_eq!(scores.len(), by_contributor.len());
            for (contributor, contributions) in by_contributor {
                let explained = explain(&policy, &contributions);
                let sum: i64 = explained.iter().map(|one| one.points()).sum();
                prop_assert_eq!(Some(&sum), scores.get(&contributor), "{} {}", scope, period);
            }
        }
    }

    #[test]
    fn what_is_credited_is_what_is_counted(facts in vec(fact(), 1..60)) {
        let tally = tally(&facts);
        let (policy, counts) = (Policy::default(), tally.daily_counts());
        let mut credited: BTreeMap<ContributionKind, i64> = BTreeMap::new();
        for found in tally.contributions().values().filter(|found| found.counted() > 0) {
            *credited.entry(found.kind).or_default() += i64::from(found.counted());
        }
        for kind in ContributionKind::ALL {
            let wanted = credited.get(&kind).copied().unwrap_or(0);
            let on_board = |class| -> i64 {
                let metric = Metric::Kind(kind);
                let board = tally.board(&counts, &policy, &Scope::Global, Period::All, metric, class);
                board.iter().map(|(_, standing)| standing.value).sum()
            };
            let daily: i64 = counts.iter().filter(|(key, _)| key.kind == kind).map(|(_, count)| count.quantity).sum();
            prop_assert_eq!(daily, wanted);
            prop_assert_eq!(on_board(ClassFilter::Everyone), wanted);
            let by_class = [ClassFilter::Human, ClassFilter::Bot, ClassFilter::Agent].map(on_board);
            prop_assert_eq!(by_class.iter().sum::<i64>(), wanted);
        }
    }

    #[test]
    fn the_score_of_all_repositories_is_the_sum_of_theirs(list in vec(count(), 0..40)) {
        let (policy, counts) = (Policy::default(), counts(&list));
        for period in periods() {
            let mut sums: HashMap<AccountReference, i64> = HashMap::new();
            let mut repositories: Vec<&RepositoryReference> = list.iter().map(|(key, _)| &key.repository).collect();
            repositories.sort_unstable();
            repositories.dedup();
            for repository in repositories {
                for (who, score) in counts.scores(&policy, period, |found| found == repository) {
                    *sums.entry(who).or_default() += score;
                }
            }
            prop_assert_eq!(sums, counts.scores(&policy, period, |_| true));
        }
    }

    #[test]
    fn adding_up_one_by_one_gives_the_scores_of_all(list in vec(count(), 0..40)) {
        let (policy, counts) = (Policy::default(), counts(&list));
        for period in periods() {
            let mut scorers: BTreeMap<(&AccountReference, &RepositoryReference), Scorer<'_>> = BTreeMap::new();
            for (key, count) in counts.within(period) {
                let scorer = scorers.entry((&key.contributor, &key.repository));
                scorer.or_insert_with(|| Scorer::new(&policy)).count(key.kind, Some(key.day), *count);
            }
            let mut sums: HashMap<AccountReference, i64> = HashMap::new();
            for ((contributor, _), scorer) in scorers {
                *sums.entry(contributor.clone()).or_default() += scorer.score();
            }
            prop_assert_eq!(sums, counts.scores(&policy, period, |_| true));
        }
    }

    #[test]
    fn more_never_scores_less(list in vec(count(), 0..30), more in count()) {
        let policy = Policy::default();
        let before = counts(&list);
        let mut after = before.clone();
        after.add(more.0, more.1);
        for period in periods() {
            let scores = after.scores(&policy, period, |_| true);
            for (who, score) in before.scores(&policy, period, |_| true) {
                prop_assert!(scores[&who] >= score);
            }
        }
    }

    #[test]
    fn caps_hold_and_are_reached(commits in 0..100_i64, pushes in 0..100_i64, added in 0..200_000_i64, deleted in 0..200_000_i64, more in 0..1_000_i64) {
        let policy = Policy::default();
        let day = policy.commits_of_day(commits, pushes);
        prop_assert!(day <= policy.commits_of_day(commits + more, pushes));
        prop_assert!(day <= policy.commits_of_day(commits, pushes + more));
        prop_assert_eq!(day, 10_000 * (commits + pushes).min(30));
        let lines = policy.lines(added, deleted);
        prop_assert!(lines <= policy.lines(added + more, deleted));
        prop_assert!(lines <= policy.lines(added, deleted + more));
        prop_assert!(policy.lines(added, 0) + policy.lines(0, deleted) >= lines);
        prop_assert_eq!(lines, (10 * added + 5 * deleted).min(500_000));
    }
}
