//! The counting rules, row by row and era by era, on the smallest event of
//! each shape. Names and numbers are made up.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "counting/credit.rs"]
mod credit;
#[path = "counting/real.rs"]
mod real;
#[path = "counting/shapes.rs"]
mod shapes;
#[path = "counting/support.rs"]
mod support;

// `make fuzz` builds this, too, instrumented; what its instruments call is in there.
use bolero as _;
use domain::{Source, SourceReference};
use events::{ContributionRecorded, Event, PullRequestSighting};
use scraper::translate::translate;

/// What an event comes to, one line for each published event.
fn published(document: &str) -> Vec<String> {
    let source = SourceReference {
        source: Source::Archive,
        reference: "test:1".into(),
    };
    let translation = translate(document.as_bytes(), &source)
        .unwrap_or_else(|error| panic!("{document}: {error}"));
    translation.events.iter().map(describe).collect()
}

fn describe(event: &Event) -> String {
    match event {
        Event::ContributionRecorded(event) => describe_contribution(event),
        Event::ContributionEnriched(event) => {
            format!(
                "enriched{}",
                describe_pull_request(event.pull_request.as_ref())
            )
        }
        other => format!("unexpected {}", other.event_type()),
    }
}

/// `kind key → account (basis) ×quantity +lines`.
fn describe_contribution(event: &ContributionRecorded) -> String {
    let account = event.credited.as_ref().or(event.actor.as_ref());
    let account = match event.basis {
        domain::CreditBasis::Pending => "nobody yet".to_owned(),
        _ => account.map_or_else(String::new, |account| account.reference().to_string()),
    };
    let quantity = event
        .quantity
        .map_or("unknown".to_owned(), |n| n.to_string());
    let lines = event.lines.map_or_else(String::new, |lines| {
        format!(" +{} -{}", lines.additions, lines.deletions)
    });
    let push = event.push.as_ref().map_or_else(String::new, |push| {
        format!(" push {} {:?}", push.key.0, push.other_commits)
    });
    let pull_request = describe_pull_request(event.pull_request.as_ref());
    let (kind, key, basis) = (event.kind, &event.key, event.basis.as_str());
    format!("{kind} {key} → {account} ({basis}) ×{quantity}{lines}{pull_request}{push}")
}

fn describe_pull_request(pull_request: Option<&PullRequestSighting>) -> String {
    let Some(found) = pull_request else {
        return String::new();
    };
    let number = |value: Option<u64>| value.map_or("?".to_owned(), |n| n.to_string());
    let author = found.author.as_ref().map_or_else(String::new, |author| {
        format!(" by {} ({:?})", author.reference(), found.author_source)
    });
    let merge = found
        .merge_commit
        .as_ref()
        .map_or_else(String::new, |sha| format!(" merged as {sha}"));
    format!(
        " PR {}/{}{author}{merge}",
        number(found.key.id),
        number(found.key.number)
    )
}

/// An event of the Events API, 2015 on.
fn modern(event_type: &str, payload: &str) -> String {
    format!(
        r#"{{"id":"900","type":"{event_type}","actor":{{"id":11,"login":"Ada"}},
            "repo":{{"id":7,"name":"Org/Repo"}},"payload":{payload},
            "created_at":"2016-01-02T03:04:05Z"}}"#
    )
    .replace('\n', "")
}

/// An event of the timeline era, 2012 to 2014: no ids, Pacific time.
fn timeline(event_type: &str, payload: &str) -> String {
    format!(
        r#"{{"type":"{event_type}","actor":"Ada","actor_attributes":{{"login":"Ada","type":"User"}},
            "repository":{{"owner":"Org","name":"Repo"}},"payload":{payload},
            "created_at":"2012-06-14T15:01:42-07:00"}}"#
    )
    .replace('\n', "")
}

/// An event of 2011.
fn early(event_type: &str, payload: &str) -> String {
    format!(
        r#"{{"id":"5","type":"{event_type}","actor":{{"id":11,"login":"Ada"}},
            "repo":{{"id":7,"name":"Org/Repo"}},"payload":{payload},
            "created_at":"2011-02-15T00:00:06Z"}}"#
    )
    .replace('\n', "")
}

