//! Boards of companies while people come and go: each is the naive model's,
//! and with what was done for none it comes to the board of contributors.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use decisions::Author;
use decisions::counting::{classify_account, link_accounts, publish_policy, set_affiliations};
use domain::{
    AccountClass, AccountReference, Affiliation, ClassFilter, CompanyKey, DailyCounts, Metric,
    Period, Policy, RepositoryName, Scope, Tally, check_affiliations,
};
use events::Envelope;
use query_api::Settings;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{events_of, generated_documents_of};

use crate::groups::define;
use crate::ranks::busiest_repository;
use crate::world::World;

/// Hours around a leap day, in an order in which no archive tells them.
const HOURS: [&str; 6] = [
    "2024-02-29T23:00:00Z",
    "2024-02-03T00:00:00Z",
    "2024-03-01T00:00:00Z",
    "2024-02-23T12:00:00Z",
    "2024-01-31T23:00:00Z",
    "2024-02-28T23:00:00Z",
];

/// Of stored boards, of windows, and of any days.
const PERIODS: [&str; 6] = [
    "all",
    "2024-02",
    "2024-W09",
    "2024-02-29",
    "28d",
    "2024-02-23..2024-02-28",
];

fn events_of_hour(hour: &str) -> Vec<Envelope> {
    // The same people, every hour.
    events_of(&generated_documents_of(hour, 11, 130).unwrap()).unwrap()
}

fn author(minute: i64) -> Author {
    Author {
        actor: "ada".to_owned(),
        reason: "a test".to_owned(),
        at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
    }
}

fn at(company: &str, from: Option<&str>, until: Option<&str>) -> Affiliation {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    Affiliation {
        from: from.map(day),
        until: until.map(day),
        company: company.to_owned(),
    }
}

/// Whom somebody worked for, in one of several ways that change between days
/// on which something is done, on such a day, or not at all.
fn life(number: usize) -> Vec<Affiliation> {
    let all = match number % 8 {
        0 => vec![at("Octo Inc.", None, None)],
        1 => vec![
            at("Octo Inc.", None, Some("2024-02-29")),
            at("Hub", Some("2024-02-29"), None),
        ],
        2 => vec![at("HUB", Some("2024-02-10"), Some("2024-02-29"))],
        3 => vec![
            at("Hub", None, Some("2024-02-03")),
            at("octo  inc.", Some("2024-02-24"), Some("2024-03-01")),
            at("=Formula & Söhne", Some("2024-03-01"), None),
        ],
        4 => vec![at("Long ago", None, Some("2019-01-01"))],
        5 => vec![
            at("Hub", None, Some("2024-02-20")),
            at("Hub", Some("2024-02-20"), None),
        ],
        _ => vec![],
    };
    check_affiliations(all).unwrap()
}

/// What is decided, beside what is told.
#[derive(Default)]
struct Decided {
    affiliations: BTreeMap<AccountReference, Vec<Affiliation>>,
    hidden: Vec<AccountReference>,
    links: Vec<(AccountReference, AccountReference)>,
    policy: Policy,
    group: Vec<RepositoryName>,
    minute: i64,
}

impl Decided {
    fn author(&mut self) -> Author {
        self.minute += 1;
        author(self.minute)
    }

    async fn affiliate(&mut self, world: &World, who: &AccountReference, life: Vec<Affiliation>) {
        let author = self.author();
        set_affiliations(world.log(), who, life.clone(), &author)
            .await
            .unwrap();
        self.affiliations.insert(who.clone(), life);
    }

    fn tally(&self, world: &World) -> Tally {
        let mut tally = world.tally();
        for (account, life) in &self.affiliations {
            let affiliations = &mut tally.decisions.affiliations;
            affiliations.set(account.clone(), life.clone());
        }
        for account in &self.hidden {
            let classes = &mut tally.decisions.classes;
            classes.decide(account.clone(), Some(AccountClass::Hidden));
        }
        for (account, into) in &self.links {
            let links = &mut tally.decisions.links;
            links.link(account.clone(), into.clone()).unwrap();
        }
        tally.define_group("web", self.group.clone());
        tally
    }

    /// Waits until the API has heard of the last decision.
    async fn settle(world: &World) {
        world.project().await;
        let last: DateTime<Utc> = sqlx::query_scalar("SELECT max(decided_at) FROM decisions")
            .fetch_one(world.pool())
            .await
            .unwrap();
        world
            .until("the API has heard of the decision", async || {
                let audit = world.get("/api/v1/audit?limit=1").await;
                let at = audit["entries"][0]["at"].as_str().unwrap_or_default();
                at.parse::<DateTime<Utc>>().ok() == Some(last)
            })
            .await;
    }
}

/// A row: rank, company, contributors, value, and the rank before.
type Row = (u64, CompanyKey, i64, i64, Option<u64>);

