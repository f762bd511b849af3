//! Lists that are read page by page while others write: whatever was there and stays is
//! on one page and no more, whatever comes after a place is on a later one, and whatever
//! comes before it on none. Each entry of a list has a position in it, and some share one.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use decisions::Author;
use decisions::counting::set_affiliations;
use decisions::disputes::raise;
use decisions::tracking::{decide_tracking, define_group};
use domain::dispute::Disputed;
use domain::jobs::{Cause, JobQueued, Overlap, Queue};
use domain::{AccountReference, Affiliation, RepositoryName, Source, SourceReference};
use events::{DeadLetterRecorded, Envelope, Event};
use jobs::QueueLog;
use query_api::Settings;
use reqwest::StatusCode;
use runtime::{Clock, FixedClock};
use serde_json::{Value, json};
use tests::{coverage_of, events_of, publish};
use uuid::Uuid;

use crate::world::World;

const NOW: &str = "2024-03-01T12:00:00Z";

/// Entries before anything is read, two at each position, the distance between
/// positions, and entries of a page.
const ENTRIES: i64 = 14;
const STEP: i64 = 4;
const LIMIT: usize = 3;

/// Pages after which others write.
const WRITTEN: i64 = 4;

/// An instant of a position: lists of what happened begin with the newest.
fn instant(position: i64) -> DateTime<Utc> {
    let first: DateTime<Utc> = "2024-02-28T12:00:00Z".parse().unwrap();
    first - TimeDelta::minutes(position)
}