fn check(document: &str, expected: &[&str]) {
    assert_eq!(published(document), expected, "{document}");
}

#[test]
fn commits_that_are_listed() {
    let push = r#"{"push_id":3,"size":4,"distinct_size":3,"head":"cc","commits":[
        {"sha":"aa","message":"one","distinct":true},
        {"sha":"bb","message":"pushed before","distinct":false},
        {"sha":"dd","message":"Merge pull request #4 from x/y","distinct":true},
        {"sha":"cc","message":"two","distinct":true}]}"#;
    check(
        &modern("PushEvent", push),
        &[
            r#"commit commit:7:aa → 11 (pusher) ×1 push 3 ["bb", "dd"]"#,
            r#"commit commit:7:cc → 11 (pusher) ×1 push 3 []"#,
        ],
    );
}

#[test]
fn commits_that_are_only_counted() {
    let distinct = r#"{"push_id":3,"size":30,"distinct_size":25,"head":"aa","commits":[
        {"sha":"aa","message":"one","distinct":true},{"sha":"bb","message":"x","distinct":false}]}"#;
    check(
        &modern("PushEvent", distinct),
        &[
            r#"commit commit:7:aa → 11 (pusher) ×1 push 3 ["bb"]"#,
            r#"commit push:7:3 → 11 (pusher) ×24 push 3 []"#,
        ],
    );
    let size_only = r#"{"push_id":3,"size":5,"head":"aa","shas":[["aa","e","one","n"]]}"#;
    check(
        &early("PushEvent", size_only),
        &[
            "commit commit:7:aa → 11 (pusher) ×1 push 3 []",
            "commit push:7:3 → 11 (pusher) ×4 push 3 []",
        ],
    );
    let nothing = r#"{"push_id":3,"size":0,"distinct_size":0,"head":"aa","commits":[]}"#;
    check(&modern("PushEvent", nothing), &[]);
}

#[test]
fn commits_of_the_timeline_era_belong_to_a_push_without_a_number() {
    let push =
        r#"{"size":2,"head":"aa","shas":[["aa","e","one","n",true],["bb","e","x","n",false]]}"#;
    let found = published(&timeline("PushEvent", push));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("commit commit:@org/repo:aa → @ada (pusher) ×1 push digest:"));
    // The key of the push is the event's own, and another event has another.
    let other = published(&timeline("PushEvent", &push.replace("\"e\"", "\"f\"")));
    assert_ne!(found, other);
}

#[test]
fn a_trimmed_push_is_one_push_of_unknown_size() {
    let push =
        r#"{"repository_id":7,"push_id":3,"ref":"refs/heads/main","head":"aa","before":"00"}"#;
    check(
        &modern("PushEvent", push),
        &[r#"push push:7:3 → 11 (pusher) ×unknown push 3 ["aa"]"#],
    );
}

#[test]
fn pull_requests_opened() {
    let full = r#"{"action":"opened","number":4,"pull_request":{"id":40,"number":4,
        "user":{"id":12,"login":"Bob"},"merged":false,"merge_commit_sha":"ee"}}"#;
    check(
        &modern("PullRequestEvent", full),
        &[
            "pull_request_opened pull_request_opened:7:4 → 12 (author) ×1 PR 40/4 by 12 (Some(PullRequest))",
        ],
    );
    let trimmed = r#"{"action":"opened","number":4,"pull_request":{"id":40,"number":4}}"#;
    check(
        &modern("PullRequestEvent", trimmed),
        &[
            "pull_request_opened pull_request_opened:7:4 → 11 (actor) ×1 PR 40/4 by 11 (Some(Opener))",
        ],
    );
}

