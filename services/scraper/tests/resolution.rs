//! Who is credited, and what counts, once several events are known: in every
//! order in which they may arrive.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

// `make fuzz` builds this, too, instrumented; what its instruments call is in there.
use bolero as _;
use chrono::DateTime;
use domain::{ClassFilter, Fact, Metric, Period, Policy, Scope, Source, SourceReference, Tally};
use events::{Event, LogPosition};
use scraper::translate::translate;

/// A tally of events given as JSON, in the order given.
fn tally(documents: &[String]) -> Tally {
    let mut tally = Tally::default();
    let position = LogPosition {
        sequence: 1,
        recorded_at: DateTime::UNIX_EPOCH,
    };
    for (number, document) in documents.iter().enumerate() {
        let source = SourceReference {
            source: Source::Archive,
            reference: format!("test:{number}"),
        };
        let translation = translate(document.as_bytes(), &source)
            .unwrap_or_else(|error| panic!("{document}: {error}"));
        let facts = translation.events.iter().flat_map(|event| match event {
            Event::ContributionRecorded(event) => event.facts(position),
            Event::ContributionEnriched(event) => event.facts(),
            other => panic!("{}", other.event_type()),
        });
        facts.for_each(|fact: Fact| tally.record(fact));
        for seen in translation.accounts {
            tally.record(Fact::AccountNamed {
                account: seen.account.reference(),
                login: seen.account.login.clone(),
                called_bot: seen.account.called_bot,
                at: seen.at,
            });
        }
    }
    tally
}

/// What counts: `kind → contributor (basis) ×counted +lines`, sorted.
fn counted(tally: &Tally) -> Vec<String> {
    let mut lines: Vec<String> = tally
        .contributions()
        .values()
        .map(|found| {
            let who = found
                .contributor
                .as_ref()
                .map_or("nobody yet", |who| who.as_str());
            let lines = found
                .lines
                .map_or_else(String::new, |lines| format!(" +{}", lines.additions));
            let (kind, basis) = (found.kind, found.basis.as_str());
            format!("{kind} → {who} ({basis}) ×{}{lines}", found.counted())
        })
        .collect();
    lines.sort();
    lines
}

/// Checks the outcome in every order of the events, and with all of them twice.
fn check(documents: &[String], expected: &[&str]) {
    for order in orders(documents) {
        assert_eq!(counted(&tally(&order)), expected, "{order:#?}");
    }
    // A second sighting of everything adds nothing. (Its place in the file
    // differs, so it is a sighting of its own.)
    let twice: Vec<String> = documents.iter().chain(documents).cloned().collect();
    assert_eq!(counted(&tally(&twice)), expected, "twice");
}

fn orders(documents: &[String]) -> Vec<Vec<String>> {
    if documents.len() <= 1 {
        return vec![documents.to_vec()];
    }
    let mut orders = Vec::new();
    for (index, first) in documents.iter().enumerate() {
        let mut rest = documents.to_vec();
        rest.remove(index);
        for mut order in self::orders(&rest) {
            order.insert(0, first.clone());
            orders.push(order);
        }
    }
    orders
}

/// An event by account 11, `Ada`, in repository 7, at a minute of an hour.
fn event(id: u32, minute: u32, event_type: &str, payload: &str) -> String {
    event_by(11, "Ada", id, minute, event_type, payload)
}

fn event_by(
    account: u32,
    login: &str,
    id: u32,
    minute: u32,
    event_type: &str,
    payload: &str,
) -> String {
    format!(
        r#"{{"id":"{id}","type":"{event_type}","actor":{{"id":{account},"login":"{login}"}},"repo":{{"id":7,"name":"org/repo"}},"payload":{payload},"created_at":"2026-06-01T15:{minute:02}:00Z"}}"#
    )
}

const MERGED: &str = r#"{"action":"merged","number":4,"pull_request":{"id":40,"number":4}}"#;

