//! Rules that only several events together call into play, beyond those of
//! `resolution.rs`: each is checked forwards and backwards.

use domain::{
    AccountReference, ClassFilter, Fact, Metric, Period, Policy, Scope, Source, Tally, Thousandths,
};

use super::support::{facts, tally, translated};

/// A line as a source saw it.
struct Seen(Source, String);

/// An event of account `who` in repository 7, `org/repo`, at a minute.
fn seen(who: u32, login: &str, minute: u32, event_type: &str, payload: &str) -> Seen {
    let actor = format!(r#"{{"id":{who},"login":"{login}"}}"#);
    Seen(Source::Archive, line(&actor, minute, event_type, payload))
}

fn line(actor: &str, minute: u32, event_type: &str, payload: &str) -> String {
    format!(
        r#"{{"id":"{minute}","type":"{event_type}","actor":{actor},"repo":{{"id":7,"name":"Org/Repo"}},"payload":{payload},"created_at":"2016-01-02T03:{minute:02}:00Z"}}"#
    )
}

/// The same kind of event as the timeline era has it: names alone.
fn named(login: &str, repository: &str, event_type: &str, payload: &str) -> Seen {
    let line = format!(
        r#"{{"type":"{event_type}","actor":"{login}","repository":{{"owner":"org","name":"{repository}"}},"payload":{payload},"created_at":"2012-06-14T15:01:42-07:00"}}"#
    );
    Seen(Source::Archive, line)
}

fn facts_of(events: &[Seen]) -> Vec<Fact> {
    let translated = (1..).zip(events).flat_map(|(number, Seen(source, line))| {
        let reference = format!("test:{number}");
        facts(
            translated(line.as_bytes(), *source, reference.clone()),
            &reference,
        )
    });
    translated.collect()
}

/// `kind → contributor (basis) ×counted +additions at`, sorted.
fn counted(tally: &Tally) -> Vec<String> {
    let mut lines: Vec<String> = tally
        .contributions()
        .values()
        .map(|found| {
            let who = found.contributor.as_ref().map_or("nobody", |w| w.as_str());
            let lines = found
                .lines
                .map_or_else(String::new, |lines| format!(" +{}", lines.additions));
            let (kind, basis, repository) = (found.kind, found.basis.as_str(), &found.repository);
            let at = found.occurred_at.format("%M");
            format!(
                "{kind} in {repository} → {who} ({basis}) ×{}{lines} :{at}",
                found.counted()
            )
        })
        .collect();
    lines.sort();
    lines
}

fn check(events: &[Seen], expected: &[&str]) {
    let facts = facts_of(events);
    let backwards = facts.iter().rev().cloned();
    assert_eq!(counted(&tally(backwards)), expected, "backwards");
    assert_eq!(counted(&tally(facts)), expected, "forwards");
}

fn push(who: u32, minute: u32, push_id: u32, sha: &str) -> Seen {
    seen(who, "Ada", minute, "PushEvent", &push_payload(push_id, sha))
}

fn push_payload(push_id: u32, sha: &str) -> String {
    format!(
        r#"{{"push_id":{push_id},"size":1,"head":"{sha}","commits":[{{"sha":"{sha}","message":"m"}}]}}"#
    )
}

fn merged(number: u32, lines: &str) -> String {
    format!(
        r#"{{"action":"closed","number":{number},"pull_request":{{"id":4{number},"number":{number},"merged":true,{lines}"user":{{"id":12,"login":"Bob"}}}}}}"#
    )
}

#[test]
fn of_two_pushes_of_a_commit_the_earlier_decides() {
    check(
        &[push(11, 20, 3, "aa"), push(13, 10, 4, "aa")],
        &["commit in 7 → 13 (pusher) ×1 :10"],
    );
}

#[test]
fn the_better_basis_decides_before_the_earlier_instant() {
    let merge = merged(4, r#""merge_commit_sha":"zz","#);
    let brought = r#"{"push_id":4,"size":1,"head":"zz","commits":[{"sha":"aa","message":"m"}]}"#;
    check(
        &[
            push(13, 10, 3, "aa"),
            seen(11, "Ada", 20, "PushEvent", brought),
            seen(11, "Ada", 21, "PullRequestEvent", &merge),
        ],
        &[
            "commit in 7 → 12 (pull_request) ×1 :20",
            "pull_request_merged in 7 → 12 (author) ×1 :21",
        ],
    );
}

#[test]
fn lines_of_the_api_beat_those_of_the_archive() {
    let event = |lines| {
        line(
            r#"{"id":11,"login":"Ada"}"#,
            10,
            "PullRequestEvent",
            &merged(4, lines),
        )
    };
    check(
        &[
            Seen(Source::Archive, event(r#""additions":3,"deletions":1,"#)),
            Seen(Source::Api, event(r#""additions":9,"deletions":1,"#)),
            Seen(Source::Webhook, event("")),
        ],
        &["pull_request_merged in 7 → 12 (author) ×1 +9 :10"],
    );
}

#[test]
fn an_author_known_from_a_review_comment_ends_the_waiting_of_a_merge() {
    let waiting = r#"{"action":"merged","number":4,"pull_request":{"id":44,"number":4}}"#;
    let comment = r#"{"action":"created","comment":{"id":60,"user":{"id":13,"login":"Eve"}},"pull_request":{"id":44,"number":4,"user":{"id":12,"login":"Bob"}}}"#;
    check(
        &[
            seen(11, "Ada", 20, "PullRequestEvent", waiting),
            seen(13, "Eve", 10, "PullRequestReviewCommentEvent", comment),
        ],
        &[
            "pull_request_merged in 7 → 12 (author) ×1 :20",
            "review_comment in 7 → 13 (author) ×1 :10",
        ],
    );
}

#[test]
fn a_pull_request_is_known_by_its_id_or_by_its_number() {
    let waiting = r#"{"action":"merged","number":4,"pull_request":{"id":44}}"#;
    for opened in [
        r#"{"action":"opened","pull_request":{"id":44}}"#,
        r#"{"action":"opened","number":4}"#,
    ] {
        let found = counted(&tally(facts_of(&[
            seen(11, "Ada", 20, "PullRequestEvent", waiting),
            seen(12, "Bob", 10, "PullRequestEvent", opened),
        ])));
        let merge = "pull_request_merged in 7 → 12 (author) ×1 :20";
        assert!(found.iter().any(|line| line == merge), "{found:?}");
    }
    // Another number, another id: another pull request.
    let other = r#"{"action":"opened","number":5,"pull_request":{"id":45}}"#;
    check(
        &[
            seen(11, "Ada", 20, "PullRequestEvent", waiting),
            seen(12, "Bob", 10, "PullRequestEvent", other),
        ],
        &[
            "pull_request_merged in 7 → nobody (pending) ×0 :20",
            "pull_request_opened in 7 → 12 (actor) ×1 :10",
        ],
    );
}

#[test]
fn a_review_of_ones_own_is_known_by_a_linked_login_too() {
    let opened = r#"{"action":"opened","number":4,"pull_request":{"number":4}}"#;
    let review = r#"{"action":"created","review":{"id":50,"user":{"id":12,"login":"Bob"}},"pull_request":{"number":4}}"#;
    check(
        &[
            named("bob", "repo", "PullRequestEvent", opened),
            seen(12, "Bob", 10, "PullRequestReviewEvent", review),
        ],
        &[
            "pull_request_opened in 7 → 12 (actor) ×1 :01",
            "self_review in 7 → 12 (author) ×1 :10",
        ],
    );
}

#[test]
fn a_commit_seen_under_both_references_of_a_repository_counts_once() {
    let by_name = || named("eve", "REPO", "PushEvent", &push_payload(3, "aa"));
    check(
        &[by_name(), push(11, 10, 3, "aa")],
        &["commit in 7 → @eve (pusher) ×1 :01"],
    );
    // A second repository that bore the name leaves it open.
    let another = seen(11, "Ada", 11, "PublicEvent", "{}");
    let another = Seen(another.0, another.1.replace(r#""id":7,"#, r#""id":8,"#));
    check(
        &[by_name(), push(11, 10, 3, "aa"), another],
        &[
            "commit in 7 → 11 (pusher) ×1 :10",
            "commit in @org/repo → @eve (pusher) ×1 :01",
        ],
    );
}

/// A board of humans over everything.
fn board(events: &[Seen]) -> Vec<(u64, AccountReference, Thousandths)> {
    let tally = tally(facts_of(events));
    let (policy, counts) = (Policy::default(), tally.daily_counts());
    let ranked = tally.board(
        &counts,
        &policy,
        &Scope::Global,
        Period::All,
        Metric::Score,
        ClassFilter::Human,
    );
    let rows = ranked.into_iter();
    rows.map(|(rank, standing)| (rank, standing.contributor, standing.value))
        .collect()
}

fn row(rank: u64, who: u64, value: Thousandths) -> (u64, AccountReference, Thousandths) {
    (rank, AccountReference::from_id(who), value)
}

#[test]
fn lines_bring_at_most_500_points_a_repository() {
    let lines = |number, additions, deletions| {
        let lines = format!(r#""additions":{additions},"deletions":{deletions},"#);
        seen(
            11,
            "Ada",
            number,
            "PullRequestEvent",
            &merged(number, &lines),
        )
    };
    let both = 2 * 25_000;
    assert_eq!(
        board(&[lines(4, 100, 10), lines(5, 3, 1)]),
        [row(1, 12, both + 1_050 + 35)]
    );
    assert_eq!(
        board(&[lines(4, 40_000, 10_000), lines(5, 40_000, 0)]),
        [row(1, 12, both + 500_000)]
    );
    let Seen(source, elsewhere) = lines(5, 40_000, 40_000);
    let elsewhere = elsewhere.replace(r#""id":7,"name":"Org/Repo""#, r#""id":8,"name":"o/r""#);
    assert_eq!(
        board(&[lines(4, 90_000, 0), Seen(source, elsewhere)]),
        [row(1, 12, both + 1_000_000)]
    );
}

#[test]
fn commits_and_pushes_share_a_daily_cap_of_30() {
    let trimmed = |minute| {
        let payload = format!(r#"{{"push_id":{minute},"head":"h{minute}"}}"#);
        seen(11, "Ada", minute, "PushEvent", &payload)
    };
    let many = r#"{"push_id":90,"size":20,"head":"aa","commits":[{"sha":"aa","message":"m"}]}"#;
    let mut events: Vec<Seen> = (1..=9).map(trimmed).collect();
    events.push(seen(11, "Ada", 50, "PushEvent", many));
    assert_eq!(board(&events), [row(1, 11, 290_000)]);
    events.extend((10..=12).map(trimmed));
    assert_eq!(board(&events), [row(1, 11, 300_000)]);
    // The next day has a cap of its own.
    let Seen(source, tomorrow) = trimmed(13);
    events.push(Seen(source, tomorrow.replace("2016-01-02T", "2016-01-03T")));
    assert_eq!(board(&events), [row(1, 11, 310_000)]);
}

#[test]
fn equal_scores_share_a_rank() {
    let comment = |who: u32, login, id| {
        let payload = format!(r#"{{"action":"created","comment":{{"id":{id}}}}}"#);
        seen(who, login, id, "CommitCommentEvent", &payload)
    };
    let opened = r#"{"action":"opened","issue":{"number":1}}"#;
    let found = board(&[
        seen(20, "Abe", 1, "IssuesEvent", opened),
        comment(30, "Bea", 2),
        comment(31, "Bea2", 4),
        comment(4, "Cid", 3),
        comment(30, "Bea", 5),
        comment(31, "Bea2", 6),
    ]);
    let expected = [
        row(1, 20, 8_000),
        row(2, 30, 6_000),
        row(2, 31, 6_000),
        row(4, 4, 3_000),
    ];
    assert_eq!(found, expected);
}
