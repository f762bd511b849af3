//! GitHub's API, played by a stand-in over HTTP: the same read models as from
//! files, unknowns resolved, limits kept, and nothing lost.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use domain::RepositoryName;
use event_log::EventLog;
use scraper::scrape::{ScrapeOptions, ScrapeServices, ScrapedRepository, Wanted, scrape};
use scraper::sources::github::GithubClient;
use serde_json::{Value, json};
use sqlx::PgPool;
use tests::github::{Fault, Github};
use tests::{
    Document, Servers, documents_of, events_of, project_until, projector_settings, publish,
    read_model_dump, real_data,
};
use tokio_util::sync::CancellationToken;

fn start_of_test() -> DateTime<Utc> {
    "2026-06-01T16:00:00Z".parse().unwrap()
}

fn wanted(name: &str) -> Wanted {
    Wanted {
        id: None,
        name: RepositoryName::entered(name).unwrap(),
    }
}

struct World {
    _servers: Servers,
    log: EventLog,
    pool: PgPool,
    github: Github,
}

impl World {
    async fn start() -> Self {
        let servers = Servers::start().await.unwrap();
        let (pool, _) = servers.fresh_database().await.unwrap();
        Self {
            log: servers.log().await.unwrap(),
            pool,
            github: Github::start(start_of_test()).await.unwrap(),
            _servers: servers,
        }
    }

    fn services(&self, client: GithubClient) -> ScrapeServices {
        let client = std::sync::Arc::new(client);
        ScrapeServices {
            client,
            log: self.log.clone(),
            publisher: self.log.publisher(),
            cancellation: CancellationToken::new(),
        }
    }

    fn asking(&self) -> ScrapeServices {
        self.services(self.github.client(&["one"]).unwrap())
    }

    async fn read_models(&self) -> BTreeMap<String, Vec<String>> {
        let settings = projector_settings("projector", 10_000);
        project_until(&self.pool, &self.log, settings)
            .await
            .unwrap();
        let mut dump = read_model_dump(&self.pool).await.unwrap();
        // Where things were seen is what differs.
        let contributions = dump.get_mut("contribution_events").unwrap();
        for row in contributions {
            row.truncate(row.find('{').unwrap_or(row.len()));
        }
        dump
    }

    async fn ask(&self, query: &'static str) -> Vec<String> {
        self.read_models().await;
        sqlx::query_scalar(query)
            .fetch_all(&self.pool)
            .await
            .unwrap()
    }
}

fn error_of(one: &ScrapedRepository) -> String {
    one.error
        .as_ref()
        .map_or_else(String::new, ToString::to_string)
}

type Dated = (DateTime<Utc>, Document);

/// The newest events of the busiest repository of a file: its id, its name, and
/// the documents, oldest first.
fn busiest(path: &Path, most: usize) -> (u64, String, Vec<Document>) {
    let mut by_repository: HashMap<(u64, String), Vec<Dated>> = HashMap::new();
    for document in documents_of(path).unwrap() {
        let event: Value = serde_json::from_slice(&document.1).unwrap();
        let at = event["created_at"].as_str().unwrap().parse().unwrap();
        let repository = &event["repo"];
        let key = (repository["id"].as_u64(), repository["name"].as_str());
        if let (Some(id), Some(name)) = key {
            let known = by_repository.entry((id, name.to_owned())).or_default();
            known.push((at, document));
        }
    }
    let busiest = by_repository
        .into_iter()
        .max_by_key(|(_, events)| events.len());
    let ((id, name), mut events) = busiest.unwrap();
    events.sort_by_key(|(at, _)| *at);
    let newest = events.split_off(events.len().saturating_sub(most));
    (
        id,
        name,
        newest.into_iter().map(|(_, document)| document).collect(),
    )
}