#[test]
fn pull_requests_merged_go_to_their_author_or_wait() {
    let full = r#"{"action":"closed","number":4,"pull_request":{"id":40,"number":4,
        "user":{"id":12,"login":"Bob"},"merged":true,"merge_commit_sha":"ee",
        "additions":30,"deletions":5,"closed_at":"2016-01-02T03:04:04Z"}}"#;
    check(
        &modern("PullRequestEvent", full),
        &[
            "pull_request_merged pull_request_merged:7:4 → 12 (author) ×1 +30 -5 \
           PR 40/4 by 12 (Some(PullRequest)) merged as ee",
        ],
    );
    let trimmed = r#"{"action":"merged","number":4,"pull_request":{"id":40,"number":4}}"#;
    check(
        &modern("PullRequestEvent", trimmed),
        &["pull_request_merged pull_request_merged:7:4 → nobody yet (pending) ×1 PR 40/4"],
    );
    let with_commit = trimmed.replace(r#""id":40,"#, r#""id":40,"merge_commit_sha":"ee","#);
    check(
        &modern("PullRequestEvent", &with_commit),
        &[
            "pull_request_merged pull_request_merged:7:4 → nobody yet (pending) ×1 PR 40/4 \
           merged as ee",
        ],
    );
    let nameless = r#"{"action":"merged","pull_request":{"merge_commit_sha":"ee"}}"#;
    check(
        &modern("PullRequestEvent", nameless),
        &[
            "pull_request_merged event:PullRequestEvent:900:2016-01-02T03:04:05Z → nobody yet \
           (pending) ×1 PR ?/?",
        ],
    );
}

#[test]
fn pull_requests_closed_go_to_whoever_closed_them() {
    let full = r#"{"action":"closed","number":4,"pull_request":{"id":40,"number":4,
        "user":{"id":12,"login":"Bob"},"merged":false,"closed_at":"2016-01-02T03:04:04Z"}}"#;
    check(
        &modern("PullRequestEvent", full),
        &[
            "pull_request_closed pull_request_closed:7:4:2016-01-02T03:04:04Z → 11 (actor) ×1 \
           PR 40/4 by 12 (Some(PullRequest))",
        ],
    );
    // 2011 does not say whether it was merged.
    let stub = r#"{"action":"closed","number":4,"pull_request":{"id":40,"number":4,"additions":3,"deletions":1}}"#;
    check(
        &early("PullRequestEvent", stub),
        &[
            "pull_request_closed pull_request_closed:7:4:2011-02-15T00:00:06Z → 11 (actor) ×1 PR 40/4",
        ],
    );
}

#[test]
fn pull_requests_otherwise_teach_who_their_author_is() {
    for action in ["labeled", "assigned", "reopened", "synchronize", "edited"] {
        let full = format!(
            r#"{{"action":"{action}","number":4,"pull_request":{{"id":40,"number":4,"user":{{"id":12,"login":"Bob"}}}}}}"#
        );
        check(
            &modern("PullRequestEvent", &full),
            &["enriched PR 40/4 by 12 (Some(PullRequest))"],
        );
        let trimmed =
            format!(r#"{{"action":"{action}","number":4,"pull_request":{{"id":40,"number":4}}}}"#);
        check(&modern("PullRequestEvent", &trimmed), &[]);
    }
    // Also where nobody is named whom anything could be credited to.
    let closed = r#"{"action":"closed","number":4,"pull_request":{"id":40,"number":4,
        "user":{"id":12,"login":"Bob"},"merged":false}}"#;
    let reviewed = closed.replace(
        r#""action":"closed""#,
        r#""action":"created","review":{"id":50}"#,
    );
    let commented = r#"{"action":"created","comment":{"id":60},
        "issue":{"number":4,"user":{"id":12,"login":"Bob"},"pull_request":{}}}"#;
    for (event_type, payload, expected) in [
        ("PullRequestEvent", closed, "40/4 by 12 (Some(PullRequest))"),
        (
            "PullRequestReviewEvent",
            &reviewed,
            "40/4 by 12 (Some(PullRequest))",
        ),
        ("IssueCommentEvent", commented, "?/4 by 12 (Some(Issue))"),
    ] {
        let by_nobody = modern(event_type, payload).replace(r#"{"id":11,"login":"Ada"}"#, "{}");
        check(&by_nobody, &[&format!("enriched PR {expected}")]);
    }
}

