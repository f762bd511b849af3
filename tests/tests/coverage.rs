//! Coverage, on real servers: whole hours, parts of hours and single kinds are
//! cut out of files, the whole is read through another source, and the verdicts
//! and holes name exactly what was cut. Repair closes them, from the cheapest
//! source that has them; then the boards are those of the uncut files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::RepositoryName;
use event_log::EventLog;
use query_api::{Api, Settings, serve};
use runtime::FixedClock;
use scraper::budget::LedgerLog;
use scraper::ingest::{IngestOptions, IngestReport, IngestServices, Silent, ingest};
use scraper::passes::{Days, PassOptions, PassServices, plan, run};
use scraper::repair::{
    FileOutcome, RepairReport, RepairRequest, RepairServices, Repository, repair,
};
use scraper::scrape::{ScrapeServices, Wanted};
use scraper::sources::archive::{ArchiveBases, Patience, Plan};
use scraper::sources::bigquery::Depth;
use serde_json::{Value, json};
use sqlx::PgPool;
use tests::archive::{Archive, gzip};
use tests::bigquery::Warehouse;
use tests::github::Github;
use tests::{
    Servers, budget_of, documents_of, listen, project_until, projector_settings, read_model_dump,
    real_data, star_of,
};
use tokio_util::sync::{CancellationToken, DropGuard};

const GIBIBYTE: u64 = 1 << 30;

type Lines = Vec<Vec<u8>>;

/// An hour of events, a line each.
#[derive(Clone)]
struct Hour {
    hour: DateTime<Utc>,
    lines: Lines,
}

impl Hour {
    fn file(&self) -> String {
        format!("{}.json.gz", self.hour.format("%Y-%m-%d-%-H"))
    }

    fn events(&self) -> impl Iterator<Item = Value> {
        self.lines
            .iter()
            .map(|line| serde_json::from_slice(line).unwrap())
    }

    fn without(&self, dropped: impl Fn(usize, &Value) -> bool) -> Lines {
        let kept = self.lines.iter().zip(self.events()).enumerate();
        kept.filter(|(place, (_, event))| !dropped(*place, event))
            .map(|(_, (line, _))| line.clone())
            .collect()
    }
}

/// Six hours in a row, made up.
fn made_up() -> Vec<Hour> {
    let first: DateTime<Utc> = "2024-02-29T04:00:00Z".parse().unwrap();
    (0..6)
        .map(|later| {
            let hour = first + TimeDelta::hours(later);
            let text = scraper::generator::generate_hour(5, hour, 1_500).unwrap();
            let lines = text.split(|byte| *byte == b'\n');
            let lines = lines.filter(|line| !line.is_empty());
            Hour {
                hour,
                lines: lines.map(<[u8]>::to_vec).collect(),
            }
        })
        .collect()
}

/// Six hours in a row as GitHub had them; of each the repositories whose ids
/// end in one of two digits, so that a test takes a minute and not ten.
fn real(test: &str) -> Option<Vec<Hour>> {
    let hours = (4..10).map(|number| {
        let path = real_data(test, &format!("benchmark/2016-01-01-{number}.json.gz"))?;
        let documents = documents_of(&path).unwrap().into_iter();
        let lines = documents.map(|(_, line)| line);
        let chosen = lines.filter(|line| {
            let event: Value = serde_json::from_slice(line).unwrap();
            event["repo"]["id"].as_u64().is_some_and(|id| id % 10 < 2)
        });
        Some(Hour {
            hour: format!("2016-01-01T{number:02}:00:00Z").parse().unwrap(),
            lines: chosen.collect(),
        })
    });
    hours.collect()
}