fn feed(documents: &[Document]) -> Vec<Value> {
    let newest_first = documents.iter().rev();
    newest_first
        .map(|(_, document)| serde_json::from_slice(document).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_and_a_file_make_the_same_read_models() {
    let test = "a_feed_and_a_file_make_the_same_read_models";
    let Some(path) = real_data(test, "sample/2017-07-24_25-kubernetes.ndjson.gz") else {
        return;
    };
    let (id, name, documents) = busiest(&path, 250);
    let by_file = World::start().await;
    publish(&by_file.log, &events_of(&documents).unwrap(), 1_000)
        .await
        .unwrap();
    let by_feed = World::start().await;
    by_feed.github.set_repository(id, &name, feed(&documents));
    let services = by_feed.asking();
    let known = Wanted {
        id: Some(id),
        ..wanted(&name)
    };
    let scraped = scrape(
        std::slice::from_ref(&known),
        &services,
        ScrapeOptions::default(),
    )
    .await;
    assert_eq!(error_of(&scraped[0]), "");
    assert_eq!(scraped[0].report.events, Some(250));
    let expected = by_file.read_models().await;
    assert!(expected["contribution_events"].len() > 100);
    let found = by_feed.read_models().await;
    for (table, rows) in &expected {
        assert_eq!(&found[table], rows, "{table}");
    }

    // What has not changed costs nothing but the question for its name.
    let charged = by_feed.github.charged();
    let again = scrape(&[known], &services, ScrapeOptions::default()).await;
    assert_eq!(again[0].report.events, None);
    assert_eq!(by_feed.github.charged(), charged + 1);
}

/// Trimmed events as GitHub has them since late 2025: a merge by somebody
/// else than the author, and a push.
fn trimmed_feed() -> Vec<Value> {
    let event = |id: u64, kind: &str, payload: Value| {
        json!({
            "id": id.to_string(), "type": kind, "created_at": "2026-06-01T15:00:00Z",
            "actor": { "id": 1, "login": "merger" },
            "repo": { "id": 7, "name": "octo/hello" }, "payload": payload,
        })
    };
    let merge = json!({
        "action": "merged", "number": 12,
        "pull_request": { "id": 900, "number": 12, "url": "", "head": {}, "base": {} },
    });
    let push = json!({
        "repository_id": 7, "push_id": 55, "ref": "refs/heads/main",
        "before": "a".repeat(40), "head": "c".repeat(40),
    });
    vec![
        event(2, "PullRequestEvent", merge),
        event(1, "PushEvent", push),
    ]
}

fn resolve_unknowns(github: &Github) {
    let account = |id: u64, login: &str| json!({ "id": id, "login": login, "type": "User" });
    let commit = |sha: &str, author: Value, message: &str| json!({ "sha": sha.repeat(40), "author": author, "commit": { "message": message } });
    github.set_object(
        7,
        "pulls/12",
        json!({
            "id": 900, "number": 12, "merged": true, "user": account(2, "author"),
            "merged_by": account(1, "merger"), "additions": 300, "deletions": 20,
            "created_at": "2026-05-30T10:00:00Z", "closed_at": "2026-06-01T15:00:00Z",
            "merged_at": "2026-06-01T15:00:00Z", "merge_commit_sha": "d".repeat(40),
        }),
    );
    let path = format!("compare/{}...{}", "a".repeat(40), "c".repeat(40));
    github.set_object(
        7,
        &path,
        json!({ "commits": [
            commit("b", account(3, "committer"), "one"),
            commit("e", Value::Null, "two"),
            commit("c", account(1, "merger"), "Merge pull request #12 from octo/branch"),
        ]}),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_is_asked_for_once_and_counts_better() {
    let world = World::start().await;
    world.github.set_repository(7, "octo/hello", trimmed_feed());
    let services = world.asking();
    let enriching = ScrapeOptions {
        enrich: true,
        ..ScrapeOptions::default()
    };
    let repositories = [wanted("octo/hello")];
    scrape(&repositories, &services, ScrapeOptions::default()).await;
    let counted = "SELECT kind || ' ' || coalesce(a.login, '-') || ' ' || counted || ' ' || basis
                          || ' ' || coalesce(additions::text, '?')
                   FROM contribution_events LEFT JOIN accounts AS a ON a.account = contributor
                   ORDER BY 1";
    let before = world.ask(counted).await;
    assert_eq!(
        before,
        [
            "pull_request_merged - 0 pending ?",
            "push merger 1 pusher ?"
        ]
    );

    resolve_unknowns(&world.github);
    let scraped = scrape(&repositories, &services, enriching).await;
    assert_eq!(error_of(&scraped[0]), "");
    let report = &scraped[0].report;
    assert_eq!((report.merges, report.pushes, report.gone), (1, 1, 0));
    let after = world.ask(counted).await;
    assert_eq!(
        after,
        [
            "commit committer 1 author ?",
            // The push, of which no commit is unknown any more.
            "commit merger 0 pusher ?",
            "commit merger 1 pusher ?",
            "pull_request_merged author 1 author 300",
        ]
    );
    // Nothing is unknown any more: nothing is asked.
    let requests = world.github.requests();
    let again = scrape(&repositories, &services, enriching).await;
    assert_eq!((again[0].report.merges, again[0].report.pushes), (0, 0));
    assert_eq!(
        world.github.requests(),
        requests + 2,
        "the name and the feed"
    );
}

/// Reads a repository, and asks for what is unknown of it.
async fn enrich(services: &ScrapeServices) -> ScrapedRepository {
    let repositories = [wanted("octo/hello")];
    let enriching = ScrapeOptions {
        enrich: true,
        ..ScrapeOptions::default()
    };
    scrape(&repositories, services, enriching).await.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_gone_holds_nothing_up() {
    let world = World::start().await;
    let mut feed = trimmed_feed();
    feed.reverse();
    // A branch that was new, and was rewritten since.
    feed[0]["payload"]["before"] = json!("0".repeat(40));
    world.github.set_repository(7, "octo/hello", feed);
    resolve_unknowns(&world.github);
    let services = world.asking();
    let scraped = enrich(&services).await;
    assert_eq!(error_of(&scraped), "");
    let report = &scraped.report;
    assert_eq!((report.merges, report.pushes, report.gone), (1, 0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_github_fails_on_holds_nothing_else_up_and_is_asked_for_again() {
    let world = World::start().await;
    let mut feed = trimmed_feed();
    feed.reverse();
    world.github.set_repository(7, "octo/hello", feed);
    resolve_unknowns(&world.github);
    let services = world.asking();
    // The name and the feed are answered; the commits of the push are not, however
    // often they are asked for.
    world.github.fail(2, 4, Fault::BadGateway);
    let first = enrich(&services).await;
    assert!(error_of(&first).contains("502"), "{}", error_of(&first));
    assert_eq!((first.report.merges, first.report.pushes), (1, 0));
    let second = enrich(&services).await;
    assert_eq!(error_of(&second), "");
    assert_eq!((second.report.merges, second.report.pushes), (0, 1));
}

const MERGES: u64 = 120;

/// A repository with merges of which nothing is known; one of them by a bot,
/// and one that is gone meanwhile.
fn set_unknown_merges(github: &Github) {
    let event = |number: u64| {
        json!({
            "id": number.to_string(), "type": "PullRequestEvent",
            "created_at": "2026-06-01T15:00:00Z", "actor": { "id": 1, "login": "merger" },
            "repo": { "id": 7, "name": "octo/hello" },
            "payload": {
                "action": "merged", "number": number,
                "pull_request": { "id": 900 + number, "number": number, "url": "" },
            },
        })
    };
    github.set_repository(7, "octo/hello", (1..=MERGES).rev().map(event).collect());
    for number in (1..=MERGES).filter(|number| *number != 60) {
        let author = if number == 61 {
            json!({ "id": 5, "login": "robot[bot]", "type": "Bot" })
        } else {
            json!({ "id": 10 + number, "login": format!("author{number}"), "type": "User" })
        };
        let object = json!({
            "id": 900 + number, "number": number, "merged": true, "user": author,
            "merged_by": { "id": 1, "login": "merger", "type": "User" },
            "additions": number, "deletions": 20, "created_at": "2026-05-30T10:00:00Z",
            "closed_at": "2026-06-01T15:00:00Z", "merged_at": "2026-06-01T15:00:00Z",
            "merge_commit_sha": format!("{number:040x}"),
        });
        github.set_object(7, &format!("pulls/{number}"), object);
    }
}

/// Asks for the unknown merges with tokens; the read models, and how many
/// queries and requests for pull requests it took.
async fn resolved(
    tokens: &[&str],
    most_queried: usize,
) -> (BTreeMap<String, Vec<String>>, (u64, u64)) {
    let world = World::start().await;
    set_unknown_merges(&world.github);
    world.github.set_most_queried(most_queried);
    let services = world.services(world.github.client(tokens).unwrap());
    let enriching = ScrapeOptions {
        enrich: true,
        ..ScrapeOptions::default()
    };
    let scraped = scrape(&[wanted("octo/hello")], &services, enriching).await;
    assert_eq!(error_of(&scraped[0]), "");
    let report = &scraped[0].report;
    assert_eq!((report.merges, report.gone), (MERGES - 1, 1));
    (world.read_models().await, world.github.queries_and_pulls())
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_merges_are_asked_for_fifty_at_a_time_and_come_out_the_same() {
    let (by_rest, asked) = resolved(&[], 50).await;
    assert_eq!(asked, (0, MERGES), "without a token there are no queries");
    let credited = by_rest["contribution_events"].iter();
    let credited = credited.filter(|row| row.contains("pull_request_merged"));
    assert_eq!(credited.count(), 120);

    let (by_query, asked) = resolved(&["one"], 50).await;
    assert_eq!(asked, (MERGES.div_ceil(50), 0));
    assert_eq!(by_query, by_rest);

    // Fifty and 25 are too much; 12 are not.
    let (by_query, asked) = resolved(&["one"], 20).await;
    assert_eq!(asked, (2 + MERGES.div_ceil(12), 0));
    assert_eq!(by_query, by_rest);

    let (by_neither, asked) = resolved(&["one"], 0).await;
    assert_eq!(asked.1, MERGES, "what no query can be asked for");
    assert_eq!(by_neither, by_rest);
}

#[tokio::test(flavor = "multi_thread")]
async fn spent_budgets_end_the_job_and_it_goes_on_when_they_are_back() {
    let world = World::start().await;
    let names: Vec<Wanted> = (1..=4).map(|n| wanted(&format!("octo/r{n}"))).collect();
    for number in 1..=4_u64 {
        let event = json!({
            "id": number.to_string(), "type": "WatchEvent", "payload": { "action": "started" },
            "actor": { "id": 100 + number, "login": format!("fan{number}") },
            "repo": { "id": number, "name": format!("octo/r{number}") },
            "created_at": "2026-06-01T15:00:00Z",
        });
        world
            .github
            .set_repository(number, &format!("octo/r{number}"), vec![event]);
    }
    // Two repositories take four requests: the budgets of both good tokens.
    world.github.set_budget(2);
    let services = world.services(world.github.client(&["one", "revoked", "two"]).unwrap());
    let scraped = scrape(&names, &services, ScrapeOptions::default()).await;
    assert_eq!(scraped.len(), 3, "the job ends with the budgets");
    let error = error_of(&scraped[2]);
    assert!(
        error.contains("spent until 2026-06-01 17:00:00 UTC"),
        "{error}"
    );
    let before = scrape(&names[2..], &services, ScrapeOptions::default()).await;
    assert!(before[0].error.is_some(), "nothing is asked before that");

    world.github.set_time(start_of_test() + TimeDelta::hours(1));
    let scraped = scrape(&names[2..], &services, ScrapeOptions::default()).await;
    assert!(scraped.iter().all(|one| one.error.is_none()), "{scraped:?}");
    let stars = world
        .ask("SELECT semantic_key FROM contribution_events ORDER BY 1")
        .await;
    assert_eq!(
        stars,
        ["star:1:101", "star:2:102", "star:3:103", "star:4:104"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_without_a_budget_are_waited_out() {
    let world = World::start().await;
    world.github.set_repository(7, "octo/hello", trimmed_feed());
    let services = world.asking();
    let repositories = [wanted("octo/hello")];
    let read = || scrape(&repositories, &services, ScrapeOptions::default());
    world
        .github
        .fail(0, 1, Fault::SecondaryLimit { retry_after: 90 });
    assert!(error_of(&read().await[0]).contains("2026-06-01 16:01:30 UTC"));
    world
        .github
        .set_time(start_of_test() + TimeDelta::seconds(90));
    world.github.fail(0, 1, Fault::TooMany);
    assert!(error_of(&read().await[0]).contains("2026-06-01 16:02:30 UTC"));
    world
        .github
        .set_time(start_of_test() + TimeDelta::seconds(150));
    assert_eq!(error_of(&read().await[0]), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_half_way_is_read_again_and_nothing_is_lost() {
    let test = "what_fails_half_way_is_read_again_and_nothing_is_lost";
    let Some(path) = real_data(test, "sample/2017-07-24_25-kubernetes.ndjson.gz") else {
        return;
    };
    let (id, name, documents) = busiest(&path, 250);
    let undisturbed = World::start().await;
    publish(&undisturbed.log, &events_of(&documents).unwrap(), 1_000)
        .await
        .unwrap();
    let world = World::start().await;
    world.github.set_repository(id, &name, feed(&documents));
    let services = world.asking();
    let known = [Wanted {
        id: Some(id),
        ..wanted(&name)
    }];
    // The name and a page are answered, then GitHub is away; tried again, it
    // is left alone after five failures.
    world.github.fail(2, 5, Fault::BadGateway);
    let first = scrape(&known, &services, ScrapeOptions::default()).await;
    assert!(
        error_of(&first[0]).contains("502"),
        "{}",
        error_of(&first[0])
    );
    let second = scrape(&known, &services, ScrapeOptions::default()).await;
    assert!(
        error_of(&second[0]).contains("left alone"),
        "{}",
        error_of(&second[0])
    );
    world
        .github
        .set_time(start_of_test() + TimeDelta::minutes(2));
    let third = scrape(&known, &services, ScrapeOptions::default()).await;
    assert_eq!(error_of(&third[0]), "");
    assert_eq!(
        third[0].report.events,
        Some(250),
        "the page is answered anew"
    );
    assert_eq!(world.read_models().await, undisturbed.read_models().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_repository_is_found_and_a_gap_is_noted() {
    let world = World::start().await;
    let star = |number: i64| {
        let at = start_of_test() + TimeDelta::seconds(number);
        json!({
            "id": number.to_string(), "type": "WatchEvent", "payload": { "action": "started" },
            "actor": { "id": 1_000 + number, "login": format!("fan{number}") },
            "repo": { "id": 7, "name": "octo/hello" }, "created_at": at,
        })
    };
    let stars = |numbers: std::ops::Range<i64>| numbers.rev().map(star).collect::<Vec<_>>();
    world.github.set_repository(7, "octo/hello", stars(0..300));
    world.github.rename(7, "octo/world");
    let services = world.asking();
    let repositories = [wanted("octo/hello")];
    let scraped = scrape(&repositories, &services, ScrapeOptions::default()).await;
    let found = scraped[0].found.clone().unwrap();
    assert_eq!((found.id, found.name.as_str()), (Some(7), "octo/world"));
    assert!(!scraped[0].report.gap);

    world
        .github
        .set_repository(7, "octo/world", stars(250..550));
    let overlapping = scrape(
        std::slice::from_ref(&found),
        &services,
        ScrapeOptions::default(),
    );
    assert!(!overlapping.await[0].report.gap);
    world
        .github
        .set_repository(7, "octo/world", stars(700..1_000));
    let late = scrape(&[found], &services, ScrapeOptions::default()).await;
    assert!(late[0].report.gap);
    let units = "SELECT unit || ' ' || whole FROM coverage_units WHERE source = 'api' ORDER BY 1";
    let units = world.ask(units).await;
    assert_eq!(
        units,
        [
            "octo/world events 2026-06-01T16:00:00Z..2026-06-01T16:04:59Z false",
            "octo/world events 2026-06-01T16:04:10Z..2026-06-01T16:09:09Z true",
            "octo/world events 2026-06-01T16:11:40Z..2026-06-01T16:16:39Z false",
            "octo/world gap 2026-06-01T16:09:09Z..2026-06-01T16:11:40Z false",
        ]
    );
    let names = "SELECT name FROM repositories ORDER BY 1";
    assert_eq!(world.ask(names).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn issues_and_pull_requests_updated_since_are_contributions() {
    let world = World::start().await;
    world.github.set_repository(7, "octo/hello", Vec::new());
    resolve_unknowns(&world.github);
    let account = |id: u64, login: &str| json!({ "id": id, "login": login, "type": "User" });
    world.github.set_issues(
        7,
        vec![
            json!({
                "id": 50, "number": 11, "user": account(5, "reporter"), "state": "closed",
                "created_at": "2026-05-20T00:00:00Z", "updated_at": "2026-05-31T00:00:00Z",
                "closed_at": "2026-05-31T00:00:00Z", "closed_by": account(6, "fixer"),
            }),
            json!({
                "id": 51, "number": 12, "user": account(2, "author"), "state": "closed",
                "created_at": "2026-05-30T10:00:00Z", "updated_at": "2026-06-01T15:00:00Z",
                "closed_at": "2026-06-01T15:00:00Z",
                "pull_request": { "merged_at": "2026-06-01T15:00:00Z" },
            }),
            json!({
                "id": 49, "number": 10, "user": account(5, "reporter"), "state": "open",
                "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
            }),
        ],
    );
    let services = world.asking();
    let options = ScrapeOptions {
        since: Some("2026-05-25T00:00:00Z".parse().unwrap()),
        enrich: false,
    };
    let scraped = scrape(&[wanted("octo/hello")], &services, options).await;
    assert_eq!(error_of(&scraped[0]), "");
    assert_eq!((scraped[0].report.issues, scraped[0].report.merges), (2, 1));
    let counted = "SELECT semantic_key || ' ' || contributor FROM contribution_events ORDER BY 1";
    assert_eq!(
        world.ask(counted).await,
        [
            "issue_closed:7:11:2026-05-31T00:00:00Z 6",
            "issue_opened:7:11 5",
            "pull_request_merged:7:12 2",
            "pull_request_opened:7:12 2",
        ]
    );
}

/// A hundred and thirty issues that were updated at one instant, and one later.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_updated_at_one_instant_ends_no_sweep() {
    let world = World::start().await;
    world.github.set_repository(7, "octo/hello", Vec::new());
    let issue = |number: u64| {
        let minute = if number > 130 { 5 } else { 0 };
        json!({
            "id": 1_000 + number, "number": number, "state": "open",
            "user": { "id": 5, "login": "reporter", "type": "User" },
            "created_at": "2026-05-20T00:00:00Z",
            "updated_at": format!("2026-05-31T00:{minute:02}:00Z"),
        })
    };
    world.github.set_issues(7, (1..=131).map(issue).collect());
    let services = world.asking();
    let options = ScrapeOptions {
        since: Some("2026-05-31T00:00:00Z".parse().unwrap()),
        enrich: false,
    };
    let scraped = scrape(&[wanted("octo/hello")], &services, options).await;
    assert_eq!(error_of(&scraped[0]), "");
    let counted = "SELECT count(*)::text FROM contribution_events WHERE kind = 'issue_opened'";
    assert_eq!(world.ask(counted).await, ["131"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_set_a_branch_back_counts_no_more_and_is_asked_for_once() {
    let world = World::start().await;
    let push = trimmed_feed().remove(1);
    world.github.set_repository(7, "octo/hello", vec![push]);
    let services = world.asking();
    let enriching = ScrapeOptions {
        enrich: true,
        ..ScrapeOptions::default()
    };
    let repositories = [wanted("octo/hello")];
    scrape(&repositories, &services, ScrapeOptions::default()).await;
    let counted = "SELECT counted::text FROM contribution_events";
    assert_eq!(world.ask(counted).await, ["1"]);
    let path = format!("compare/{}...{}", "a".repeat(40), "c".repeat(40));
    let behind = json!({ "status": "behind", "commits": [] });
    world.github.set_object(7, &path, behind);
    let scraped = scrape(&repositories, &services, enriching).await;
    assert_eq!(error_of(&scraped[0]), "");
    assert_eq!(scraped[0].report.pushes, 1);
    assert_eq!(world.ask(counted).await, ["0"]);
    // Under another name everything is looked at again, and this is known.
    world.github.rename(7, "octo/world");
    let again = scrape(&repositories, &services, enriching).await;
    assert_eq!(error_of(&again[0]), "");
    assert_eq!(again[0].report.pushes, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_under_a_former_name_is_asked_for() {
    let world = World::start().await;
    world.github.set_repository(7, "octo/hello", trimmed_feed());
    let services = world.asking();
    scrape(&[wanted("octo/hello")], &services, ScrapeOptions::default()).await;
    resolve_unknowns(&world.github);
    world.github.rename(7, "octo/world");
    let enriching = ScrapeOptions {
        enrich: true,
        ..ScrapeOptions::default()
    };
    let scraped = scrape(&[wanted("octo/hello")], &services, enriching).await;
    assert_eq!(error_of(&scraped[0]), "");
    let report = &scraped[0].report;
    assert_eq!((report.merges, report.pushes), (1, 1));
}
