//! BigQuery, played by a stand-in over HTTP: the same contributions as from
//! files, every byte paid for on paper first, nothing paid for twice, and no
//! failure that leaves a silent hole.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use domain::RepositoryName;
use domain::budget::{Price, TEBIBYTE};
use event_log::{EventLog, LogStream};
use events::Event;
use query_api::{Api, Settings, serve};
use runtime::{CircuitBreaker, FixedClock};
use scraper::budget::LedgerLog;
use scraper::passes::{
    Days, PassError, PassOptions, PassReport, PassServices, plan, run, settle_expired,
};
use scraper::scrape::Wanted;
use scraper::sources::bigquery::{Depth, Repositories, day_query};
use serde_json::Value;
use sqlx::PgPool;
use tests::bigquery::{Fault, Warehouse};
use tests::{
    Document, Servers, budget_of, documents_of, events_of, generated_documents, never_above,
    project_until, projector_settings, publish, read_model_dump, real_data,
};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const GIBIBYTE: u64 = 1 << 30;

fn now() -> DateTime<Utc> {
    "2026-11-10T12:00:00Z".parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

struct World {
    _servers: Servers,
    log: EventLog,
    pool: PgPool,
    warehouse: Warehouse,
    clock: Arc<FixedClock>,
}

impl World {
    async fn start() -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, _) = servers.fresh_database().await.unwrap();
        Self {
            log: servers.log().await.unwrap(),
            pool,
            warehouse: Warehouse::start().await.unwrap(),
            clock: Arc::new(FixedClock::at(now())),
            _servers: servers,
        }
    }

    async fn allow(&self, limit: &str) {
        let ledger = self.ledger();
        let budget = budget_of(limit.parse().unwrap(), now());
        ledger.define(budget).await.unwrap();
    }

    fn ledger(&self) -> LedgerLog {
        LedgerLog::new(self.log.clone(), "/tests")
    }

    async fn services(&self) -> PassServices {
        PassServices {
            client: self.warehouse.client().await.unwrap(),
            circuit: Arc::new(CircuitBreaker::of("bigquery")),
            log: self.log.clone(),
            publisher: self.log.publisher(),
            ledger: self.ledger(),
            clock: self.clock.clone(),
            cancellation: CancellationToken::new(),
        }
    }

    /// Reads days for repositories, as one scraper does.
    async fn read(&self, wanted: &[Wanted], days: Days) -> Vec<PassReport> {
        let passes = plan(wanted, days, Depth::Whole, &self.log).await.unwrap();
        run(&passes, &self.services().await, &options()).await
    }

    /// What is settled and what is reserved, in millionths of a dollar.
    async fn spent(&self) -> (u64, u64) {
        let spent = self.ledger().ledger(now()).await.unwrap();
        let spent = spent.of_month_until_now(now());
        (spent.settled.micros(), spent.reserved.micros())
    }

    /// The units that were read, and whether whole; the latest word counts.
    async fn coverage(&self) -> BTreeMap<String, bool> {
        let all = self.log.read_all(LogStream::Coverage, "coverage.v1.>", 0);
        let all = all.await.unwrap().into_iter();
        all.filter_map(|recorded| match recorded.envelope.event {
            Event::CoverageObserved(coverage) => Some((coverage.unit, coverage.whole)),
            _ => None,
        })
        .collect()
    }

    async fn contributions(&self) -> BTreeMap<String, Vec<String>> {
        let settings = projector_settings("projector", 10_000);
        project_until(&self.pool, &self.log, settings)
            .await
            .unwrap();
        let mut dump = read_model_dump(&self.pool).await.unwrap();
        // Where things were seen is what differs.
        for row in dump.get_mut("contribution_events").unwrap() {
            row.truncate(row.find('{').unwrap_or(row.len()));
        }
        dump
    }
}

fn options() -> PassOptions {
    PassOptions {
        depth: Depth::Whole,
        job: "read-days".to_owned(),
    }
}

