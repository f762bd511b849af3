//! Somebody is forgotten.

use std::collections::HashSet;

use decisions::Author;
use decisions::counting::{decisions, define_class_list, link_accounts};
use decisions::disputes::raise;
use decisions::erasure::{Person, Rewritten, decide, erased, rewrite};
use decisions::tracking::{define_group, tracking};
use domain::budget::{Ledger, Money, Reservation, Settlement, Spending};
use domain::dispute::Disputed;
use domain::jobs::{Cause, JobCompleted, JobQueue, JobQueued, JobStarted, Overlap, Queue};
use domain::{AccountClass, AccountReference, RepositoryName, Source, SourceReference};
use event_log::{EventLog, LogError, LogStream};
use events::{DeadLetterRecorded, Envelope, ErasureKey, Event, Fold, Received, ReceivedForm};
use projector::replay;
use reqwest::Method;
use runtime::{Clock, SystemClock};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use tests::publish;
use uuid::Uuid;

use crate::stage::Stage;

fn author() -> Author {
    Author {
        actor: "ann".to_owned(),
        reason: "asked for".to_owned(),
        at: SystemClock.now(),
    }
}

/// Whether a text has a word in it, whatever its case.
fn has_word(text: &str, word: &str) -> bool {
    let is_of_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let text = text.to_lowercase();
    let word = word.to_lowercase();
    text.match_indices(&word).any(|(place, _)| {
        let before = text[..place].chars().next_back();
        let after = text[place + word.len()..].chars().next();
        !before.is_some_and(is_of_word) && !after.is_some_and(is_of_word)
    })
}

/// Every message of every stream, subject and all.
async fn everything(log: &EventLog) -> Vec<String> {
    let mut all = Vec::new();
    for stream in LogStream::ALL {
        let end = log.last_sequence(stream).await.unwrap();
        let mut reading = log.subscribe(stream, 0).await.unwrap();
        let mut read = 0;
        while read < end {
            for message in reading.next_batch(1_000).await.unwrap() {
                read = if message.pending == 0 {
                    end
                } else {
                    message.sequence
                };
                let payload = String::from_utf8_lossy(&message.payload).into_owned();
                all.push(format!("{} {payload}", message.subject));
            }
        }
    }
    all
}

/// The tables of all schemas, with the rows in which a word is.
async fn rows_with(pool: &PgPool, word: &str) -> Vec<String> {
    let tables: Vec<(String, String)> = sqlx::query_as(
        "SELECT schemaname::text, tablename::text FROM pg_tables
         WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut found = Vec::new();
    for (schema, table) in tables {
        let rows =
            format!("SELECT t::text FROM \"{schema}\".\"{table}\" AS t WHERE t::text ILIKE $1");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(rows))
            .bind(format!("%{word}%"))
            .fetch_all(pool)
            .await
            .unwrap();
        let rows = rows.into_iter().filter(|row| has_word(row, word));
        found.extend(rows.map(|row| format!("{schema}.{table}: {row}")));
    }
    found
}

async fn credited(pool: &PgPool, account: &AccountReference) -> HashSet<Uuid> {
    let ids = sqlx::query_scalar("SELECT id FROM contribution_events WHERE contributor = $1");
    let ids: Vec<Uuid> = ids.bind(account.as_str()).fetch_all(pool).await.unwrap();
    ids.into_iter().collect()
}

/// Something that a repository of theirs cost, partly still open, and two runs of jobs that
/// read it, of which one is not done yet.
async fn spend_and_work_on(log: &EventLog, login: &str) {
    let at = SystemClock.now();
    let reserve = |number: u128| {
        Event::CostReserved(Reservation {
            reservation: Uuid::from_u128(number),
            job: "read-bigquery".to_owned(),
            source: Source::Bigquery,
            reference: format!("query {number}"),
            repositories: vec![format!("{login}/dotfiles"), "other/one".to_owned()],
            bytes: 1 << 30,
            free_bytes: 0,
            of_a_tebibyte: Money::from_micros(6_250_000),
            amount: Money::from_micros(6_104),
            reserved_at: at,
            expires_at: at + chrono::TimeDelta::hours(1),
        })
    };
    let settle = Event::CostSettled(Settlement {
        reservation: Uuid::from_u128(1),
        reserved_at: at,
        bytes: 1 << 29,
        amount: Money::from_micros(3_052),
        settled_at: at,
    });
    let queue = |number: u128| {
        Event::JobQueued(JobQueued {
            job: Uuid::from_u128(number),
            name: "read-repository".to_owned(),
            queue: Queue::Scraping,
            cause: Cause::Hand {
                actor: "ann".to_owned(),
                reason: format!("{login} asked for it"),
            },
            arguments: [("repository".to_owned(), format!("{login}/dotfiles"))].into(),
            attempts: 3,
            time_limit: 60,
            overlap: Overlap::Allowed,
            queued_at: at,
        })
    };
    let events = [reserve(1), reserve(2), settle, queue(1), queue(2)];
    publish(log, &events.map(wrapped), 10).await.unwrap();
    end_job(log, 1, login).await;
}