/// The repositories with most comments in an hour, by their names and ids.
fn talkative(hour: &Hour, number: usize) -> Vec<(u64, String)> {
    let mut comments: BTreeMap<(u64, String), usize> = BTreeMap::new();
    for event in hour.events().filter(is_comment) {
        let repository = &event["repo"];
        let name = repository["name"].as_str().unwrap().to_owned();
        let id = repository["id"].as_u64().unwrap();
        *comments.entry((id, name)).or_default() += 1;
    }
    let mut all: Vec<_> = comments.into_iter().collect();
    all.sort_by_key(|(repository, count)| (std::cmp::Reverse(*count), repository.clone()));
    let all = all.into_iter().map(|(repository, _)| repository);
    all.take(number).collect()
}

fn is_comment(event: &Value) -> bool {
    event["type"] == "IssueCommentEvent"
}

fn wanted((id, name): &(u64, String)) -> Wanted {
    Wanted {
        id: Some(*id),
        name: RepositoryName::parse(name).unwrap(),
    }
}

struct World {
    log: EventLog,
    pool: PgPool,
    mirror: Archive,
    archive: Archive,
    warehouse: Warehouse,
    github: Github,
    clock: Arc<FixedClock>,
    api: String,
    _stop: DropGuard,
    _servers: Servers,
}

impl World {
    async fn start(now: DateTime<Utc>) -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, _) = servers.fresh_database().await.unwrap();
        let clock = Arc::new(FixedClock::at(now));
        let api = Api::new(
            pool.clone(),
            Settings::default(),
            clock.clone(),
            Arc::new(String::new),
        );
        let (listener, address) = listen().await.unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(serve(Arc::new(api), listener, stop.clone()));
        Self {
            log: servers.log().await.unwrap(),
            pool,
            mirror: Archive::start().await.unwrap(),
            archive: Archive::start().await.unwrap(),
            warehouse: Warehouse::start().await.unwrap(),
            github: Github::start(now).await.unwrap(),
            clock,
            api: format!("{address}/api/v1"),
            _stop: stop.drop_guard(),
            _servers: servers,
        }
    }

    fn archives(&self) -> ArchiveBases {
        ArchiveBases(vec![
            self.mirror.base().unwrap(),
            self.archive.base().unwrap(),
        ])
    }

    fn ingest_services(&self) -> IngestServices<event_log::Publisher, EventLog> {
        IngestServices {
            publisher: self.log.publisher(),
            log: self.log.clone(),
            clock: self.clock.clone(),
            cancellation: CancellationToken::new(),
        }
    }

    fn options() -> IngestOptions {
        IngestOptions {
            patience: Patience {
                retries: 1,
                first_wait: Duration::from_millis(1),
            },
            ..IngestOptions::default()
        }
    }

    /// Reads hours from the archives.
    async fn ingest(&self, hours: &[Hour]) -> IngestReport {
        let archives = self.archives();
        let plan = Plan {
            units: hours.iter().map(|hour| archives.unit(hour.hour)).collect(),
        };
        let services = self.ingest_services();
        ingest(&plan, &services, Self::options(), &Silent)
            .await
            .unwrap()
    }

    async fn allow(&self, limit: &str) {
        let now = runtime::Clock::now(self.clock.as_ref());
        let definition = budget_of(limit.parse().unwrap(), now);
        let ledger = LedgerLog::new(self.log.clone(), "/tests");
        ledger.define(definition).await.unwrap();
    }

    async fn passes(&self) -> PassServices {
        PassServices {
            client: self.warehouse.client().await.unwrap(),
            circuit: Arc::new(runtime::CircuitBreaker::of("bigquery")),
            log: self.log.clone(),
            publisher: self.log.publisher(),
            ledger: LedgerLog::new(self.log.clone(), "/tests"),
            clock: self.clock.clone(),
            cancellation: CancellationToken::new(),
        }
    }

    /// Reads a day in BigQuery, which has all events of it.
    async fn read_day(&self, day: NaiveDate, wanted: &[Wanted]) {
        let days = Days {
            first: Some(day),
            last: day,
            floor: day,
            force: false,
        };
        let passes = plan(wanted, days, Depth::Whole, &self.log).await.unwrap();
        let options = PassOptions {
            depth: Depth::Whole,
            job: "read-days".to_owned(),
        };
        for report in run(&passes, &self.passes().await, &options).await {
            assert!(report.error.is_none(), "{:?}", report.error);
        }
    }

    async fn repair(&self, repositories: &[(u64, String)]) -> RepairReport {
        let services = RepairServices {
            ingest: self.ingest_services(),
            options: Self::options(),
            archives: self.archives(),
            scrape: Some(ScrapeServices {
                client: Arc::new(self.github.client(&["one"]).unwrap()),
                log: self.log.clone(),
                publisher: self.log.publisher(),
                cancellation: CancellationToken::new(),
            }),
            passes: Some(self.passes().await),
            job: "repair-coverage".to_owned(),
        };
        let holes = self.holes("").await;
        let compared = holes.into_iter().filter(|hole| hole["gap"] == "kinds");
        let compared = compared.map(|hole| serde_json::from_value(hole).unwrap());
        let request = RepairRequest {
            span: None,
            shortfalls: compared.collect(),
            repositories: repositories
                .iter()
                .map(|repository| Repository {
                    wanted: wanted(repository),
                    former_names: Vec::new(),
                })
                .collect(),
        };
        repair(&services, &request).await.unwrap()
    }

    async fn project(&self) {
        let settings = projector_settings("projector", 10_000);
        project_until(&self.pool, &self.log, settings)
            .await
            .unwrap();
    }

    async fn get(&self, path: &str) -> Value {
        let response = reqwest::get(format!("{}{path}", self.api)).await.unwrap();
        let status = response.status();
        let body = response.text().await.unwrap();
        assert!(status.is_success(), "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// All pages of the holes, after everything is projected.
    async fn holes(&self, query: &str) -> Vec<Value> {
        self.project().await;
        let mut holes = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self
                .get(&format!("/coverage/holes?limit=2{query}{cursor}"))
                .await;
            holes.extend(page["holes"].as_array().unwrap().iter().cloned());
            match page["meta"]["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return holes,
            }
        }
    }

    /// The read models, without where things were seen.
    async fn read_models(&self) -> BTreeMap<String, Vec<String>> {
        self.project().await;
        let mut dump = read_model_dump(&self.pool).await.unwrap();
        for row in dump.get_mut("contribution_events").unwrap() {
            row.truncate(row.find('{').unwrap_or(row.len()));
        }
        dump.remove("coverage");
        dump
    }
}

