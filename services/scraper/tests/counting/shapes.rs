//! Shapes that the tables leave open: instants, missing parts of keys, the
//! merger of a pull request, and values of unexpected types.

use domain::Source;
use events::{ContributionRecorded, Event};

use super::support::translated;
use super::{check, early, modern, published, timeline};

fn contributions(document: &str) -> Vec<ContributionRecorded> {
    let translation = translated(document.as_bytes(), Source::Archive, "test:1".into());
    let events = translation.events.into_iter();
    events
        .filter_map(|event| match event {
            Event::ContributionRecorded(event) => Some(event),
            _ => None,
        })
        .collect()
}

#[test]
fn instants_are_utc_in_every_form() {
    let star = modern("WatchEvent", r#"{"action":"started"}"#);
    for (written, read) in [
        ("2016-01-02T03:04:05Z", "2016-01-02T03:04:05Z"),
        ("2012-06-14T15:01:42-07:00", "2012-06-14T22:01:42Z"),
        ("2014-02-15T00:04:40-08:00", "2014-02-15T08:04:40Z"),
        ("2012/03/10 22:31:05 -0800", "2012-03-11T06:31:05Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ("2016-12-31T15:59:60-08:00", "2016-12-31T23:59:59.999999Z"),
    ] {
        let found = contributions(&star.replace("2016-01-02T03:04:05Z", written));
        let at = found[0].occurred_at;
        assert_eq!(at, read.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
    }
    for written in ["", "2016-01-02", "2016-13-02T03:04:05Z"] {
        check(&star.replace("2016-01-02T03:04:05Z", written), &[]);
    }
}

#[test]
fn early_2012_has_the_shapes_of_2015() {
    let of_2012 = |event_type, payload: &str| {
        modern(event_type, payload)
            .replace("2016-01-02T03:04:05Z", "2012-02-15T03:04:05Z")
            .replace(r#""id":"900","#, "")
    };
    let push = r#"{"push_id":3,"size":2,"head":"bb","commits":[
        {"sha":"aa","message":"one"},{"sha":"bb","message":"two","distinct":true}]}"#;
    check(
        &of_2012("PushEvent", push),
        &[
            "commit commit:7:aa → 11 (pusher) ×1 push 3 []",
            "commit commit:7:bb → 11 (pusher) ×1 push 3 []",
        ],
    );
    let merged = r#"{"action":"closed","number":4,"pull_request":{"id":40,"number":4,"merged":true,
        "additions":2,"deletions":0,"user":{"id":12,"login":"Bob"}}}"#;
    check(
        &of_2012("PullRequestEvent", merged),
        &[
            "pull_request_merged pull_request_merged:7:4 → 12 (author) ×1 +2 -0 \
           PR 40/4 by 12 (Some(PullRequest))",
        ],
    );
}