/// A job is done, and says so with their name.
async fn end_job(log: &EventLog, number: u128, login: &str) {
    let at = SystemClock.now();
    let started = Event::JobStarted(JobStarted {
        job: Uuid::from_u128(number),
        queue: Queue::Scraping,
        attempt: 1,
        worker: "one".to_owned(),
        started_at: at,
        lease_until: at,
    });
    let completed = Event::JobCompleted(JobCompleted {
        job: Uuid::from_u128(number),
        queue: Queue::Scraping,
        attempt: 1,
        summary: format!("{login}/dotfiles: 3 contributions"),
        left_out: Vec::new(),
        completed_at: at,
    });
    publish(log, &[started, completed].map(wrapped), 10)
        .await
        .unwrap();
}

fn wrapped(event: Event) -> Envelope {
    Envelope::wrap("/tests", event).unwrap()
}

/// What the month's ledger and the queue come to.
async fn money_and_work(log: &EventLog) -> (Spending, Vec<bool>) {
    let now = SystemClock.now();
    let mut ledger = Ledger::of_month(now);
    let read = log.read_all(LogStream::Costs, ">", 0).await.unwrap();
    read.iter().for_each(|one| ledger.fold(&one.envelope.event));
    let mut queue = JobQueue::default();
    let read = log.read_all(LogStream::Jobs, ">", 0).await.unwrap();
    read.iter().for_each(|one| queue.fold(&one.envelope.event));
    let done = [1, 2].map(|number| queue.job(Uuid::from_u128(number)).unwrap().is_finished());
    (ledger.of_month_until_now(now), done.to_vec())
}

async fn forget(
    stage: &Stage,
    guarded: &EventLog,
    key: &ErasureKey,
    account: AccountReference,
    login: &str,
) {
    let theirs = credited(&stage.pool, &account).await;
    assert!(!theirs.is_empty());
    let person = Person::find(guarded, account).await.unwrap();
    assert!(person.logins() > 0);
    decide(guarded, key, &person, &author()).await.unwrap();
    let known = erased(guarded, key).await.unwrap();
    let before = money_and_work(guarded).await;
    assert!(before.0.settled > Money::ZERO && before.0.reserved > Money::ZERO);
    assert_eq!(before.1, [true, false]);
    let first = rewrite(guarded, &known, &theirs, &author()).await.unwrap();
    assert!(first.removed > 0, "{first:?}");
    assert_eq!(first.unfinished, 1, "a job that is not done waits");
    assert_eq!(money_and_work(guarded).await, before);
    end_job(guarded, 2, login).await;
    let second = rewrite(guarded, &known, &theirs, &author()).await.unwrap();
    assert_eq!((second.removed, second.redacted), (0, 3), "{second:?}");
    assert_eq!(money_and_work(guarded).await, (before.0, vec![true, true]));
    let again = rewrite(guarded, &known, &theirs, &author()).await.unwrap();
    assert_eq!(again, Rewritten::default(), "doing it again finds nothing");
    let author = replay::Author {
        actor: "ann".to_owned(),
        reason: String::new(),
    };
    replay::rebuild(&stage.pool, &author, |_| {}).await.unwrap();
    stage.settle().await;
}

const GLOBAL: &str = "/api/v1/leaderboards/global";

/// What is in effect of a group and of a list.
async fn shared_decisions(stage: &Stage) -> (Vec<String>, Vec<String>) {
    let known = tracking(&stage.log).await.unwrap();
    let group = known.group("web").unwrap();
    let names = group.repositories.iter().map(ToString::to_string).collect();
    let known = decisions(&stage.log).await.unwrap();
    let list = known.classes.list("robots").unwrap();
    (names, list.logins.iter().cloned().collect())
}

