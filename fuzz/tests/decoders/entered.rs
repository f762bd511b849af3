//! What people write: policies, and the files of settings. What is refused is
//! refused with its place.

use access::{Key, Keys};
use bolero::check;
use domain::{ContributionKind, DayCounts, Policy};
use fuzz::{Mutation, Seeds};
use scheduler::usual_schedule;
use serde_json::Value;

#[test]
fn a_policy_is_kept_as_it_was_entered_or_every_fault_has_a_place() {
    let seeds = Seeds::of("policies");
    check!()
        .with_type::<Mutation>()
        .with_iterations(8_000)
        .for_each(|mutation| {
            let text = mutation.apply(&seeds);
            let Ok(entered) = serde_json::from_slice::<Value>(&text) else {
                return;
            };
            match Policy::default().entered(2, &entered) {
                Ok(policy) => {
                    let written = serde_json::to_string(&policy).unwrap();
                    assert_eq!(serde_json::from_str::<Policy>(&written).unwrap(), policy);
                    // The same said once more changes nothing.
                    assert_eq!(policy.entered(2, &entered).unwrap(), policy);
                    assert_scores(&policy);
                }
                Err(faults) => {
                    assert!(!faults.0.is_empty());
                    for fault in &faults.0 {
                        assert!(!fault.problem.is_empty());
                        assert!(names_a_place(&entered, &fault.field), "{fault}");
                    }
                }
            }
        });
}

/// Whether a field of a fault is one of what was entered.
fn names_a_place(entered: &Value, field: &str) -> bool {
    let Value::Object(members) = entered else {
        return field == "policy";
    };
    members
        .keys()
        .any(|member| field.starts_with(member.as_str()))
}

/// That the most anybody can have done gives a score, and more of it not less.
fn assert_scores(policy: &Policy) {
    const MOST: i64 = 1_000_000_000;
    let mut counts = DayCounts::default();
    let mut before = 0;
    for kind in ContributionKind::ALL {
        counts[kind] = MOST;
        let points = policy.points_of_day(&counts);
        assert!(points >= before, "{kind:?}: {points} after {before}");
        before = points;
    }
    let lines = policy.lines(i64::from(u32::MAX), i64::from(u32::MAX));
    assert!((0..=policy.lines_cap).contains(&lines));
}

#[test]
fn settings_are_taken_or_refused_by_name() {
    let seeds = Seeds::of("settings");
    check!()
        .with_type::<Mutation>()
        .with_iterations(4_000)
        .for_each(|mutation| {
            let text = mutation.text(&seeds);
            match scheduler::with_settings(usual_schedule(), &text) {
                Ok(schedule) => assert_eq!(schedule.len(), usual_schedule().len()),
                Err(scheduler::SettingsError::Toml(error)) => {
                    assert!(error.to_string().contains("line "), "{error}");
                }
                Err(scheduler::SettingsError::Faults(faults)) => {
                    assert!(!faults.is_empty());
                    assert!(
                        faults
                            .iter()
                            .all(|fault| fault.contains(": ") || fault.contains("no job"))
                    );
                }
            }
            match notifier::webhooks(&text, true) {
                Ok(webhooks) => assert!(!webhooks.is_empty()),
                Err(error) => {
                    // The names of what is set are told; a secret is no name.
                    let told = error.to_string();
                    let is_of_names =
                        told.contains("unknown field") || told.contains(": a name is");
                    assert!(
                        is_of_names || !told.contains("MDEyMzQ1Njc4OTAx"),
                        "a secret is told: {told}"
                    );
                }
            }
        });
}

#[test]
fn keys_are_read_back_from_what_is_printed_of_them() {
    let seeds = Seeds::of("settings");
    check!()
        .with_type::<Mutation>()
        .with_iterations(8_000)
        .for_each(|mutation| {
            let text = mutation.text(&seeds);
            for key in text.lines().filter_map(|line| line.parse::<Key>().ok()) {
                let line = key.to_string();
                assert_eq!(line.parse::<Key>().unwrap(), key);
                // A digest is there as it stands: hexadecimal and nothing else.
                let digest = line.rsplit_once("sha256:").unwrap().1;
                assert!(text.to_ascii_lowercase().contains(digest), "{line}");
            }
            match text.parse::<Keys>() {
                Ok(keys) => {
                    let said =
                        |line: &str| !line.split('#').next().unwrap_or_default().trim().is_empty();
                    assert_eq!(keys.is_empty(), !text.lines().any(said));
                }
                Err(error) => {
                    let told = error.to_string();
                    let number = told
                        .strip_prefix("line ")
                        .and_then(|rest| rest.split_once(": "));
                    let number: usize = number.unwrap().0.parse().unwrap();
                    assert!((1..=text.lines().count()).contains(&number), "{told}");
                }
            }
        });
}