/// A hole as a test names it: its source, repository, hours, and what is
/// missing.
fn named(hole: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let hour = |value: &Value| text(value).chars().skip(11).take(2).collect::<String>();
    format!(
        "{} {} {}-{} {} {} {} {}",
        text(&hole["source"]),
        text(&hole["repository"]),
        hour(&hole["from"]),
        hour(&hole["until"]),
        text(&hole["gap"]),
        hole["losses"],
        hole["kinds"],
        hole["had_by"],
    )
}

/// Puts six hours on the mirror: whole and promised; missing; with its tail cut
/// off; with lines dropped that its manifest promises; without comments; whole.
fn cut(world: &World, hours: &[Hour]) {
    let whole = |hour: &Hour| gzip(&hour.lines).unwrap();
    let mirror = &world.mirror;
    mirror.put(&hours[0].file(), whole(&hours[0]));
    mirror.promise(&hours[0].file(), hours[0].lines.len());
    let mut tail_cut = whole(&hours[2]);
    tail_cut.truncate(tail_cut.len() * 6 / 10);
    mirror.put(&hours[2].file(), tail_cut);
    let thinned = hours[3].without(|place, _| place % 3 == 1);
    mirror.put(&hours[3].file(), gzip(&thinned).unwrap());
    mirror.promise(&hours[3].file(), hours[3].lines.len());
    let silent = hours[4].without(|_, event| is_comment(event));
    mirror.put(&hours[4].file(), gzip(&silent).unwrap());
    mirror.put(&hours[5].file(), whole(&hours[5]));
}