fn only(one: NaiveDate) -> Days {
    Days {
        first: Some(one),
        last: one,
        floor: one,
        force: false,
    }
}

fn octo() -> Vec<Wanted> {
    vec![Wanted {
        id: Some(7),
        name: RepositoryName::parse("octo/cat").unwrap(),
    }]
}

/// Stars of one repository, one a minute.
fn stars(of: NaiveDate, number: u32) -> Vec<Value> {
    let star = |minute: u32| {
        let at = of.and_time(chrono::NaiveTime::MIN).and_utc() + TimeDelta::minutes(minute.into());
        serde_json::json!({
            "id": minute.to_string(), "type": "WatchEvent", "created_at": at.to_rfc3339(),
            "actor": {"id": 1_000 + minute, "login": format!("visitor-{minute}")},
            "repo": {"id": 7, "name": "octo/cat"}, "payload": {"action": "started"},
        })
    };
    (0..number).map(star).collect()
}

/// Events of types that contributions come from: made up, and real ones from
/// 2015 on where there are any.
fn documents(test: &str) -> Vec<Document> {
    let files = [
        "sample/2015-01-01-15.json.gz",
        "sample/2017-07-24_25-kubernetes.ndjson.gz",
        "sample/2019-01-01-23.head534.json.gz",
        "sample/2025-01-01-15.head1024.json.gz",
        "sample/2026-06-01-15.head2500.json.gz",
    ];
    let real = files.iter().filter_map(|file| real_data(test, file));
    let real = real.flat_map(|path| documents_of(&path).unwrap());
    let made_up = generated_documents(3, 3_000).unwrap();
    let mut documents: Vec<Document> = made_up.into_iter().chain(real).collect();
    documents.retain(|(_, text)| {
        let event: Value = serde_json::from_slice(text).unwrap_or_default();
        let is_counted = event["type"].as_str().is_some_and(|of| {
            !matches!(
                of,
                "CreateEvent" | "DeleteEvent" | "MemberEvent" | "PublicEvent"
            )
        });
        is_counted && event["repo"]["id"].is_u64()
    });
    documents
}

