//! GitHub's webhook deliveries: what they say, and who signed them.

use bolero::check;
use chrono::DateTime;
use command_api::Secrets;
use domain::Source;
use fuzz::{Mutation, Seeds};
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use translation::{Delivery, translate_webhook};

use crate::support::{assert_sound, seen};

/// Kinds of deliveries, those that count and others.
const EVENTS: [&str; 14] = [
    "push",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "issues",
    "issue_comment",
    "commit_comment",
    "release",
    "gollum",
    "discussion",
    "star",
    "watch",
    "fork",
    "workflow_run",
];

#[test]
fn a_delivery_is_read_or_refused_and_means_one_thing() {
    let seeds = Seeds::of("deliveries");
    check!()
        .with_type::<(Mutation, u8)>()
        .with_iterations(8_000)
        .for_each(|(mutation, event)| {
            let body = mutation.apply(&seeds);
            let event = EVENTS[usize::from(*event) % EVENTS.len()];
            let translated = |body: &[u8]| {
                let delivery = Delivery {
                    event,
                    body,
                    received_at: DateTime::UNIX_EPOCH,
                };
                translate_webhook(&delivery, &seen(Source::Webhook))
            };
            let Ok(translation) = translated(&body) else {
                return;
            };
            assert_sound(&translation);
            if let Ok(value) = serde_json::from_slice::<Value>(&body) {
                let rewritten = serde_json::to_vec(&value).unwrap();
                let again = translated(&rewritten).unwrap();
                assert_eq!(format!("{again:?}"), format!("{translation:?}"));
            }
        });
}

#[test]
fn only_the_signature_of_a_body_is_one() {
    const SECRET: &str = "a secret of sixteen";
    let secrets = Secrets::new(["another of those, too", SECRET]).unwrap();
    let signature = |body: &[u8]| {
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        let bytes = mac.chain_update(body).finalize().into_bytes();
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256={digits}")
    };
    let bodies = Seeds::of("deliveries");
    check!()
        .with_type::<(Mutation, Mutation)>()
        .with_iterations(4_000)
        .for_each(|(of_body, of_signature)| {
            let body = of_body.apply(&bodies);
            let right = signature(&body);
            assert!(secrets.signed(&right, &body));
            let changed = of_signature.text(&Seeds::these([right.as_str()]));
            let says_the_same = changed.starts_with("sha256=")
                && changed["sha256=".len()..].eq_ignore_ascii_case(&right["sha256=".len()..]);
            assert_eq!(secrets.signed(&changed, &body), says_the_same, "{changed}");
        });
}