/// Comments that a repository has in an hour.
fn comments(hour: &Hour, id: u64) -> usize {
    let own = hour
        .events()
        .filter(|event| is_comment(event) && event["repo"]["id"] == id);
    let ids: BTreeSet<u64> = own
        .map(|event| event["payload"]["comment"]["id"].as_u64().unwrap())
        .collect();
    ids.len()
}

/// The holes that there must be, and no others.
fn expected_holes(hours: &[Hour], repositories: &[(u64, String)]) -> BTreeSet<String> {
    let of = |hour: &Hour, rest: &str| {
        let number = |at: DateTime<Utc>| at.format("%H").to_string();
        let (from, until) = (number(hour.hour), number(hour.hour + TimeDelta::hours(1)));
        format!("{from}-{until} {rest}")
    };
    let mut expected = BTreeSet::from([
        format!("archive  {}", of(&hours[1], "whole [] {} []")),
        format!("archive  {}", of(&hours[2], "part [\"cut_short\"] {} []")),
        format!(
            "archive  {}",
            of(&hours[3], "part [\"off_manifest\"] {} []")
        ),
    ]);
    for (id, name) in repositories {
        let count = comments(&hours[4], *id);
        let rest = format!("kinds [] {{\"comment\":{count}}} [\"bigquery\"]");
        expected.insert(format!(
            "archive {} {}",
            name.to_lowercase(),
            of(&hours[4], &rest)
        ));
    }
    expected
}

async fn check_verdicts(world: &World, hours: &[Hour], (_, name): &(u64, String)) {
    let text = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (from, to) = (
        text(hours[0].hour),
        text(hours[5].hour + TimeDelta::hours(1)),
    );
    let answer = world
        .get(&format!(
            "/coverage/hours?repository={name}&from={from}&to={to}"
        ))
        .await;
    let judged = answer["hours"].as_array().unwrap();
    assert_eq!(judged.len(), 6);
    for (place, hour) in judged.iter().enumerate() {
        let of = |source: &str| {
            let mut sources = hour["sources"].as_array().unwrap().iter();
            sources.find(|one| one["source"] == source).unwrap().clone()
        };
        let (archive, bigquery) = (of("archive"), of("bigquery"));
        let number = |value: &Value| value.as_u64().unwrap();
        let (observed, expected) = (number(&archive["observed"]), number(&archive["expected"]));
        assert_eq!(number(&bigquery["observed"]), expected, "{hour}");
        // What nobody has more of than BigQuery, another source vouches for only
        // where it was read to its end, too.
        let vouched = matches!(place, 0 | 4 | 5);
        let of_bigquery = if vouched { "complete" } else { "unknown" };
        assert_eq!(bigquery["verdict"], of_bigquery, "{hour}");
        assert_eq!(of("webhook")["verdict"], "missing");
        assert_eq!(of("api")["verdict"], "missing");
        let verdict = match (place, observed) {
            (0 | 5, _) => {
                assert_eq!(observed, expected);
                "complete"
            }
            (1, 0) => "missing",
            (_, 0) if expected > 0 => "missing",
            (4, _) if observed == expected => "complete",
            _ => "partial",
        };
        assert_eq!(archive["verdict"], verdict, "{hour}");
    }
}

