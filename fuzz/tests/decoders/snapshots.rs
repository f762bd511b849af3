//! Signed snapshots: of all the files that there could be, only those hold that
//! were signed.

use bolero::check;
use domain::Policy;
use domain::snapshot::{Digest, FORMAT, Fault, PublicKey, SecretKey, Snapshot, sign, verify};
use fuzz::{Mutation, Seeds};
use serde_json::json;

fn key() -> SecretKey {
    SecretKey::from_random(&[7; 32])
}

/// A board of two, one of whom bears a name that JSON has to escape.
fn signed() -> Vec<u8> {
    let row = |rank: u64, account: &str, login: &str, commits: i64| {
        json!({ "rank": rank, "account": account, "login": login, "class": "human",
            "value": 10_000 * commits, "score_thousandths": 10_000 * commits,
            "counts": { "commit": commits } })
    };
    let snapshot = json!({
        "format": FORMAT,
        "board": {
            "scope": { "kind": "global", "name": "global" },
            "period": { "name": "all", "first_day": null, "last_day": null },
            "metric": "score", "class": "human",
        },
        "rows": [row(1, "11", "Ann", 3), row(2, "@b\u{fc}b", "B\u{fc}b \"\u{1f600}", 2)],
        "members": 2, "cut": false,
        "policy": Policy::default(),
        "coverage": { "verdict": "complete",
            "hours": { "all": 1, "complete": 1, "unknown": 0, "partial": 0, "missing": 0 } },
        "inputs": { "stream": "CONTRIBUTIONS", "first": 1, "sequence": 5, "messages": 5,
            "digest": Digest::of(b"messages"), "projections": { "coverage": 3 } },
        "made_at": "2026-11-26T00:00:00Z",
        "made_by": { "name": "leaderboard", "version": "0.1.0" },
    });
    let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
    sign(&snapshot, &key()).unwrap()
}

#[test]
fn only_what_was_signed_holds() {
    let signed = signed();
    let seeds = Seeds::of_bytes(vec![signed.clone()]);
    let key = key().public();
    verify(&signed, &key).unwrap();
    check!()
        .with_type::<Mutation>()
        .with_iterations(4_000)
        .for_each(|mutation| {
            let file = mutation.apply(&seeds);
            let is_signed = file == signed;
            match verify(&file, &key) {
                Ok(_) => assert!(is_signed),
                Err(fault) => {
                    assert!(!is_signed && !fault.to_string().is_empty());
                    assert!(
                        !matches!(fault, Fault::Inconsistent(_)),
                        "it was signed: {fault}"
                    );
                }
            }
        });
}

#[test]
fn keys_are_read_as_they_are_written() {
    let written = key().public().to_string();
    let seeds = Seeds::these([written.as_str()]);
    check!()
        .with_type::<Mutation>()
        .with_iterations(4_000)
        .for_each(|mutation| {
            let text = mutation.text(&seeds);
            if let Ok(key) = text.parse::<PublicKey>() {
                assert_eq!(key.to_string(), text.trim().to_ascii_lowercase());
                assert_eq!(key.to_string().parse::<PublicKey>().unwrap().id(), key.id());
            }
        });
}