#[test]
fn the_merger_is_a_fact_and_has_no_credit() {
    let merged = r#"{"action":"merged","number":4,"pull_request":{"id":40,"number":4}}"#;
    let found = contributions(&modern("PullRequestEvent", merged));
    let merger = found[0].actor.as_ref().and_then(|actor| actor.id);
    assert_eq!((merger, found[0].credited.as_ref()), (Some(11), None));
    // It waits even where nobody is named as the merger.
    let nobody = modern("PullRequestEvent", merged).replace(r#"{"id":11,"login":"Ada"}"#, "null");
    check(
        &nobody,
        &["pull_request_merged pull_request_merged:7:4 → nobody yet (pending) ×1 PR 40/4"],
    );
    // An author that is null is unknown, not the actor.
    let ghost = r#"{"action":"closed","number":4,"pull_request":{"id":40,"number":4,"merged":true,"user":null}}"#;
    check(
        &modern("PullRequestEvent", ghost),
        &["pull_request_merged pull_request_merged:7:4 → nobody yet (pending) ×1 PR 40/4"],
    );
    // And `closed` without more is a pull request that was not merged.
    let closed = r#"{"action":"closed","number":4,"pull_request":{"id":40,"number":4}}"#;
    check(
        &modern("PullRequestEvent", closed),
        &[
            "pull_request_closed pull_request_closed:7:4:2016-01-02T03:04:05Z → 11 (actor) ×1 PR 40/4",
        ],
    );
}

#[test]
fn a_missing_part_of_a_key_is_made_up_from_the_event() {
    let rows = [
        ("PullRequestEvent", r#"{"action":"opened"}"#),
        ("PullRequestReviewEvent", r#"{"action":"created"}"#),
        ("PullRequestReviewCommentEvent", r#"{"action":"created"}"#),
        ("IssuesEvent", r#"{"action":"opened"}"#),
        ("IssuesEvent", r#"{"action":"closed"}"#),
        ("IssueCommentEvent", r#"{"action":"created"}"#),
        ("CommitCommentEvent", "null"),
        ("ReleaseEvent", r#"{"action":"published"}"#),
        ("GollumEvent", "null"),
        ("DiscussionEvent", r#"{"action":"created"}"#),
        ("ForkEvent", "null"),
        ("PushEvent", "null"),
    ];
    for (event_type, payload) in rows {
        let found = contributions(&modern(event_type, payload));
        let expected = format!("event:{event_type}:900:2016-01-02T03:04:05Z");
        assert_eq!(found.len(), 1, "{event_type}");
        assert_eq!(found[0].key, expected);
        // Numbers and texts are the same id.
        let number = modern(event_type, payload).replace(r#""id":"900""#, r#""id":900"#);
        assert_eq!(contributions(&number)[0].key, expected);
        // Without an id, what the event says is its identity: not its spelling.
        let bare = modern(event_type, payload).replace(r#""id":"900","#, "");
        let found = contributions(&bare);
        assert!(found[0].key.starts_with("digest:"), "{}", found[0].key);
        assert_eq!(
            found[0].key,
            contributions(&bare.replace(':', " : ").replace("03 : 04 : 05", "03:04:05"))[0].key
        );
    }
}

#[test]
fn pushes_of_odd_sizes() {
    let commits = r#""commits":[{"sha":"aa","message":"m","distinct":true}]"#;
    let aa = r#"commit commit:7:aa → 11 (pusher) ×1 push 3 []"#;
    let rest = |n| format!("commit push:7:3 → 11 (pusher) ×{n} push 3 []");
    let push = |sizes: &str| {
        let payload = format!(r#"{{"push_id":3,{sizes}{commits}}}"#);
        published(&modern("PushEvent", &payload))
    };
    assert_eq!(push(""), [aa.to_owned()]);
    assert_eq!(push(r#""size":0,"#), [aa.to_owned()]);
    assert_eq!(push(r#""size":"3","#), [aa.to_owned(), rest(2)]);
    assert_eq!(push(r#""size":9,"distinct_size":1,"#), [aa.to_owned()]);
    assert_eq!(push(r#""size":1,"distinct_size":0,"#), [aa.to_owned()]);
    // A size and no list; a size of nothing; and nothing at all.
    check(
        &modern("PushEvent", r#"{"push_id":3,"size":4}"#),
        &[&rest(4)],
    );
    check(&modern("PushEvent", r#"{"push_id":3,"size":0}"#), &[]);
    check(
        &modern("PushEvent", r#"{"push_id":"3"}"#),
        &["push push:7:3 → 11 (pusher) ×unknown push 3 []"],
    );
    // The merge commit of a pull request is listed, so it is no remainder.
    let merge =
        r#"{"push_id":3,"size":1,"shas":[["dd","e","Merge pull request #4 from a/b","n"]]}"#;
    check(&early("PushEvent", merge), &[]);
    check(
        &early("PushEvent", &merge.replace("Merge pull", "Merge the pull")),
        &["commit commit:7:dd → 11 (pusher) ×1 push 3 []"],
    );
}

#[test]
fn nobody_to_credit_is_no_contribution_unless_the_object_names_one() {
    let nobody = |document: String| document.replace(r#"{"id":11,"login":"Ada"}"#, "null");
    let comment = r#"{"action":"created","comment":{"id":80,"user":{"id":13,"login":"Eve"}}}"#;
    check(
        &nobody(modern("IssueCommentEvent", comment)),
        &["comment comment:80 → 13 (author) ×1"],
    );
    for (event_type, payload) in [
        ("PushEvent", r#"{"push_id":3,"size":4}"#),
        ("PushEvent", r#"{"push_id":3}"#),
        ("PullRequestEvent", r#"{"action":"opened","number":4}"#),
        ("IssuesEvent", r#"{"action":"closed","issue":{"number":8}}"#),
        ("GollumEvent", r#"{"pages":[{}]}"#),
        ("ForkEvent", r#"{"forkee":{"id":99}}"#),
    ] {
        check(&nobody(modern(event_type, payload)), &[]);
    }
}

#[test]
fn names_with_characters_that_databases_refuse() {
    let star = modern("WatchEvent", r#"{"action":"started"}"#);
    let nameless = star.replace(r#""id":7,"name":"Org/Repo""#, r#""name":"Org/Re\u0000po""#);
    check(
        &nameless,
        &["star star:@org/re\u{fffd}po:11 → 11 (actor) ×1"],
    );
    let found = contributions(&star.replace("Ada", r"A\u0000da"));
    assert_eq!(found[0].actor.as_ref().unwrap().login, "A\u{fffd}da");
}

#[test]
fn a_timeline_repository_with_an_id_is_known_by_it() {
    let star = timeline("WatchEvent", r#"{"action":"started"}"#);
    check(
        &star.replace(r#"{"owner":"Org""#, r#"{"id":7,"owner":"Org""#),
        &["star star:7:@ada → @ada (actor) ×1"],
    );
    let nowhere = star.replace(r#""repository":{"owner":"Org","name":"Repo"},"#, "");
    check(&nowhere, &[]);
}