/// Reads a list page by page. `entries` is where they are in an answer. `add` makes one
/// at a position, of a number that no other has, and says what it is called, by which
/// `called` knows it again.
async fn read_while_written(
    world: &World,
    path: &str,
    entries: &str,
    called: impl Fn(&Value) -> String,
    add: impl AsyncFn(i64, u64) -> String,
) {
    let mut numbers = 0_u64..;
    let mut positions: HashMap<String, i64> = HashMap::new();
    for place in 0..ENTRIES {
        let position = place / 2 * STEP;
        let name = add(position, numbers.next().unwrap()).await;
        positions.insert(name, position);
    }
    world.project().await;
    let mut wanted: BTreeSet<String> = positions.keys().cloned().collect();
    let mut unwanted = BTreeSet::new();
    let mut seen: Vec<String> = Vec::new();
    let (mut cursor, mut page) = (String::new(), 0);
    let next = if path.contains('?') { '&' } else { '?' };
    loop {
        let answer = world
            .get(&format!("{path}{next}limit={LIMIT}{cursor}"))
            .await;
        let shown = answer.pointer(entries).and_then(Value::as_array).unwrap();
        assert!(shown.len() <= LIMIT, "{path}: {answer}");
        seen.extend(shown.iter().map(&called));
        let Some(place) = answer["meta"]["next_cursor"].as_str() else {
            break;
        };
        assert_eq!(shown.len(), LIMIT, "{path}: {answer}");
        cursor = format!("&cursor={place}");
        page += 1;
        if page > WRITTEN {
            continue;
        }
        // Before everything, beside the last that was shown, and after everything.
        let last = positions[seen.last().unwrap()];
        for position in [-STEP * page, last, (ENTRIES + page) * STEP] {
            let name = add(position, numbers.next().unwrap()).await;
            if position < 0 {
                unwanted.insert(name.clone());
            } else if position > last {
                wanted.insert(name.clone());
            }
            positions.insert(name, position);
        }
        world.project().await;
    }
    let once: BTreeSet<String> = seen.iter().cloned().collect();
    assert_eq!(once.len(), seen.len(), "{path} repeats: {seen:?}");
    let left_out: Vec<_> = wanted.difference(&once).collect();
    assert!(left_out.is_empty(), "{path} has not {left_out:?}: {seen:?}");
    let early: Vec<_> = unwanted.intersection(&once).collect();
    assert!(early.is_empty(), "{path} went back to {early:?}: {seen:?}");
    let order: Vec<i64> = seen.iter().map(|name| positions[name]).collect();
    assert!(order.is_sorted(), "{path}: {order:?}");
    let all = world.get(&format!("{path}{next}limit=200")).await;
    let all = all.pointer(entries).and_then(Value::as_array);
    assert_eq!(all.unwrap().len(), positions.len(), "{path}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

async fn say(world: &World, event: Event) {
    let event = Envelope::wrap("/tests", event).unwrap();
    publish(world.log(), &[event], 10).await.unwrap();
}

fn by(actor: &str, position: i64) -> Author {
    Author {
        actor: actor.to_owned(),
        reason: "a test".to_owned(),
        at: instant(position),
    }
}

/// Asks for a job.
async fn ask_for(world: &World, name: &str, author: Author, number: u64) -> Uuid {
    let wanted = JobQueued {
        job: Uuid::from_u128(u128::from(number) + 1),
        name: name.to_owned(),
        queue: Queue::Scraping,
        cause: Cause::Hand {
            actor: author.actor,
            reason: author.reason,
        },
        arguments: BTreeMap::new(),
        attempts: 3,
        time_limit: 60,
        overlap: Overlap::Allowed,
        queued_at: author.at,
    };
    let clock: Arc<dyn Clock> = Arc::new(FixedClock::at(NOW.parse().unwrap()));
    let mut queue = QueueLog::new(world.log().clone(), Queue::Scraping, clock);
    queue.catch_up().await.unwrap();
    queue.enqueue(&wanted).await.unwrap();
    wanted.job
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_look_through_has_no_gaps_and_no_repeats() {
    let world = World::start(NOW, Settings::default()).await;
    let add = async |position, number| {
        let job = ask_for(&world, "refresh-stale", by("ann", position), number);
        job.await.to_string()
    };
    let called = |one: &Value| text(&one["id"]);
    read_while_written(&world, "/api/v1/jobs", "/jobs", called, add).await;

    let add = async |position, number: u64| {
        let origin = format!("file-{number}");
        let letter = DeadLetterRecorded {
            service: "scraper".to_owned(),
            origin: origin.clone(),
            line: Some(1),
            error: "damaged".to_owned(),
            content: "{".to_owned(),
            bytes: 1,
            received: None,
            recorded_at: instant(position),
        };
        say(&world, Event::DeadLetterRecorded(letter)).await;
        origin
    };
    let called = |one: &Value| text(&one["origin"]);
    let path = "/api/v1/dead-letters";
    read_while_written(&world, path, "/dead_letters", called, add).await;

    // At one place are files of one hour, which is not padded in names, at several sources.
    let known: RefCell<HashMap<i64, usize>> = RefCell::default();
    let add = async |position: i64, _: u64| {
        let nth = {
            let mut known = known.borrow_mut();
            let nth = known.entry(position).or_default();
            *nth += 1;
            *nth - 1
        };
        let hour = instant(0) - TimeDelta::hours(position);
        let ending = [".json.gz", ".ndjson"][nth % 2];
        let unit = format!("{}{ending}", hour.format("%Y-%m-%d-%-H"));
        let mut coverage = coverage_of(&unit, instant(0));
        coverage.source = [Source::Archive, Source::Api, Source::Bigquery][nth / 2];
        let name = format!("{} {unit}", coverage.source.as_str());
        say(&world, Event::CoverageObserved(coverage)).await;
        name
    };
    let called = |one: &Value| format!("{} {}", text(&one["source"]), text(&one["unit"]));
    let path = "/api/v1/coverage";
    read_while_written(&world, path, "/coverage/units", called, add).await;

    // Jobs, dead letters and disputes have the same sort key, and places of their own.
    let jobs = world.get("/api/v1/jobs?limit=1").await;
    let place = jobs["meta"]["next_cursor"].as_str().unwrap();
    world.get(&format!("/api/v1/jobs?cursor={place}")).await;
    for other in ["dead-letters", "disputes", "coverage", "audit"] {
        let path = format!("/api/v1/{other}?cursor={place}");
        let (status, said) = world.text(&path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {said}");
        let problem: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(problem["parameter"], "cursor", "{path}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_decided_has_no_gaps_and_no_repeats() {
    let world = World::start(NOW, Settings::default()).await;
    // Of two sorts, which are kept apart and listed together.
    let add = async |position, number: u64| {
        let name = format!("number-{number}");
        let author = by("ann", position);
        if number.is_multiple_of(2) {
            define_group(world.log(), &name, &[], &author)
                .await
                .unwrap();
        } else {
            ask_for(&world, &name, author, number).await;
        }
        name
    };
    let called = |one: &Value| text(&one["subject"]);
    let path = "/api/v1/audit?actor=ann";
    read_while_written(&world, path, "/entries", called, add).await;

    let add = async |position, number: u64| {
        let url = format!("https://github.com/octo/cat/pull/{}", number + 1);
        let missed = Disputed::parse(&url).unwrap();
        raise(world.log(), &missed, &by("bob", position))
            .await
            .unwrap();
        url
    };
    let called = |one: &Value| text(&one["url"]);
    read_while_written(&world, "/api/v1/disputes", "/disputes", called, add).await;

    let member = RepositoryName::parse("octo/cat").unwrap();
    let add = async |position: i64, number: u64| {
        let name = format!("group-{:04}-{number}", position + 1_000);
        let members = std::slice::from_ref(&member);
        define_group(world.log(), &name, members, &by("eve", 0))
            .await
            .unwrap();
        name
    };
    let called = |one: &Value| text(&one["group"]);
    read_while_written(&world, "/api/v1/groups", "/groups", called, add).await;
}

/// Somebody's comments in a repository, from some number on.
fn comments(
    who: u64,
    repository: (u64, &str),
    at: DateTime<Utc>,
    ids: Range<u64>,
) -> Vec<Envelope> {
    let (id, name) = repository;
    let account = json!({"id": who, "login": format!("account-{who}")});
    let comment = |number: u64| {
        let event = json!({
            "id": number.to_string(), "type": "IssueCommentEvent",
            "created_at": at.to_rfc3339(), "actor": account,
            "repo": {"id": id, "name": name},
            "payload": {
                "action": "created",
                "issue": {"id": 70, "number": 3, "user": account},
                "comment": {"id": number, "user": account, "created_at": at.to_rfc3339()},
            },
        });
        let source = SourceReference {
            source: Source::Archive,
            reference: format!("made-up.json:{number}"),
        };
        (source, event.to_string().into_bytes())
    };
    events_of(&ids.map(comment).collect::<Vec<_>>()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_visitors_look_through_has_no_gaps_and_no_repeats() {
    let world = World::start(NOW, Settings::default()).await;
    // The first of a board did most. Ids of comments are of whoever made them.
    let add_to = async |repository: (u64, &str), position: i64, who: u64| {
        let done = u64::try_from(80 - position).unwrap();
        let events = comments(who, repository, instant(0), who * 1_000..who * 1_000 + done);
        publish(world.log(), &events, 1_000).await.unwrap();
        format!("account-{who}")
    };
    let login = |one: &Value| text(&one["login"]);
    let add = async |position, number| add_to((7, "octo/cat"), position, 100 + number).await;
    let path = "/api/v1/leaderboards/global";
    read_while_written(&world, path, "/leaderboard", login, add).await;
    let add = async |position, number| add_to((8, "octo/dog"), position, 200 + number).await;
    let path = "/api/v1/leaderboards/repositories/octo/dog?period=2024-02";
    read_while_written(&world, path, "/leaderboard", login, add).await;

    let add = async |position, number| {
        let who = 300 + number;
        let company = format!("Company {number}");
        add_to((9, "octo/eel"), position, who).await;
        let worked = Affiliation {
            from: None,
            until: None,
            company: company.clone(),
        };
        let account = AccountReference::from_id(who);
        set_affiliations(world.log(), &account, vec![worked], &by("ann", 0))
            .await
            .unwrap();
        company
    };
    let called = |one: &Value| text(&one["company"]);
    let path = "/api/v1/leaderboards/repositories/octo/eel/companies";
    read_while_written(&world, path, "/leaderboard", called, add).await;

    // What somebody did is told from the first on.
    let add = async |position: i64, number: u64| {
        let id = 900_000 + number;
        let events = comments(900, (10, "octo/fox"), instant(-position), id..id + 1);
        publish(world.log(), &events, 10).await.unwrap();
        format!("comment:{id}")
    };
    let called = |one: &Value| text(&one["semantic_key"]);
    let path = "/api/v1/contributors/account-900/explain";
    read_while_written(&world, path, "/contributions", called, add).await;

    // Repositories that were seen, and such that are only tracked.
    let add = async |position: i64, number: u64| {
        let name = format!("paged/repository-{:04}-{number}", position + 1_000);
        if number.is_multiple_of(2) {
            let events = comments(901, (1_000 + number, &name), instant(0), number..number + 1);
            publish(world.log(), &events, 10).await.unwrap();
        } else {
            let tracked = RepositoryName::parse(&name).unwrap();
            decide_tracking(world.log(), &tracked, true, &by("ann", 0))
                .await
                .unwrap();
        }
        name
    };
    let called = |one: &Value| text(&one["name"]);
    let path = "/api/v1/repositories?owner=paged";
    read_while_written(&world, path, "/repositories", called, add).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holes_have_no_gaps_and_no_repeats() {
    let world = World::start(NOW, Settings::default()).await;
    let first: DateTime<Utc> = "2024-02-20T00:00:00Z".parse().unwrap();
    let hour = |number: i64| first + TimeDelta::hours(number);
    // Of every other hour the file was read, so that the hours between are holes.
    let read = async |number: i64| {
        let unit = hour(number).format("%Y-%m-%d-%-H.json.gz").to_string();
        say(
            &world,
            Event::CoverageObserved(coverage_of(&unit, instant(0))),
        )
        .await;
    };
    for number in 0..9 {
        read(2 * number).await;
    }
    world.project().await;
    let (mut seen, mut cursor, mut page) = (Vec::new(), String::new(), 0);
    loop {
        let answer = world
            .get(&format!("/api/v1/coverage/holes?limit=3{cursor}"))
            .await;
        let holes = answer["holes"].as_array().unwrap();
        seen.extend(holes.iter().map(|hole| text(&hole["from"])));
        let Some(next) = answer["meta"]["next_cursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
        page += 1;
        if page < 3 {
            // There is a hole before those that were shown, and one after all.
            read(-2 * page).await;
            read(16 + 2 * page).await;
            world.project().await;
        }
    }
    let expected = (0..10).map(|number| hour(2 * number + 1));
    let expected = expected.map(|hour| hour.to_rfc3339_opts(SecondsFormat::Secs, true));
    assert_eq!(seen, expected.collect::<Vec<_>>());
}
