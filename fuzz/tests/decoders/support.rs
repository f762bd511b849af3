//! What holds of everything that is published, whatever it was made of.

use domain::{Source, SourceReference, contribution_id};
use events::{Envelope, Event, Subject};
use translation::Translation;

/// Where something was seen.
pub(crate) fn seen(source: Source) -> SourceReference {
    SourceReference {
        source,
        reference: "fuzz:1".to_owned(),
    }
}

/// Bytes of a line of NATS' protocol, which holds a subject, by default.
const CONTROL_LINE: usize = 4_096;

/// That a subject is one for NATS: tokens that are not empty, of nothing that
/// means anything to it, and short enough.
pub(crate) fn assert_legal(subject: &Subject) {
    let text = subject.as_str();
    assert!(
        text.len() < CONTROL_LINE / 2,
        "{} bytes: {text}",
        text.len()
    );
    for token in text.split('.') {
        let is_free = !token.is_empty()
            && !token.contains(['*', '>', '$'])
            && !token
                .chars()
                .any(|one| one.is_whitespace() || one.is_control());
        assert!(is_free, "{token:?} of {text:?}");
    }
}

/// That an event is the same after it was on the log.
pub(crate) fn assert_kept(event: &Event) {
    let envelope = Envelope::wrap("/fuzz", event.clone()).unwrap();
    let message = envelope.encode().unwrap();
    assert_eq!(Envelope::decode(&message).unwrap(), envelope);
    assert_eq!(
        Envelope::wrap("/fuzz", event.clone()).unwrap().id,
        envelope.id
    );
    assert!(!message.contains(&0));
    let text = String::from_utf8(message).unwrap();
    assert!(!text.contains("\\u0000"), "no database takes it: {text}");
    assert_legal(&Subject::of(event));
}

/// What holds of every translation.
pub(crate) fn assert_sound(translation: &Translation) {
    let mut contributions = 0;
    for event in &translation.events {
        assert_kept(event);
        if let Event::ContributionRecorded(recorded) = event {
            contributions += 1;
            assert_eq!(recorded.contribution, contribution_id(&recorded.key));
            assert_eq!(Some(recorded.occurred_at), translation.occurred_at);
        }
    }
    assert_eq!(translation.contributions, contributions);
    let names = translation.accounts.iter().map(|seen| &seen.account);
    for account in names {
        assert!(
            account.id.is_some() && !account.login.is_empty(),
            "{account:?}"
        );
    }
}