/// All pages of a board, and what stands apart.
async fn companies(world: &World, path: &str, query: &str) -> (Vec<Row>, Value) {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let address = format!("{path}/companies?limit=2&{query}{cursor}");
        let page = world.get(&address).await;
        for entry in page["leaderboard"].as_array().unwrap() {
            let (rank, before) = (entry["rank"].as_u64().unwrap(), &entry["previous_rank"]);
            let moved = before.as_i64().map(|before| before - rank.cast_signed());
            assert_eq!(entry["movement"].as_i64(), moved, "{entry}");
            rows.push((
                rank,
                CompanyKey::of(entry["company"].as_str().unwrap()),
                entry["contributors"].as_i64().unwrap(),
                entry["value"].as_i64().unwrap(),
                before.as_u64(),
            ));
        }
        match page["meta"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (rows, page["unaffiliated"].clone()),
        }
    }
}

/// Compares a board of companies, and those of each one's people, with the
/// naive model.
async fn check_board(
    world: &World,
    (tally, counts): (&Tally, &DailyCounts),
    policy: &Policy,
    (path, scope): &(String, Scope),
    (period, metric, class): (&str, Metric, ClassFilter),
) {
    let query = format!("period={period}&kind={metric}&class={}", class.as_str());
    let today = "2024-03-01".parse().unwrap();
    let period = Period::parse(period, today).unwrap();
    let board = |period| tally.companies(counts, policy, scope, period, metric, class);
    let before: HashMap<CompanyKey, u64> = period
        .previous()
        .into_iter()
        .flat_map(|period| board(period).companies)
        .map(|(rank, standing)| (standing.company, rank))
        .collect();
    let expected = board(period);
    let rows: Vec<Row> = expected
        .companies
        .iter()
        .map(|(rank, standing)| {
            let people = expected.people.get(&standing.company);
            let people = people.map_or(0, std::collections::BTreeSet::len);
            let before = before.get(&standing.company).copied();
            let company = standing.company.clone();
            let people = i64::try_from(people).unwrap();
            (*rank, company, people, standing.value, before)
        })
        .collect();
    let (found, apart) = companies(world, path, &query).await;
    assert_eq!(found, rows, "{path} {query}");
    assert_eq!(apart["value"], expected.unaffiliated, "{path} {query}");

    // Nothing is lost between contributors and companies.
    let people = world.board(path, &query).await;
    let of_people: i64 = people.iter().map(|place| place.2).sum();
    let of_companies: i64 = found.iter().map(|row| row.3).sum();
    assert_eq!(of_companies + expected.unaffiliated, of_people, "{query}");
    let exact = (expected.unaffiliated * 10_000).checked_div(of_people);
    let percent = exact.map(|share| format!("{}.{:02}", share / 100, share % 100));
    assert_eq!(apart["percent"].as_str(), percent.as_deref(), "{query}");

    for (_, company, contributors, value, _) in found {
        let name = company.as_str().replace('&', "%26");
        let people = world.board(path, &format!("{query}&company={name}")).await;
        assert_eq!(i64::try_from(people.len()).unwrap(), contributors);
        assert_eq!(people.iter().map(|place| place.2).sum::<i64>(), value);
        let mut ranks = people.windows(2);
        assert!(ranks.all(|two| two[0].2 >= two[1].2 && two[0].0 <= two[1].0));
        let accounts: std::collections::BTreeSet<_> = people
            .iter()
            .map(|place| AccountReference::from_stored(place.1.as_str()))
            .collect();
        assert_eq!(Some(&accounts), expected.people.get(&company), "{query}");
    }
}

/// Compares boards of every sort of scope.
async fn check(world: &World, decided: &Decided, busiest: &(domain::RepositoryReference, String)) {
    let tally = decided.tally(world);
    let counts = tally.daily_counts();
    let (reference, name) = busiest;
    let owner = name.split('/').next().unwrap();
    let path = |scope: &str| format!("/api/v1/leaderboards/{scope}");
    let mut scopes = vec![
        (path("global"), Scope::Global),
        (
            path(&format!("repositories/{name}")),
            Scope::Repository(reference.clone()),
        ),
        (
            path(&format!("organizations/{owner}")),
            Scope::Organization(owner.to_ascii_lowercase()),
        ),
    ];
    if !decided.group.is_empty() {
        scopes.push((path("groups/web"), Scope::Group("web".to_owned())));
    }
    let commits = "commit".parse().unwrap();
    for scope in &scopes {
        for period in PERIODS {
            for (metric, class) in [
                (Metric::Score, ClassFilter::Human),
                (Metric::Score, ClassFilter::Everyone),
                (commits, ClassFilter::Everyone),
            ] {
                let wanted = (period, metric, class);
                check_board(world, (&tally, &counts), &decided.policy, scope, wanted).await;
            }
        }
    }
}