/// Decides about them and others together, twice, and disputes something of
/// theirs; returns what is to be in effect without them.
async fn decided_with_others(
    stage: &Stage,
    login: &str,
    account: &str,
) -> (Vec<String>, Vec<String>) {
    let name = |name: &str| RepositoryName::parse(name).unwrap();
    let theirs = name(&format!("{login}/dotfiles"));
    let of_others = [name("other/one"), name("other/two")];
    let before = [&of_others[..1], std::slice::from_ref(&theirs)].concat();
    let latest = [&of_others[..], std::slice::from_ref(&theirs)].concat();
    for members in [before, latest] {
        define_group(&stage.log, "web", &members, &author())
            .await
            .unwrap();
    }
    for logins in [vec!["a-robot", login], vec!["a-robot", "b-robot", login]] {
        let logins: Vec<String> = logins.into_iter().map(str::to_owned).collect();
        define_class_list(&stage.log, "robots", AccountClass::Bot, &logins, &author())
            .await
            .unwrap();
    }
    let someone = AccountReference::from_id(999_001);
    for into in ["999002", account] {
        let into = AccountReference::from_stored(into);
        link_accounts(&stage.log, &someone, &into, &author())
            .await
            .unwrap();
    }
    let missed = format!("https://github.com/{theirs}/pull/7");
    let missed = Disputed::parse(&missed).unwrap();
    raise(&stage.log, &missed, &author()).await.unwrap();
    stage.settle().await;
    let names = of_others.iter().map(ToString::to_string).collect();
    (names, vec!["a-robot".to_owned(), "b-robot".to_owned()])
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_of_them_and_others_keep_what_they_have() {
    let stage = Stage::start().await;
    stage.record(&stage.events).await;
    let before = stage.board(GLOBAL).await;
    // Robots own no repositories.
    let is_person = |(login, _): &&(String, i64)| !login.ends_with(']');
    let (login, _) = before.iter().find(is_person).unwrap().clone();
    let profile = stage.get(&format!("/api/v1/contributors/{login}")).await;
    let account = profile["contributor"]["account"]
        .as_str()
        .unwrap()
        .to_owned();
    let class = format!("/api/v1/accounts/{account}/class");
    stage
        .decide(Method::PUT, &class, &json!({ "class": "human" }))
        .await;
    let shared = decided_with_others(&stage, &login, &account).await;
    let others: Vec<(String, i64)> = before
        .iter()
        .filter(|(who, _)| *who != login)
        .cloned()
        .collect();

    spend_and_work_on(&stage.log, &login).await;
    let key = ErasureKey::from_bytes([7; 32]);
    let guarded = stage.log.clone().guarded_by(key.clone());
    forget(
        &stage,
        &guarded,
        &key,
        AccountReference::from_stored(account.as_str()),
        &login,
    )
    .await;
    let check = |when: &'static str| {
        let (stage, login, account) = (&stage, login.clone(), account.clone());
        let others = &others;
        async move {
            for message in everything(&stage.log).await {
                assert!(!has_word(&message, &login), "{when}: {message}");
                assert!(
                    !message.contains(&format!("\"id\":{account},\"login\"")),
                    "{when}: {message}"
                );
            }
            let rows = rows_with(&stage.pool, &login).await;
            assert!(rows.is_empty(), "{when}: {rows:#?}");
            let rows = rows_with(&stage.pool, &account).await;
            assert!(rows.is_empty(), "{when}: {rows:#?}");
            let board = stage.board(GLOBAL).await;
            // A page has 200 rows: where somebody is gone, somebody else comes in.
            assert_eq!(&board[..others.len()], others.as_slice(), "{when}");
            assert!(board.iter().all(|(who, _)| *who != login), "{when}");
        }
    };
    check("afterwards").await;
    assert_eq!(shared, shared_decisions(&stage).await, "of the others");
    let (status, _) = stage
        .ask(
            Method::GET,
            &format!("/api/v1/contributors/{login}"),
            &Value::Null,
        )
        .await;
    assert_eq!(status, reqwest::StatusCode::NOT_FOUND);
    let links = decisions(&stage.log).await.unwrap().links;
    let someone = AccountReference::from_id(999_001);
    assert_eq!(links.linked_to(&someone), None, "no link comes back");
    // What could not be read of theirs is kept without them.
    let letter = Event::DeadLetterRecorded(DeadLetterRecorded {
        service: "scraper".to_owned(),
        origin: format!("https://api.github.com/repos/{login}/dotfiles/events"),
        line: Some(7),
        error: format!("an event of {login} ends too early"),
        content: format!("{{\"actor\":{{\"login\":\"{login}\"}}"),
        bytes: 30,
        received: Some(Received::from(
            &SourceReference {
                source: Source::Api,
                reference: format!("/repos/{login}/dotfiles/events"),
            },
            ReceivedForm::Event,
        )),
        recorded_at: SystemClock.now(),
    });
    let letter = Envelope::wrap("/scraper", letter).unwrap();
    guarded.publisher().publish(vec![letter]).await.unwrap();
    stage.settle().await;
    check("when something of theirs could not be read").await;
    let letters = stage.get("/api/v1/dead-letters").await;
    assert_eq!(letters["dead_letters"].as_array().unwrap().len(), 1);
    let audit = stage.get("/api/v1/audit?what=contributor.erased").await;
    assert_eq!(audit["entries"][0]["subject"], "a person");

    // Sources see them again, and say the same.
    publish(&guarded, &stage.events, 500).await.unwrap();
    stage.settle().await;
    check("when they were seen again").await;
    let unguarded = stage.log.clone();
    let envelope: Vec<Envelope> = stage.events[..1].to_vec();
    let refused = unguarded.publisher().publish(envelope).await;
    assert!(
        matches!(refused, Err(LogError::NoErasureKey)),
        "{refused:?}"
    );
}