#[test]
fn a_trimmed_merge_waits_until_its_author_is_known() {
    let merged = event(1, 10, "PullRequestEvent", MERGED);
    check(
        std::slice::from_ref(&merged),
        &["pull_request_merged → nobody yet (pending) ×0"],
    );
    let opened = r#"{"action":"opened","number":4,"pull_request":{"id":40,"number":4}}"#;
    check(
        &[
            merged.clone(),
            event_by(12, "Bob", 2, 5, "PullRequestEvent", opened),
        ],
        &[
            "pull_request_merged → 12 (author) ×1",
            "pull_request_opened → 12 (actor) ×1",
        ],
    );
    let review = r#"{"action":"created","review":{"id":50,"user":{"id":13,"login":"Eve"}},"pull_request":{"id":40,"number":4,"user":{"id":12,"login":"Bob"}}}"#;
    check(
        &[
            merged.clone(),
            event_by(13, "Eve", 3, 6, "PullRequestReviewEvent", review),
        ],
        &[
            "pull_request_merged → 12 (author) ×1",
            "pull_request_reviewed → 13 (author) ×1",
        ],
    );
    let comment = r#"{"action":"created","issue":{"id":1,"number":4,"pull_request":{},"user":{"id":12,"login":"Bob"}},"comment":{"id":80,"user":{"id":13,"login":"Eve"}}}"#;
    check(
        &[
            merged.clone(),
            event_by(13, "Eve", 4, 7, "IssueCommentEvent", comment),
        ],
        &[
            "comment → 13 (author) ×1",
            "pull_request_merged → 12 (author) ×1",
        ],
    );
    let labeled = r#"{"action":"labeled","number":4,"pull_request":{"id":40,"number":4,"user":{"id":12,"login":"Bob"}}}"#;
    check(
        &[merged, event(5, 8, "PullRequestEvent", labeled)],
        &["pull_request_merged → 12 (author) ×1"],
    );
}

#[test]
fn a_review_of_ones_own_pull_request_is_no_review() {
    let review = r#"{"action":"created","review":{"id":50,"user":{"id":12,"login":"Bob"}},"pull_request":{"id":40,"number":4}}"#;
    let opened = r#"{"action":"opened","number":4,"pull_request":{"id":40,"number":4}}"#;
    check(
        &[
            event_by(12, "Bob", 1, 5, "PullRequestEvent", opened),
            event_by(12, "Bob", 2, 6, "PullRequestReviewEvent", review),
        ],
        &[
            "pull_request_opened → 12 (actor) ×1",
            "self_review → 12 (author) ×1",
        ],
    );
}