/// The people of the boards, those with most points first.
async fn people(world: &World) -> Vec<AccountReference> {
    let everyone = "class=everyone";
    let board = world.board("/api/v1/leaderboards/global", everyone).await;
    let accounts = board.into_iter().map(|place| place.1);
    accounts.map(AccountReference::from_stored).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_have_what_their_people_did_on_the_days_they_worked_for_them() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    for hour in &HOURS[..4] {
        world.tell(&events_of_hour(hour)).await;
    }
    let busiest = busiest_repository(&world).await;
    let mut decided = Decided::default();
    // Nobody is known to work for anybody.
    check(&world, &decided, &busiest).await;
    let people = people(&world).await;
    for (number, who) in people.iter().take(24).enumerate() {
        decided.affiliate(&world, who, life(number)).await;
    }
    Decided::settle(&world).await;
    check(&world, &decided, &busiest).await;
    // Events that come late, of days on which people changed.
    for hour in &HOURS[4..] {
        world.tell(&events_of_hour(hour)).await;
        check(&world, &decided, &busiest).await;
    }
    // People of whom something else becomes known, and who are not shown.
    for (number, who) in people.iter().take(6).enumerate() {
        decided.affiliate(&world, who, life(number + 1)).await;
    }
    let who = people[7].clone();
    let hidden = Some(AccountClass::Hidden);
    let author = decided.author();
    classify_account(world.log(), &people[3], hidden, &author)
        .await
        .unwrap();
    decided.hidden.push(people[3].clone());
    let author = decided.author();
    link_accounts(world.log(), &who, &people[1], &author)
        .await
        .unwrap();
    decided.links.push((who, people[1].clone()));
    Decided::settle(&world).await;
    check(&world, &decided, &busiest).await;
    // A group, and caps that a few contributions fill.
    let name = RepositoryName::parse(&busiest.1).unwrap();
    decided.minute += 1;
    define(&world, std::slice::from_ref(&name), decided.minute).await;
    decided.group = vec![name];
    let entered = json!({
        "lines": { "added": 0.5, "at_most": 3 }, "commits_a_day": 2,
        "daily": { "comment": { "at_most": 3, "steps": [{ "after": 1, "percent": 33 }] } },
    });
    let author = decided.author();
    let terms = decisions::counting::Terms::Entered(&entered);
    let (policy, _) = publish_policy(world.log(), None, terms, &author)
        .await
        .unwrap();
    decided.policy = policy;
    Decided::settle(&world).await;
    check(&world, &decided, &busiest).await;
}

/// Beside a company is drawn what was done for it day by day.
async fn drawn_beside(world: &World) {
    let query = "kind=commit&class=everyone";
    let (_, page) = world
        .text(&format!("/companies?period=2024-02&{query}"))
        .await;
    let board = format!("/api/v1/leaderboards/global/companies?period=2024-02&{query}");
    let entries = world.get(&board).await;
    // What is on the log is of one day.
    let most = entries["leaderboard"][0]["value"].as_i64().unwrap_or(0);
    if most == 0 {
        assert!(!page.contains("class=\"spark\""), "{page}");
        return;
    }
    let many = if most == 1 { "" } else { "s" };
    let words = format!("at most {most} contribution{many}, on 29 Feb 2024");
    assert!(page.contains(&words), "{words} is not in {page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn companies_have_pages_and_people_have_companies() {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    world.tell(&events_of_hour(HOURS[0])).await;
    let (status, page) = world.text("/companies").await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("No company is on this board"), "{page}");
    let people = people(&world).await;
    let mut decided = Decided::default();
    let worked = vec![at("<Octo> & Co.", Some("2024-02-01"), None)];
    decided.affiliate(&world, &people[0], worked).await;
    Decided::settle(&world).await;
    let (reference, name) = busiest_repository(&world).await;
    assert!(!reference.as_str().is_empty());
    let owner = name.split('/').next().unwrap();
    for path in [
        "/companies".to_owned(),
        format!("/repositories/{name}/companies"),
        format!("/organizations/{owner}/companies"),
        "/companies?period=2024-02&kind=commit&class=everyone".to_owned(),
    ] {
        let (status, page) = world.text(&path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {page}");
        assert!(!page.contains("<Octo>"), "{path}: {page}");
    }
    let (_, page) = world.text("/companies").await;
    let link = "/?company=%3COcto%3E%20%26%20Co.";
    assert!(page.contains(link), "{page}");
    assert!(page.contains("No known company"), "{page}");
    drawn_beside(&world).await;
    let (status, page) = world.text(link).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("<p class=\"eyebrow\">Company"), "{page}");
    let profile = format!("id:{}", people[0]);
    let (_, page) = world.text(&format!("/contributors/{profile}")).await;
    assert!(page.contains(link), "{page}");
    let contributor = world.get(&format!("/api/v1/contributors/{profile}")).await;
    let expected = json!([{ "company": "<Octo> & Co.", "from": "2024-02-01", "until": null }]);
    assert_eq!(contributor["contributor"]["affiliations"], expected);
    // What nobody worked for is not there, as no repository is that was not seen.
    let unknown = "/api/v1/leaderboards/global?company=Nobody";
    assert_eq!(world.text(unknown).await.0, StatusCode::NOT_FOUND);
    let none = "/api/v1/leaderboards/repositories/no/such/companies";
    assert_eq!(world.text(none).await.0, StatusCode::NOT_FOUND);
    let bad = "/api/v1/leaderboards/global/companies?company=x";
    assert_eq!(world.text(bad).await.0, StatusCode::BAD_REQUEST);
}