#[test]
fn reviews() {
    let review = r#"{"action":"created","review":{"id":50,"user":{"id":13,"login":"Eve"}},
        "pull_request":{"id":40,"number":4,"user":{"id":12,"login":"Bob"}}}"#;
    let expected = "pull_request_reviewed pull_request_reviewed:50 → 13 (author) ×1 \
                    PR 40/4 by 12 (Some(PullRequest))";
    check(&modern("PullRequestReviewEvent", review), &[expected]);
    check(
        &modern(
            "PullRequestReviewEvent",
            &review.replace("created", "submitted"),
        ),
        &[expected],
    );
    for action in ["dismissed", "updated"] {
        check(
            &modern("PullRequestReviewEvent", &review.replace("created", action)),
            &["enriched PR 40/4 by 12 (Some(PullRequest))"],
        );
    }
}

#[test]
fn review_comments() {
    let comment = r#"{"action":"created","comment":{"id":60,"user":{"id":13,"login":"Eve"}},
        "pull_request":{"id":40,"number":4,"user":{"id":12,"login":"Bob"}}}"#;
    check(
        &modern("PullRequestReviewCommentEvent", comment),
        &["review_comment review_comment:60 → 13 (author) ×1 PR 40/4 by 12 (Some(PullRequest))"],
    );
    let old = r#"{"comment":{"id":60,"user":{"id":13,"login":"Eve"}}}"#;
    check(
        &timeline("PullRequestReviewCommentEvent", old),
        &["review_comment review_comment:60 → 13 (author) ×1"],
    );
}

#[test]
fn issues() {
    let issue =
        r#"{"action":"opened","issue":{"id":70,"number":8,"user":{"id":13,"login":"Eve"}}}"#;
    check(
        &modern("IssuesEvent", issue),
        &["issue_opened issue_opened:7:8 → 13 (author) ×1"],
    );
    let closed = r#"{"action":"closed","issue":{"id":70,"number":8,"user":{"id":13,"login":"Eve"},
        "closed_at":"2016-01-02T03:04:00Z"}}"#;
    check(
        &modern("IssuesEvent", closed),
        &["issue_closed issue_closed:7:8:2016-01-02T03:04:00Z → 11 (actor) ×1"],
    );
    check(
        &timeline(
            "IssuesEvent",
            r#"{"action":"closed","issue":70,"number":8}"#,
        ),
        &["issue_closed issue_closed:@org/repo:8:2012-06-14T22:01:42Z → @ada (actor) ×1"],
    );
    check(
        &early("IssuesEvent", r#"{"action":"opened","issue":70}"#),
        &["issue_opened issue_opened:7:70 → 11 (actor) ×1"],
    );
    for action in ["reopened", "labeled", "assigned", "edited"] {
        check(
            &modern("IssuesEvent", &issue.replace("opened", action)),
            &[],
        );
    }
}