#[test]
fn any_sighting_may_tell_that_a_review_is_ones_own() {
    let review = |minute, pull_request: &str| {
        let payload = format!(
            r#"{{"action":"created","review":{{"id":50,"user":{{"id":12,"login":"Bob"}}}}{pull_request}}}"#
        );
        event_by(12, "Bob", 2, minute, "PullRequestReviewEvent", &payload)
    };
    let opened = r#"{"action":"opened","number":4,"pull_request":{"id":40,"number":4}}"#;
    check(
        &[
            event_by(12, "Bob", 1, 5, "PullRequestEvent", opened),
            review(6, ""),
            review(7, r#","pull_request":{"id":40,"number":4}"#),
        ],
        &[
            "pull_request_opened → 12 (actor) ×1",
            "self_review → 12 (author) ×1",
        ],
    );
}

#[test]
fn an_account_without_a_login_bears_no_number_as_a_name() {
    let nameless =
        event(1, 1, "WatchEvent", r#"{"action":"started"}"#).replace(r#","login":"Ada""#, "");
    check(
        &[timeline_star("11", "other"), nameless],
        &["star → 11 (actor) ×1", "star → @11 (actor) ×1"],
    );
}

fn push(id: u32, minute: u32, push_id: u32, head: &str, shas: &[&str]) -> String {
    let commits: Vec<String> = shas
        .iter()
        .map(|sha| format!(r#"{{"sha":"{sha}","message":"m","distinct":true}}"#))
        .collect();
    let (size, commits) = (shas.len(), commits.join(","));
    let payload = format!(
        r#"{{"push_id":{push_id},"size":{size},"distinct_size":{size},"head":"{head}","commits":[{commits}]}}"#
    );
    event(id, minute, "PushEvent", &payload)
}

fn merged_as(sha: &str) -> String {
    let payload = format!(
        r#"{{"action":"closed","number":4,"pull_request":{{"id":40,"number":4,"merged":true,"merge_commit_sha":"{sha}","additions":3,"deletions":1,"user":{{"id":12,"login":"Bob"}}}}}}"#
    );
    event(90, 20, "PullRequestEvent", &payload)
}

#[test]
fn commits_that_a_merge_brought_go_to_the_author_of_the_pull_request() {
    let expected = [
        "commit → 12 (pull_request) ×1",
        "commit → 12 (pull_request) ×1",
        "pull_request_merged → 12 (author) ×1 +3",
    ];
    // By the push's head, which it does not list; by a commit it lists.
    check(
        &[push(1, 10, 3, "zz", &["aa", "bb"]), merged_as("zz")],
        &expected,
    );
    check(
        &[push(1, 10, 3, "bb", &["aa", "bb"]), merged_as("aa")],
        &expected,
    );
    check(
        &[push(1, 10, 3, "bb", &["aa", "bb"]), merged_as("xx")],
        &[
            "commit → 11 (pusher) ×1",
            "commit → 11 (pusher) ×1",
            "pull_request_merged → 12 (author) ×1 +3",
        ],
    );
}

#[test]
fn a_commit_pushed_twice_counts_once_with_the_better_basis() {
    check(
        &[
            push(1, 10, 3, "aa", &["aa"]),
            push(2, 30, 4, "zz", &["aa"]),
            merged_as("zz"),
        ],
        &[
            "commit → 12 (pull_request) ×1",
            "pull_request_merged → 12 (author) ×1 +3",
        ],
    );
}

#[test]
fn a_push_steps_back_for_its_commits() {
    let trimmed = event(
        1,
        10,
        "PushEvent",
        r#"{"repository_id":7,"push_id":3,"head":"bb"}"#,
    );
    check(std::slice::from_ref(&trimmed), &["push → 11 (pusher) ×1"]);
    check(
        &[trimmed, push(1, 10, 3, "bb", &["aa", "bb"])],
        &[
            "commit → 11 (pusher) ×1",
            "commit → 11 (pusher) ×1",
            "push → 11 (pusher) ×0",
        ],
    );
}

#[test]
fn the_earliest_sighting_decides_and_known_lines_beat_unknown() {
    let opened = |minute, account, login| {
        let payload = r#"{"action":"opened","number":4,"pull_request":{"id":40,"number":4}}"#;
        event_by(account, login, 1, minute, "PullRequestEvent", payload)
    };
    check(
        &[opened(5, 12, "Bob"), opened(6, 13, "Eve")],
        &["pull_request_opened → 12 (actor) ×1"],
    );
    check(
        &[event(1, 10, "PullRequestEvent", MERGED), merged_as("zz")],
        &["pull_request_merged → 12 (author) ×1 +3"],
    );
}

fn timeline_star(login: &str, name: &str) -> String {
    format!(
        r#"{{"type":"WatchEvent","actor":"{login}","repository":{{"owner":"org","name":"{name}"}},"payload":{{"action":"started"}},"created_at":"2012-06-14T15:01:42-07:00"}}"#
    )
}

#[test]
fn a_login_stands_for_the_only_account_that_bore_it() {
    let star = timeline_star("ada", "other");
    let ada = event(1, 1, "CreateEvent", "{}");
    let another_ada = event_by(99, "ADA", 2, 2, "CreateEvent", "{}");
    check(std::slice::from_ref(&star), &["star → @ada (actor) ×1"]);
    check(&[star.clone(), ada.clone()], &["star → 11 (actor) ×1"]);
    // An event that happened in no repository teaches names too.
    let nowhere =
        event(3, 3, "FollowEvent", "{}").replace(r#""id":7,"name":"org/repo""#, r#""name":"/""#);
    check(&[star.clone(), nowhere], &["star → 11 (actor) ×1"]);
    check(&[star, ada, another_ada], &["star → @ada (actor) ×1"]);
}

#[test]
fn a_repository_name_stands_for_the_only_repository_that_bore_it() {
    // The same star, seen by name in one era and by id in another, is one.
    let by_name = timeline_star("ada", "repo");
    let by_id = event(1, 1, "WatchEvent", r#"{"action":"started"}"#);
    check(&[by_name, by_id], &["star → 11 (actor) ×1"]);
}

#[test]
fn caps_ranks_and_classes() {
    let many: Vec<String> = (0..40).map(|n| format!("{n:040x}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let comment = |account, login: &str, id| {
        let payload =
            format!(r#"{{"action":"created","issue":{{"number":1}},"comment":{{"id":{id}}}}}"#);
        event_by(account, login, id, 1, "IssueCommentEvent", &payload)
    };
    let tally = tally(&[
        push(1, 10, 3, many[39], &many),
        comment(20, "Bea", 101),
        comment(21, "Cid", 102),
        comment(22, "deploy[bot]", 103),
        comment(23, "copilot-swe-agent[bot]", 104),
        comment(24, "Dan", 105),
        comment(24, "Dan", 106),
    ]);
    let counts = tally.daily_counts();
    let board = |class| -> BTreeMap<String, (u64, i64)> {
        tally
            .board(
                &counts,
                &Policy::default(),
                &Scope::Global,
                Period::All,
                Metric::Score,
                class,
            )
            .into_iter()
            .map(|(rank, standing)| (standing.contributor.to_string(), (rank, standing.value)))
            .collect()
    };
    let row = |who: &str, rank, value| (who.to_owned(), (rank, value));
    assert_eq!(
        board(ClassFilter::Human),
        BTreeMap::from([
            row("11", 1, 300_000),
            row("24", 2, 6_000),
            row("20", 3, 3_000),
            row("21", 3, 3_000),
        ])
    );
    assert_eq!(
        board(ClassFilter::Bot),
        BTreeMap::from([row("22", 1, 3_000)])
    );
    assert_eq!(
        board(ClassFilter::Agent),
        BTreeMap::from([row("23", 1, 3_000)])
    );
    assert_eq!(board(ClassFilter::Everyone).len(), 6);
}
