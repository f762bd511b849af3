//! Order, repetition and the split over sources change nothing.

use domain::{AccountReference, PullRequestKey, PushKey, RepositoryReference, Sighting};
use domain::{
    ClassFilter, ContributionKind, CreditBasis, Fact, Knowledge, Metric, Policy, resolve,
};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::universe::{fact, periods, scopes, sighting, tally};

/// Knows a little about everything, always the same.
struct FixedKnowledge;

impl Knowledge for FixedKnowledge {
    fn credited(&self, account: AccountReference) -> AccountReference {
        account
    }

    fn account(&self, reference: &AccountReference) -> AccountReference {
        reference.clone()
    }

    fn repository(&self, reference: &RepositoryReference) -> RepositoryReference {
        reference.clone()
    }

    fn pull_request_author(
        &self,
        _: &RepositoryReference,
        pull_request: &PullRequestKey,
    ) -> Option<AccountReference> {
        pull_request.number.map(AccountReference::from_id)
    }

    fn author_of_merged_by_push(
        &self,
        repository: &RepositoryReference,
        _: &PushKey,
    ) -> Option<AccountReference> {
        repository
            .is_by_name()
            .then(|| AccountReference::from_id(2))
    }

    fn commits_are_known(&self, _: &RepositoryReference, push: &PushKey) -> bool {
        push.0 == "1"
    }
}

/// A list, and the same in another order with everything twice.
fn shuffled<T: Clone + std::fmt::Debug>(
    list: impl Strategy<Value = Vec<T>>,
) -> impl Strategy<Value = (Vec<T>, Vec<T>)> {
    list.prop_flat_map(|list| {
        let doubled: Vec<T> = list.iter().chain(&list).cloned().collect();
        (Just(list), Just(doubled).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn order_and_repetition_change_nothing(
        (facts, shuffled) in shuffled(vec(fact(), 1..40))
    ) {
        let (one, other) = (tally(&facts), tally(&shuffled));
        prop_assert_eq!(one.contributions(), other.contributions());
        prop_assert_eq!(one.daily_counts(), other.daily_counts());
        let policy = Policy::default();
        let (counts, other_counts) = (one.daily_counts(), other.daily_counts());
        let metrics = [
            Metric::Score,
            Metric::Kind(ContributionKind::Commit),
            Metric::Kind(ContributionKind::PullRequestReviewed),
        ];
        for (scope, period) in scopes().iter().zip(periods()) {
            for metric in metrics {
                for class in ClassFilter::ALL {
                    prop_assert_eq!(
                        one.board(&counts, &policy, scope, period, metric, class),
                        other.board(&other_counts, &policy, scope, period, metric, class)
                    );
                }
            }
        }
    }

    #[test]
    fn two_streams_may_be_woven_in_any_way(
        (left, right, turns) in (vec(fact(), 0..25), vec(fact(), 0..25)).prop_flat_map(|(left, right)| {
            let turns = vec(any::<bool>(), left.len() + right.len());
            (Just(left), Just(right), turns)
        })
    ) {
        let one_after_the_other: Vec<Fact> = left.iter().chain(&right).cloned().collect();
        let (mut left, mut right) = (left.into_iter(), right.into_iter());
        let mut woven = Vec::new();
        for turn in turns {
            woven.extend(if turn { left.next() } else { right.next() });
        }
        woven.extend(left.chain(right));
        let (one, other) = (tally(&one_after_the_other), tally(&woven));
        prop_assert_eq!(one.contributions(), other.contributions());
        prop_assert_eq!(one.daily_counts(), other.daily_counts());
    }

    /// Whatever is taken for sightings of one contribution, even what no
    /// source would say of one.
    #[test]
    fn a_resolution_hangs_on_no_order((sightings, shuffled) in shuffled(vec(sighting(), 1..6))) {
        let resolved = resolve(&sightings, &FixedKnowledge);
        prop_assert!(resolved.is_some());
        prop_assert_eq!(resolved, resolve(&shuffled, &FixedKnowledge));
        prop_assert_eq!(resolve(&Vec::<Sighting>::new(), &FixedKnowledge), None);
    }

    /// A commit counts when it was pushed, whoever tells of it without the push.
    #[test]
    fn a_sighting_without_a_push_moves_no_commit(
        sightings in vec(sighting(), 1..6), alone in sighting(), author in any::<bool>(),
    ) {
        let mut sightings = sightings;
        for sighting in &mut sightings {
            sighting.kind = ContributionKind::Commit;
            sighting.push = Some(PushKey("1".to_owned()));
        }
        let before = resolve(&sightings, &FixedKnowledge).expect("there are sightings");
        let mut alone = alone;
        alone.kind = ContributionKind::Commit;
        alone.push = None;
        if author {
            alone.basis = CreditBasis::Author;
        }
        sightings.push(alone.clone());
        let after = resolve(&sightings, &FixedKnowledge).expect("there are sightings");
        prop_assert_eq!(after.occurred_at, before.occurred_at);
        let own = resolve(std::slice::from_ref(&alone), &FixedKnowledge).expect("it is one");
        prop_assert_eq!(own.occurred_at, alone.occurred_at);
        if author && alone.account.is_some() && before.basis != CreditBasis::Author {
            prop_assert_eq!(after.contributor, alone.account);
        }
    }

    /// Where sightings disagree, the earliest instant counts, and the account
    /// of that sighting; the least is counted, and the API knows lines best.
    #[test]
    fn the_earliest_sighting_decides(sightings in vec(sighting(), 1..6)) {
        let mut sightings = sightings;
        for sighting in &mut sightings {
            sighting.kind = ContributionKind::Comment;
        }
        let resolved = resolve(&sightings, &FixedKnowledge).expect("there are sightings");
        let earliest = sightings.iter().filter(|seen| seen.account.is_some()).map(|seen| (seen.occurred_at, seen.account.clone())).min();
        if let Some((occurred_at, account)) = earliest {
            prop_assert_eq!(resolved.occurred_at, occurred_at);
            prop_assert_eq!(resolved.contributor, account);
        }
        prop_assert_eq!(resolved.quantity, sightings.iter().filter_map(|seen| seen.quantity).min());
        let lines = sightings.iter().filter_map(|seen| Some((seen.source.source, seen.occurred_at, seen.lines?))).min();
        prop_assert_eq!(resolved.lines, lines.map(|(.., lines)| lines));
    }
}