/// Cuts, looks, repairs, and compares.
async fn what_was_cut_is_named_and_filled(hours: &[Hour]) {
    let day = hours[0].hour.date_naive();
    let now = hours[5].hour + TimeDelta::days(200);
    let repositories = talkative(&hours[4], 3);
    assert_eq!(repositories.len(), 3);

    let uncut = World::start(now).await;
    for hour in hours {
        uncut.mirror.put(&hour.file(), gzip(&hour.lines).unwrap());
    }
    assert_eq!(uncut.ingest(hours).await.failed().count(), 0);
    assert!(uncut.holes("").await.is_empty());

    let world = World::start(now).await;
    cut(&world, hours);
    let report = world.ingest(hours).await;
    assert_eq!(report.failed().count(), 1, "the hour that is missing");
    let events = hours.iter().flat_map(Hour::events).collect();
    let bytes = (GIBIBYTE, 9 * GIBIBYTE);
    world.warehouse.set_day(day, events, bytes);
    world.allow("10").await;
    let asked: Vec<Wanted> = repositories.iter().map(wanted).collect();
    world.read_day(day, &asked).await;
    let jobs = world.warehouse.jobs();

    let holes = world.holes("").await;
    let found: BTreeSet<String> = holes.iter().map(named).collect();
    assert_eq!(found, expected_holes(hours, &repositories));
    assert!(
        holes
            .iter()
            .all(|hole| hole["ways"][0]["source"] == "archive")
    );
    // Of one repository, BigQuery has what the files lack.
    let own = world
        .holes(&format!("&repository={}", repositories[0].1))
        .await;
    assert!(own.iter().all(|hole| hole["had_by"] == json!(["bigquery"])));
    for repository in &repositories {
        check_verdicts(&world, hours, repository).await;
    }
    let board = world.get("/leaderboards/global?class=everyone").await;
    assert_eq!(
        board["meta"]["coverage"]["hours"],
        json!({"all": 24, "complete": 1, "unknown": 2, "partial": 21, "missing": 0}),
        "BigQuery was read of the whole day, for some repositories"
    );
    assert_eq!(
        board["meta"]["coverage"]["sources"],
        json!(["archive", "bigquery"])
    );
    let path = format!(
        "/leaderboards/repositories/{}?class=everyone",
        repositories[0].1
    );
    let board = world.get(&path).await;
    assert_eq!(
        board["meta"]["coverage"]["hours"],
        json!({"all": 24, "complete": 1, "unknown": 23, "partial": 0, "missing": 0}),
    );

    // The other archive is away: everything stays open, and nothing is paid for.
    world.archive.set_away(true);
    let failed = world.repair(&repositories).await;
    assert_eq!(failed.failures().len(), 4, "{failed:?}");
    assert!(failed.asked.is_empty() && failed.days.is_empty());
    assert_eq!(failed.after, failed.before);
    assert_eq!(world.warehouse.jobs(), jobs);
    let still: BTreeSet<String> = world.holes("").await.iter().map(named).collect();
    assert_eq!(still, found);

    // It is back, and has everything that was cut.
    world.archive.set_away(false);
    for hour in &hours[1..5] {
        world.archive.put(&hour.file(), gzip(&hour.lines).unwrap());
    }
    let repaired = world.repair(&repositories).await;
    assert_eq!(repaired.failures(), Vec::<String>::new());
    assert_eq!(repaired.files.len(), 4);
    assert!(repaired.after.is_empty(), "{:?}", repaired.after);
    assert!(world.holes("").await.is_empty());
    for repository in &repositories {
        let path = format!("&repository={}", repository.1);
        assert!(world.holes(&path).await.is_empty());
    }
    assert_eq!(world.warehouse.jobs(), jobs, "files are free");

    // Nothing is left to do, and nothing is asked for.
    let requests = (world.mirror.requests(), world.archive.requests());
    let again = world.repair(&repositories).await;
    assert!(again.did_nothing() && again.before.is_empty(), "{again:?}");
    assert_eq!(
        (world.mirror.requests(), world.archive.requests()),
        requests
    );

    let (expected, found) = (uncut.read_models().await, world.read_models().await);
    assert!(expected["contribution_events"].len() > 1_000);
    for (table, rows) in &expected {
        assert_eq!(&found[table], rows, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_out_of_made_up_hours_is_named_and_filled() {
    what_was_cut_is_named_and_filled(&made_up()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_out_of_real_hours_is_named_and_filled() {
    let test = "what_was_cut_out_of_real_hours_is_named_and_filled";
    if let Some(hours) = real(test) {
        what_was_cut_is_named_and_filled(&hours).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_archive_has_comes_from_github_and_then_from_bigquery() {
    let hours = made_up();
    let now = hours[5].hour + TimeDelta::days(2);
    let world = World::start(now).await;
    for hour in [&hours[0], &hours[2]] {
        world.mirror.put(&hour.file(), gzip(&hour.lines).unwrap());
    }
    let report = world.ingest(&[hours[0].clone(), hours[2].clone()]).await;
    assert_eq!(report.failed().count(), 0);

    // GitHub's feed of one goes back to before the hour that is missing; that of
    // the other is full of what happened since.
    let near = (700_001, "octo/near".to_owned());
    let far = (700_002, "octo/far".to_owned());
    let missed = hours[1].hour + TimeDelta::minutes(20);
    let own = |(id, name): &(u64, String), visitor| star_of((*id, name.as_str()), missed, visitor);
    world
        .github
        .set_repository(near.0, &near.1, vec![own(&near, 1)]);
    let since = hours[5].hour + TimeDelta::hours(30);
    let newer = (0..300).map(|number| {
        let at = since - TimeDelta::seconds(i64::try_from(number).unwrap());
        star_of((far.0, far.1.as_str()), at, 10_000 + number)
    });
    world.github.set_repository(far.0, &far.1, newer.collect());
    let day = hours[1].hour.date_naive();
    let table = vec![own(&near, 1), own(&far, 2)];
    world.warehouse.set_day(day, table, (GIBIBYTE, GIBIBYTE));
    let both = [near.clone(), far.clone()];

    // GitHub is away: the hole stays open, and nothing is paid for in its place.
    world
        .github
        .fail(0, 1_000, tests::github::Fault::BadGateway);
    let failed = world.repair(&both).await;
    assert!(matches!(failed.files[0].outcome, FileOutcome::Absent(_)));
    assert!(failed.failures()[0].contains("502"), "{failed:?}");
    assert_eq!((failed.days.len(), world.warehouse.jobs()), (0, 0));
    assert_eq!(failed.after, failed.before);
    world.github.fail(0, 0, tests::github::Fault::BadGateway);

    // Without a budget nothing is paid for.
    let unpaid = world.repair(&both).await;
    assert_eq!(unpaid.asked.len(), 2);
    assert_eq!(unpaid.days.len(), 1, "{unpaid:?}");
    let names: Vec<&str> = unpaid.days[0]
        .repositories
        .iter()
        .map(RepositoryName::as_str)
        .collect();
    assert_eq!(names, ["octo/far"], "GitHub had the other");
    assert!(unpaid.days[0].error.as_ref().unwrap().contains("budget"));
    assert_eq!(world.warehouse.jobs(), 0);

    world.allow("10").await;
    let paid = world.repair(&both).await;
    assert_eq!(paid.failures(), Vec::<String>::new());
    assert!(paid.asked.is_empty(), "GitHub was asked before");
    assert_eq!((paid.days.len(), world.warehouse.jobs()), (1, 1));
    let filled: Vec<(&str, Vec<&str>)> = paid
        .filled
        .iter()
        .map(|one| {
            let sources = one.sources.iter().map(|source| source.as_str());
            (one.repository.as_str(), sources.collect())
        })
        .collect();
    assert_eq!(
        filled,
        [("octo/near", vec!["api"]), ("octo/far", vec!["bigquery"])]
    );
    // Everybody else's hour is still missing, and says so.
    assert_eq!(paid.after.len(), 1);
    let again = world.repair(&both).await;
    assert!(again.asked.is_empty() && again.days.is_empty(), "{again:?}");
    assert_eq!(world.warehouse.jobs(), 1);

    world.project().await;
    for (_, name) in &both {
        let text = |at: DateTime<Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        let (from, to) = (text(hours[1].hour), text(hours[2].hour));
        let answer = world
            .get(&format!(
                "/coverage/hours?repository={name}&from={from}&to={to}"
            ))
            .await;
        assert_eq!(answer["hours"][0]["verdict"], "unknown", "{answer}");
        let path = format!("&repository={name}");
        let holes = world.holes(&path).await;
        assert_eq!(holes.len(), 1);
        assert_ne!(holes[0]["had_by"], json!([]), "{holes:?}");
    }
}