#[test]
fn comments() {
    let on_issue = r#"{"action":"created","issue":{"id":70,"number":8,"user":{"id":12,"login":"Bob"}},
        "comment":{"id":80,"user":{"id":13,"login":"Eve"}}}"#;
    check(
        &modern("IssueCommentEvent", on_issue),
        &["comment comment:80 → 13 (author) ×1"],
    );
    let on_pull_request =
        on_issue.replace(r#""number":8"#, r#""number":8,"pull_request":{"url":"u"}"#);
    check(
        &modern("IssueCommentEvent", &on_pull_request),
        &["comment comment:80 → 13 (author) ×1 PR ?/8 by 12 (Some(Issue))"],
    );
    check(
        &timeline("IssueCommentEvent", r#"{"issue_id":70,"comment_id":80}"#),
        &["comment comment:80 → @ada (actor) ×1"],
    );
    check(
        &early("CommitCommentEvent", r#"{"comment_id":81,"commit":"aa"}"#),
        &["comment commit_comment:81 → 11 (actor) ×1"],
    );
    check(
        &modern("IssueCommentEvent", &on_issue.replace("created", "edited")),
        &[],
    );
}

#[test]
fn releases_wikis_discussions_stars_and_forks() {
    check(
        &modern(
            "ReleaseEvent",
            r#"{"action":"published","release":{"id":90,"author":{"id":13,"login":"Eve"}}}"#,
        ),
        &["release_published release_published:90 → 13 (author) ×1"],
    );
    check(
        &modern("ReleaseEvent", r#"{"action":"edited","release":{"id":90}}"#),
        &[],
    );
    check(
        &modern(
            "GollumEvent",
            r#"{"pages":[{"page_name":"a"},{"page_name":"b"}]}"#,
        ),
        &["wiki_edit event:GollumEvent:900:2016-01-02T03:04:05Z → 11 (actor) ×2"],
    );
    check(
        &early("GollumEvent", r#"{"page_name":"a"}"#),
        &["wiki_edit event:GollumEvent:5:2011-02-15T00:00:06Z → 11 (actor) ×1"],
    );
    check(
        &modern(
            "DiscussionEvent",
            r#"{"action":"created","discussion":{"id":95}}"#,
        ),
        &["discussion discussion:95 → 11 (actor) ×1"],
    );
    check(
        &modern("WatchEvent", r#"{"action":"started"}"#),
        &["star star:7:11 → 11 (actor) ×1"],
    );
    check(
        &modern("ForkEvent", r#"{"forkee":{"id":99}}"#),
        &["fork fork:99 → 11 (actor) ×1"],
    );
    check(
        &early("ForkEvent", r#"{"forkee":99}"#),
        &["fork fork:99 → 11 (actor) ×1"],
    );
    let fork = published(&timeline("ForkEvent", "{}"));
    assert!(fork[0].starts_with("fork digest:"), "{fork:?}");
}

#[test]
fn what_gives_no_contribution() {
    for event_type in [
        "CreateEvent",
        "DeleteEvent",
        "MemberEvent",
        "PublicEvent",
        "SomethingNew",
    ] {
        check(&modern(event_type, r#"{"action":"created"}"#), &[]);
    }
    let star = modern("WatchEvent", r#"{"action":"started"}"#);
    check(&star.replace("2016-01-02T03:04:05Z", "yesterday"), &[]);
    check(
        &star.replace(r#""id":7,"name":"Org/Repo""#, r#""name":"/""#),
        &[],
    );
    check(&star.replace(r#"{"id":11,"login":"Ada"}"#, "{}"), &[]);
    check(&star.replace(r#"{"action":"started"}"#, "null"), &[]);
}

#[test]
fn odd_values_are_read_for_what_they_are() {
    // Only a login: 2011. A number as text. A repository with an id alone.
    let star = modern("WatchEvent", r#"{"action":"started"}"#);
    check(
        &star.replace(r#""id":11,"#, ""),
        &["star star:7:@ada → @ada (actor) ×1"],
    );
    check(
        &star.replace(r#""id":7"#, r#""id":"7""#),
        &["star star:7:11 → 11 (actor) ×1"],
    );
    check(
        &star.replace("Org/Repo", "/"),
        &["star star:7:11 → 11 (actor) ×1"],
    );
    check(
        &timeline("WatchEvent", r#"{"action":"started"}"#)
            .replace(r#""actor":"Ada""#, r#""actor":null"#),
        &["star star:@org/repo:@ada → @ada (actor) ×1"],
    );
    // A character that databases refuse is replaced.
    check(
        &star.replace(r#""id":11,"login":"Ada""#, r#""login":"A\u0000a""#),
        &["star star:7:@a\u{fffd}a → @a\u{fffd}a (actor) ×1"],
    );
    // The instant of early 2012.
    check(
        &star.replace("2016-01-02T03:04:05Z", "2012/03/10 22:31:05 -0800"),
        &["star star:7:11 → 11 (actor) ×1"],
    );
}
