//! Snapshots: every board that facts come to holds as a snapshot, and no
//! change of one does.

use std::collections::BTreeMap;

use chrono::DateTime;
use domain::snapshot::{
    Digest, FORMAT, Inconsistency, Inputs, Program, PublicKey, SecretKey, SignError, Snapshot,
    SnapshotBoard, SnapshotPeriod, SnapshotRow, SnapshotScope, compare, inconsistencies, sign,
    verify,
};
use domain::{
    AccountReference, ClassFilter, ContributionKind, DailyCounts, Fact, Metric, Period, Policy,
    Scope, Tally,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::json;

use crate::universe::{accepts, fact, periods, scopes, tally};

fn key(seed: u8) -> SecretKey {
    SecretKey::from_random(&[seed; 32])
}

/// What everybody did, and what it is worth.
type Work = BTreeMap<AccountReference, BTreeMap<ContributionKind, i64>>;

fn work(tally: &Tally, counts: &DailyCounts, scope: &Scope, period: Period) -> Work {
    let mut work = Work::new();
    let within = counts.within(period);
    for (key, count) in within.filter(|(key, _)| accepts(tally, scope, &key.repository)) {
        let counts = work.entry(key.contributor.clone()).or_default();
        *counts.entry(key.kind).or_default() += count.quantity;
    }
    work
}

/// The snapshot of a board that the naive model has.
fn snapshot(
    facts: &[Fact],
    scope: &Scope,
    (period, metric, class): (Period, Metric, ClassFilter),
    limit: usize,
) -> Snapshot {
    let tally = tally(facts);
    let (policy, counts) = (Policy::default(), tally.daily_counts());
    let work = work(&tally, &counts, scope, period);
    let scores = counts.scores(&policy, period, |found| accepts(&tally, scope, found));
    let board = tally.board(&counts, &policy, scope, period, metric, class);
    let members = board.len();
    let rows = board.into_iter().take(limit).map(|(rank, standing)| {
        let account = standing.contributor;
        SnapshotRow {
            rank,
            login: account.as_str().trim_start_matches('@').to_owned(),
            class: tally.class(&account),
            value: standing.value,
            score_thousandths: scores.get(&account).copied().unwrap_or(0),
            counts: work.get(&account).cloned().unwrap_or_default(),
            account,
        }
    });
    let (first_day, end) = period.days().unzip();
    let coverage = json!({
        "verdict": "partial",
        "hours": {"all": 5, "complete": 1, "unknown": 2, "partial": 0, "missing": 2},
    });
    Snapshot {
        format: FORMAT.to_owned(),
        board: SnapshotBoard {
            scope: SnapshotScope {
                kind: "global".to_owned(),
                name: scope.to_string(),
                repository: None,
                repositories: None,
            },
            period: SnapshotPeriod {
                name: period.to_string(),
                first_day,
                last_day: end.and_then(|end| end.pred_opt()),
            },
            metric,
            class,
        },
        rows: rows.collect(),
        members: members as u64,
        cut: members > limit,
        policy,
        coverage: coverage.as_object().cloned().expect("an object"),
        inputs: Inputs {
            stream: "CONTRIBUTIONS".to_owned(),
            first: 1,
            sequence: facts.len() as u64,
            messages: facts.len() as u64,
            digest: Digest::of(b"facts"),
            projections: BTreeMap::from([("coverage".to_owned(), 3)]),
        },
        made_at: DateTime::UNIX_EPOCH,
        made_by: Program {
            name: "leaderboard".to_owned(),
            version: "0.1.0".to_owned(),
        },
    }
}

fn metrics() -> impl Strategy<Value = Metric> {
    select(&Metric::ALL[..])
}

fn classes() -> impl Strategy<Value = ClassFilter> {
    select(&ClassFilter::ALL[..])
}

/// Everybody's score in all time, whole.
fn whole(facts: &[Fact]) -> Snapshot {
    let board = (Period::All, Metric::Score, ClassFilter::Everyone);
    snapshot(facts, &Scope::Global, board, usize::MAX)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn every_board_holds_as_a_snapshot(
        facts in vec(fact(), 1..60),
        scope in select(Vec::from(scopes())),
        period in select(Vec::from(periods())),
        metric in metrics(),
        class in classes(),
        limit in 0..4_usize,
    ) {
        let snapshot = snapshot(&facts, &scope, (period, metric, class), limit);
        prop_assert_eq!(inconsistencies(&snapshot), vec![]);
        let file = sign(&snapshot, &key(1)).expect("it is right in itself");
        let signed = verify(&file, &key(1).public()).expect("it holds");
        prop_assert!(compare(&snapshot, &signed.snapshot).is_same_board());
        prop_assert_eq!(signed.snapshot, snapshot);
        prop_assert!(verify(&file, &key(2).public()).is_err());
    }

    #[test]
    fn no_change_of_bytes_holds(
        facts in vec(fact(), 1..20),
        changes in vec((any::<Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let file = sign(&whole(&facts), &key(1)).expect("it is right in itself");
        let mut changed = file.clone();
        for (place, byte, how) in changes {
            let place = place.index(changed.len());
            match how {
                0 => changed[place] = byte,
                1 => changed.insert(place, byte),
                _ => { changed.remove(place); }
            }
        }
        prop_assume!(changed != file);
        prop_assert!(verify(&changed, &key(1).public()).is_err());
    }

    #[test]
    fn no_change_of_a_row_is_right_in_itself(
        facts in vec(fact(), 1..60),
        place in any::<Index>(),
        more in prop_oneof![-3..0_i64, 1..4_i64],
        what in 0..4_u8,
    ) {
        let mut snapshot = whole(&facts);
        prop_assume!(!snapshot.rows.is_empty());
        let place = place.index(snapshot.rows.len());
        let row = &mut snapshot.rows[place];
        match what {
            0 => row.rank = row.rank.wrapping_add_signed(more),
            1 => row.value += more,
            // Points are whole, but for those of lines.
            2 if row.count(ContributionKind::PullRequestMerged) == 0 => {
                row.value += 1_000_000_000 * more;
                row.score_thousandths = row.value;
            }
            _ => drop(snapshot.rows.remove(place)),
        }
        prop_assert!(!inconsistencies(&snapshot).is_empty());
        prop_assert!(matches!(sign(&snapshot, &key(1)), Err(SignError::Inconsistent(_))));
    }
}

fn some_facts() -> Vec<Fact> {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut tree = vec(fact(), 60).new_tree(&mut runner).expect("facts");
    loop {
        let facts = tree.current();
        if whole(&facts).rows.len() >= 3 {
            return facts;
        }
        tree = vec(fact(), 60).new_tree(&mut runner).expect("facts");
    }
}

#[test]
fn every_bit_of_a_file_matters() {
    let file = sign(&whole(&some_facts()), &key(1)).unwrap();
    let public: PublicKey = key(1).public();
    verify(&file, &public).unwrap();
    for place in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[place] ^= 1 << bit;
            let held = verify(&changed, &public);
            assert!(held.is_err(), "bit {bit} of byte {place}");
        }
    }
}

#[test]
fn what_does_not_follow_from_the_rest_is_named() {
    let right = whole(&some_facts());
    assert_eq!(inconsistencies(&right), []);
    let mut named = Vec::new();
    let mut look = |change: fn(&mut Snapshot)| {
        let mut snapshot = right.clone();
        change(&mut snapshot);
        let found = inconsistencies(&snapshot);
        assert!(!found.is_empty());
        named.extend(found);
    };
    look(|snapshot| snapshot.rows.swap(0, 2));
    look(|snapshot| snapshot.rows[1].rank += 1);
    look(|snapshot| snapshot.rows.push(snapshot.rows[0].clone()));
    look(|snapshot| snapshot.board.class = ClassFilter::Agent);
    look(|snapshot| snapshot.board.metric = Metric::Kind(ContributionKind::Fork));
    look(|snapshot| snapshot.board.period.first_day = Some("2024-01-01".parse().unwrap()));
    look(|snapshot| snapshot.rows[0].score_thousandths = 1);
    look(|snapshot| {
        let counts = &mut snapshot.rows[0].counts;
        counts.insert(ContributionKind::Fork, -1);
    });
    look(|snapshot| snapshot.cut = true);
    look(|snapshot| snapshot.inputs.messages += 1);
    look(|snapshot| {
        let coverage = &mut snapshot.coverage;
        coverage.insert("hours".to_owned(), json!({"all": 1}));
    });
    let told = |is: fn(&Inconsistency) -> bool| named.iter().any(is);
    assert!(told(|found| matches!(found, Inconsistency::Order(_))));
    assert!(told(|found| matches!(found, Inconsistency::Rank { .. })));
    assert!(told(|found| matches!(found, Inconsistency::Twice(_))));
    assert!(told(|found| matches!(found, Inconsistency::Class(_))));
    assert!(told(|found| matches!(found, Inconsistency::Value { .. })));
    assert!(told(|found| matches!(found, Inconsistency::Period(_))));
    assert!(told(|found| matches!(found, Inconsistency::Score { .. })));
    assert!(told(|found| matches!(found, Inconsistency::Count { .. })));
    assert!(told(|found| matches!(found, Inconsistency::Members { .. })));
    assert!(told(|found| matches!(found, Inconsistency::Inputs { .. })));
    assert!(told(|found| matches!(
        found,
        Inconsistency::Coverage { .. }
    )));
}

#[test]
fn differences_between_two_are_told_with_their_causes() {
    let then = whole(&some_facts());
    let mut now = then.clone();
    assert!(compare(&then, &now).is_explained());
    // Rows that changed without any reason.
    now.rows[0].value += 1;
    now.rows[0].login = "another".to_owned();
    now.rows.pop();
    now.members -= 1;
    let found = compare(&then, &now);
    assert!(!found.is_explained() && !found.is_same_board());
    assert_eq!(found.rows.len(), 3, "{found:#?}");
    now.inputs.digest = Digest::of(b"others");
    now.policy.version += 1;
    now.policy.lines_cap += 1;
    now.coverage.insert("verdict".to_owned(), json!("complete"));
    let found = compare(&then, &now);
    assert!(found.is_explained());
    assert_eq!(
        found.coverage,
        [r#"verdict: "partial" then, "complete" now"#]
    );
    let causes: Vec<String> = found.causes.iter().map(ToString::to_string).collect();
    assert_eq!(causes.len(), 2, "{causes:#?}");
    assert!(causes[0].contains("other messages"), "{causes:#?}");
    now.inputs.sequence += 5;
    now.inputs.projections.insert("tracking".to_owned(), 2);
    let causes = compare(&then, &now).causes;
    let causes: Vec<String> = causes.iter().map(ToString::to_string).collect();
    assert_eq!(causes.len(), 3, "{causes:#?}");
    assert!(
        causes[0].contains("to sequence 60 then, and is to 65 now"),
        "{causes:#?}"
    );
    assert!(
        causes[1].contains("tracking was at sequence 0"),
        "{causes:#?}"
    );
}