fn repositories_of(events: &[Value]) -> Vec<Wanted> {
    let ids = events.iter().map(|event| event["repo"]["id"].as_u64());
    let ids: BTreeSet<u64> = ids.map(Option::unwrap).collect();
    let wanted = ids.into_iter().map(|id| Wanted {
        id: Some(id),
        name: RepositoryName::parse(&format!("repository/{id}")).unwrap(),
    });
    wanted.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn days_from_bigquery_count_as_files_do() {
    let documents = documents("days_from_bigquery_count_as_files_do");
    let mut days: BTreeMap<NaiveDate, Vec<Value>> = BTreeMap::new();
    for (_, text) in &documents {
        let event: Value = serde_json::from_slice(text).unwrap();
        let at: DateTime<Utc> = event["created_at"].as_str().unwrap().parse().unwrap();
        days.entry(at.date_naive()).or_default().push(event);
    }

    let files = World::start().await;
    let envelopes = events_of(&documents).unwrap();
    publish(&files.log, &envelopes, 500).await.unwrap();

    let tables = World::start().await;
    tables.allow("10").await;
    tables.warehouse.set_page(700);
    for (day, events) in days {
        let wanted = repositories_of(&events);
        tables
            .warehouse
            .set_day(day, events, (GIBIBYTE, 9 * GIBIBYTE));
        for report in tables.read(&wanted, only(day)).await {
            assert!(report.error.is_none(), "{:?}", report.error);
            assert!(report.contributions > 0);
        }
    }

    let (from_files, from_tables) = (files.contributions().await, tables.contributions().await);
    for table in from_files.keys().filter(|table| *table != "coverage") {
        assert_eq!(from_files[table], from_tables[table], "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_read_that_the_budget_does_not_allow() {
    let world = World::start().await;
    let of = day("2026-11-03");
    world
        .warehouse
        .set_day(of, stars(of, 30), (GIBIBYTE, TEBIBYTE));
    let reports = world.read(&octo(), only(of)).await;
    assert!(matches!(reports[0].error, Some(PassError::Budget(_))));

    // A tebibyte is 6.25 dollars.
    world.allow("6").await;
    let reports = world.read(&octo(), only(of)).await;
    let Some(PassError::Refused(refusal)) = &reports[0].error else {
        panic!("{:?}", reports[0].error)
    };
    assert_eq!(refusal.limit, "6".parse().unwrap());
    assert_eq!((world.warehouse.jobs(), world.spent().await), (0, (0, 0)));
    assert!(!world.coverage().await["octo/cat day 2026-11-03"]);

    // Who asks for stars only does not read the payload.
    let passes = plan(&octo(), only(of), Depth::Stars, &world.log)
        .await
        .unwrap();
    let stars_only = PassOptions {
        depth: Depth::Stars,
        ..options()
    };
    let reports = run(&passes, &world.services().await, &stars_only).await;
    assert!(reports[0].error.is_none(), "{:?}", reports[0].error);
    assert_eq!(
        (reports[0].contributions, reports[0].estimate),
        (30, Some(GIBIBYTE))
    );
    assert_eq!(world.warehouse.billed(), GIBIBYTE);
    assert_eq!(world.spent().await, (6_104, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_five_failures_in_a_row_it_is_left_alone_for_a_minute() {
    let world = World::start().await;
    world.allow("100").await;
    let of = day("2026-11-03");
    world
        .warehouse
        .set_day(of, stars(of, 5), (GIBIBYTE, TEBIBYTE));
    let services = world.services().await;
    let passes = plan(&octo(), only(of), Depth::Whole, &world.log).await;
    let passes = passes.unwrap();
    world.warehouse.fail(0, 1_000, Fault::Html);
    for _ in 0..5 {
        let reports = run(&passes, &services, &options()).await;
        assert!(matches!(reports[0].error, Some(PassError::BigQuery(_))));
    }
    // It would answer now, but is not asked.
    world.warehouse.fail(0, 0, Fault::Html);
    let reports = run(&passes, &services, &options()).await;
    let error = reports[0].error.as_ref().unwrap();
    assert!(matches!(error, PassError::CircuitOpen(_)));
    let until = "left alone until 2026-11-10 12:01:00 UTC";
    assert!(error.to_string().contains(until), "{error}");
    assert!(!world.coverage().await["octo/cat day 2026-11-03"]);

    world.clock.set(now() + TimeDelta::minutes(1));
    let reports = run(&passes, &services, &options()).await;
    assert!(reports[0].error.is_none(), "{:?}", reports[0].error);
    assert_eq!(reports[0].contributions, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_for_is_not_paid_for_again() {
    let world = World::start().await;
    world.allow("100").await;
    let of = day("2026-11-03");
    world
        .warehouse
        .set_day(of, stars(of, 30), (GIBIBYTE, TEBIBYTE));
    world.warehouse.set_page(10);
    world.warehouse.set_slowness(3);

    // BigQuery fails in all the ways it does, and answers in the end.
    for fault in [Fault::Html, Fault::TooMany, Fault::RateLimit] {
        world.warehouse.fail(0, 3, fault);
        let asked = day_query(of, &Repositories::default(), Depth::Whole);
        let client = world.warehouse.client().await.unwrap();
        assert_eq!(client.estimate(&asked).await.unwrap(), TEBIBYTE);
    }
    // Gone when the second page is asked for: before that come a dry run, the
    // job's start, four looks and three waits, and the first page.
    world.warehouse.fail(10, 100, Fault::Html);
    let reports = world.read(&octo(), only(of)).await;
    assert!(matches!(reports[0].error, Some(PassError::BigQuery(_))));
    assert_eq!(world.warehouse.jobs(), 1);
    assert!(!world.coverage().await["octo/cat day 2026-11-03"]);

    world.warehouse.fail(0, 0, Fault::Html);
    let reports = world.read(&octo(), only(of)).await;
    assert!(reports[0].error.is_none(), "{:?}", reports[0].error);
    assert_eq!(reports[0].contributions, 30);
    assert_eq!(world.warehouse.jobs(), 1, "its rows were kept");
    assert!(world.coverage().await["octo/cat day 2026-11-03"]);
    assert_eq!(world.spent().await, (6_250_000, 0));
    assert!(world.read(&octo(), only(of)).await.is_empty());

    // Read again on purpose: for nothing while the rows are kept, else paid.
    let force = Days {
        force: true,
        ..only(of)
    };
    assert!(world.read(&octo(), force).await[0].error.is_none());
    assert_eq!(world.warehouse.jobs(), 1);
    world.warehouse.forget_rows();
    assert!(world.read(&octo(), force).await[0].error.is_none());
    assert_eq!(world.warehouse.jobs(), 2);
    assert_eq!(world.spent().await, (12_500_000, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_that_fails_stays_open_and_the_others_are_read() {
    let world = World::start().await;
    world.allow("100").await;
    let days = ["2026-11-03", "2026-11-04", "2026-11-05"].map(day);
    for of in days {
        world
            .warehouse
            .set_day(of, stars(of, 5), (GIBIBYTE, GIBIBYTE));
    }
    let all = Days {
        first: None,
        last: day("2026-11-06"),
        floor: days[0],
        force: false,
    };
    world.warehouse.fail_job("backendError");
    let reports = world.read(&octo(), all).await;
    let failed: Vec<bool> = reports.iter().map(|one| one.error.is_some()).collect();
    assert_eq!(failed, [true, false, false, true], "{reports:?}");
    let coverage = world.coverage().await;
    assert!(!coverage["octo/cat day 2026-11-03"]);
    assert!(!coverage["octo/cat day 2026-11-06"], "no table yet");
    let billed = world.warehouse.billed();
    assert_eq!(billed, 2 * GIBIBYTE, "a job that failed costs nothing");

    // The next time what is open is read, and the last day once more.
    let of = days[2] + TimeDelta::days(1);
    world
        .warehouse
        .set_day(of, stars(of, 5), (GIBIBYTE, GIBIBYTE));
    let reports = world.read(&octo(), all).await;
    assert!(reports.iter().all(|one| one.error.is_none()), "{reports:?}");
    let read: Vec<NaiveDate> = reports.iter().map(|one| one.day).collect();
    assert_eq!(read, [days[0], days[2], of]);
    assert!(world.coverage().await.values().all(|whole| *whole));

    // What was read whole is not less known because of a failure now.
    world.warehouse.fail(0, 1, Fault::Denied);
    let reports = world.read(&octo(), all).await;
    assert!(reports[0].error.is_some());
    assert!(world.coverage().await.values().all(|whole| *whole));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_gone_leaves_no_debt_unknown() {
    let world = World::start().await;
    world.allow("100").await;
    let (first, second) = (day("2026-11-03"), day("2026-11-04"));
    for of in [first, second] {
        world
            .warehouse
            .set_day(of, stars(of, 5), (GIBIBYTE, TEBIBYTE));
    }
    // One is gone after its job began, one before.
    world.warehouse.fail(2, 1_000, Fault::Html);
    assert!(world.read(&octo(), only(first)).await[0].error.is_some());
    world.warehouse.fail(1, 1_000, Fault::Html);
    assert!(world.read(&octo(), only(second)).await[0].error.is_some());
    world.warehouse.fail(0, 0, Fault::Html);
    let (settled, reserved) = world.spent().await;
    assert_eq!((settled, world.warehouse.jobs()), (0, 1));
    assert!(reserved > 12_500_000, "both count as spent");

    let services = world.services().await;
    assert_eq!(settle_expired(&services).await.unwrap(), 0, "not yet");
    world.clock.set(now() + TimeDelta::hours(7));
    assert_eq!(settle_expired(&services).await.unwrap(), 2);
    assert_eq!(world.spent().await, (6_250_000, 0));
    assert_eq!(settle_expired(&services).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_shows_what_was_spent_and_refused() {
    let world = World::start().await;
    world.allow("7").await;
    let (first, second) = (day("2026-11-03"), day("2026-11-04"));
    for of in [first, second] {
        world
            .warehouse
            .set_day(of, stars(of, 5), (GIBIBYTE, TEBIBYTE));
        world.read(&octo(), only(of)).await;
    }
    let settings = projector_settings("projector", 10_000);
    project_until(&world.pool, &world.log, settings)
        .await
        .unwrap();
    let api = Api::new(
        world.pool.clone(),
        Settings::default(),
        world.clock.clone(),
        Arc::new(String::new),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    tokio::spawn(serve(Arc::new(api), listener, stop.clone()));
    let _stop = stop.drop_guard();
    let ask = async |query: &str| {
        let url = format!("http://{address}/api/v1/budget{query}");
        reqwest::get(url).await.unwrap()
    };
    let month: Value = ask("").await.json().await.unwrap();
    assert_eq!(month["month"], "2026-11");
    assert_eq!(month["limits"]["month_micros"], 7_000_000);
    assert_eq!(month["spent"]["settled_micros"], 6_250_000);
    assert_eq!(month["today"]["settled_micros"], 6_250_000);
    assert_eq!(month["by_repository"][0]["name"], "octo/cat");
    assert_eq!(month["by_job"][0]["settled_micros"], 6_250_000);
    assert_eq!(month["refusals"].as_array().unwrap().len(), 1);
    assert_eq!(month["refusals"][0]["left_micros"], 750_000);
    let reached = month["thresholds"].as_array().unwrap();
    assert!(
        reached.iter().any(|one| one["percent"] == 70),
        "{reached:?}"
    );
    let before: Value = ask("?month=2026-10").await.json().await.unwrap();
    assert_eq!(before["spent"]["settled_micros"], 0);
    assert!(before["limits"].is_null());
    assert_eq!(ask("?month=November").await.status(), 400);
}

/// Sixteen scrapers, each with days of its own, and a budget for some of them.
#[tokio::test(flavor = "multi_thread")]
async fn sixteen_scrapers_and_one_budget() {
    const RACERS: u32 = 16;
    const ROUNDS: u32 = 50;
    let world = World::start().await;
    let first = now();
    let limit = budget_of("30".parse().unwrap(), first);
    world.ledger().define(limit.clone()).await.unwrap();
    for racer in 0..RACERS {
        let of = day("2026-01-01") + TimeDelta::days(racer.into());
        let bytes = TEBIBYTE / 4 * u64::from(racer % 5 + 1);
        world.warehouse.set_day(of, stars(of, 1), (bytes, bytes));
    }
    let (mut read, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let at = first + Months::new(round);
        let before = world.warehouse.billed();
        let racing = (0..RACERS).map(|racer| {
            let of = day("2026-01-01") + TimeDelta::days(racer.into());
            let clock = Arc::new(FixedClock::at(at));
            let world = &world;
            async move {
                let services = PassServices {
                    clock,
                    ..world.services().await
                };
                let days = Days {
                    force: true,
                    ..only(of)
                };
                let passes = plan(&octo(), days, Depth::Whole, &world.log).await.unwrap();
                run(&passes, &services, &options()).await
            }
        });
        let reports = futures::future::join_all(racing).await;
        for report in reports.into_iter().flatten() {
            match report.error {
                None => read += 1,
                Some(PassError::Refused(_)) => refused += 1,
                Some(error) => panic!("{error}"),
            }
        }
        let subject = events::Subject::of_ledger(at);
        let recorded = world.log.read_all(LogStream::Costs, subject.as_str(), 0);
        let by_hand = never_above(&recorded.await.unwrap(), limit.ceilings).unwrap();
        let billed = world.warehouse.billed() - before;
        let cost = Price::default().of(billed).micros();
        assert_eq!(by_hand, cost, "what is settled is what was charged");
        assert!(cost <= limit.ceilings.month.micros());
    }
    assert!(read > ROUNDS && refused > ROUNDS, "{read} and {refused}");
}
