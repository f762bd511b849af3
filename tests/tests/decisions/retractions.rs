//! What was recorded in error.

use std::process::Output;

use domain::contribution_id;
use events::{Event, RepositorySighting};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::stage::Stage;

const GLOBAL: &str = "/api/v1/leaderboards/global";

/// What was decided is no part of what it brings about.
async fn rows_but_decisions(stage: &Stage) -> Vec<(String, Vec<String>)> {
    let rows = stage.rows().await.into_iter();
    rows.filter(|(table, _)| table != "retraction_decisions")
        .collect()
}

async fn explained(stage: &Stage, login: &str, kind: &str) -> Value {
    let path = format!("/api/v1/contributors/{login}/explain?kind={kind}&limit=1");
    stage.get(&path).await
}

/// A merge that counts for somebody, as the explanation has it, and whom.
async fn a_merge(stage: &Stage) -> (String, Value) {
    let mut found = None;
    for (login, _) in stage.board(GLOBAL).await {
        let explained = explained(stage, &login, "pull_request_merged").await;
        let merge = explained["contributions"][0].clone();
        if found.is_none() && merge.is_object() {
            found = Some((login, merge));
        }
    }
    found.unwrap()
}

async fn score_of(stage: &Stage, login: &str) -> i64 {
    let board = stage.board(GLOBAL).await;
    let found = board.iter().find(|(other, _)| other == login);
    found.map_or(0, |(_, score)| *score)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contribution_counts_no_more_and_again() {
    let stage = Stage::start().await;
    stage.record(&stage.events).await;
    let (login, merge) = a_merge(&stage).await;
    let before = score_of(&stage, &login).await;
    let rows = rows_but_decisions(&stage).await;
    let text = |field: &str| merge[field].as_str().unwrap().to_owned();
    let id = text("id");
    let command = json!({
        "key": merge["semantic_key"], "repository": merge["repository"], "reason": "a <test>",
    });
    let retract = format!("/api/v1/contributions/{id}/retract");
    let (status, answer) = stage.decide(Method::POST, &retract, &command).await;
    assert_eq!(
        (status, &answer["changed"]),
        (StatusCode::OK, &json!(true)),
        "{answer}"
    );
    let (_, again) = stage.decide(Method::POST, &retract, &command).await;
    assert_eq!(
        (&again["retracted"], &again["changed"]),
        (&json!(true), &json!(false))
    );

    assert!(score_of(&stage, &login).await < before);
    let listed = explained(&stage, &login, "pull_request_merged").await;
    assert_eq!(listed["meta"]["totals"]["agrees"], true, "{listed}");
    assert_ne!(listed["contributions"][0]["id"], id.as_str());
    let told = &listed["retracted"][0];
    assert_eq!(
        (&told["id"], &told["actor"]),
        (&json!(id), &json!("ann")),
        "{listed}"
    );
    let (_, page) = stage.page(&format!("/contributors/{login}")).await;
    assert!(page.contains("What counts no more") && page.contains("a &#60;test&#62;"));
    let shown = stage.get(&format!("/api/v1/contributions/{id}")).await;
    assert_eq!(shown["contribution"]["counted"], 0);
    assert_eq!(shown["contribution"]["retraction"]["reason"], "a <test>");
    assert!(text_of(&shown["contribution"]["because"]).starts_with("it was retracted by ann on"));

    // Whatever source sees it again.
    stage.record(&seen_again(&stage, &id)).await;
    assert!(score_of(&stage, &login).await < before);

    let reinstate = format!("/api/v1/contributions/{id}/reinstate");
    let (status, answer) = stage.decide(Method::POST, &reinstate, &command).await;
    assert_eq!(
        (status, &answer["changed"]),
        (StatusCode::OK, &json!(true)),
        "{answer}"
    );
    assert_eq!(score_of(&stage, &login).await, before);
    let shown = stage.get(&format!("/api/v1/contributions/{id}")).await;
    assert!(shown["contribution"]["retraction"].is_null(), "{shown}");
    let decided = shown["decisions"].as_array().unwrap().iter();
    let decided: Vec<&Value> = decided.map(|one| &one["retracted"]).collect();
    assert_eq!(decided, [&json!(false), &json!(true)]);
    let counts = |rows: Vec<(String, Vec<String>)>| {
        let rows = rows.into_iter();
        rows.filter(|(table, _)| table != "contribution_events")
            .collect::<Vec<_>>()
    };
    // But for the place where it was seen again.
    assert_eq!(counts(rows_but_decisions(&stage).await), counts(rows));

    let audit = stage
        .get(&format!("/api/v1/audit?subject={id}&actor=ann"))
        .await;
    let what: Vec<&str> = audit["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| text_of(&entry["what"]))
        .collect();
    assert_eq!(what, ["contribution.reinstated", "contribution.retracted"]);
    let of_kind = stage
        .get("/api/v1/audit?what=contribution.retracted&limit=1")
        .await;
    assert_eq!(
        of_kind["entries"][0]["detail"]["key"],
        merge["semantic_key"]
    );
}

/// The same contribution as another place tells it.
fn seen_again(stage: &Stage, id: &str) -> Vec<events::Envelope> {
    let again = stage
        .events
        .iter()
        .filter_map(|envelope| match &envelope.event {
            Event::ContributionRecorded(recorded) if recorded.contribution.to_string() == id => {
                let mut recorded = recorded.clone();
                recorded.source.reference = "elsewhere.json.gz:1".to_owned();
                let event = Event::ContributionRecorded(recorded);
                Some(events::Envelope::wrap("/scraper/archive", event).unwrap())
            }
            _ => None,
        });
    let again: Vec<_> = again.collect();
    assert!(!again.is_empty());
    again
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_wrongly_or_not_explained_is_not_decided() {
    let stage = Stage::start().await;
    stage.record(&stage.events).await;
    let (_, merge) = a_merge(&stage).await;
    let id = text_of(&merge["id"]);
    let retract = format!("/api/v1/contributions/{id}/retract");
    let command = |field: &str, value: Value| {
        let mut command = json!({
            "key": merge["semantic_key"], "repository": merge["repository"], "reason": "why",
        });
        command[field] = value;
        command
    };
    for (path, command, said) in [
        (retract.as_str(), command("reason", json!(" ")), "say why"),
        (
            retract.as_str(),
            command("key", json!("comment:7")),
            "another one's",
        ),
        (
            retract.as_str(),
            command("repository", json!("nothing")),
            "no such contribution",
        ),
        (
            "/api/v1/contributions/7/retract",
            command("reason", json!("why")),
            "no id",
        ),
    ] {
        let (status, answer) = stage.decide(Method::POST, path, &command).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{answer}");
        assert!(answer.to_string().contains(said), "{said}: {answer}");
    }
    // What has a number in all of GitHub is one contribution, by id or by name.
    let comment = stage
        .events
        .iter()
        .find_map(|envelope| match &envelope.event {
            Event::ContributionRecorded(recorded) => {
                let number = recorded.key.strip_prefix("comment:")?;
                Some((recorded.repository.name.clone()?, number.to_owned()))
            }
            _ => None,
        });
    let (repository, number) = comment.unwrap();
    let address = format!("https://github.com/{repository}/issues/1%23issuecomment-{number}");
    let found = stage
        .get(&format!("/api/v1/contributions?url={address}"))
        .await;
    let found = found["contributions"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    let unknown = "/api/v1/contributions?url=https://github.com/no/where/pull/1";
    let (status, _) = stage.ask(Method::GET, unknown, &Value::Null).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    for path in ["contributions?url=nonsense", "contributions/7"] {
        let (status, _) = stage
            .ask(Method::GET, &format!("/api/v1/{path}"), &Value::Null)
            .await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(stage.get("/api/v1/audit").await["entries"], json!([]));
}

/// An archive that knows a repository by its name only told of a contribution,
/// and that was retracted; later it turns out which id the name stands for.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_retracted_under_a_name_stays_so_under_the_id() {
    let stage = Stage::start().await;
    let (by_name, by_id) = under_a_name(&stage);
    let [key, name] = [
        &by_name.key,
        by_name.repository.name.as_ref().unwrap().as_str(),
    ];
    stage.record(&[wrap(&by_name)]).await;
    let command = json!({ "key": key, "repository": name, "reason": "an error" });
    let retract = format!("/api/v1/contributions/{}/retract", by_name.contribution);
    let (status, answer) = stage.decide(Method::POST, &retract, &command).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    stage.record(&[wrap(&by_id)]).await;
    let found = stage
        .get(&format!("/api/v1/contributions/{}", by_id.contribution))
        .await;
    assert_eq!(found["contribution"]["counted"], 0, "{found}");
    assert_eq!(found["contribution"]["retraction"]["reason"], "an error");

    // It is given back under the id, by whoever sees it under that.
    let command = json!({ "key": by_id.key, "repository": name, "reason": "none" });
    let reinstate = format!("/api/v1/contributions/{}/reinstate", by_id.contribution);
    let (_, answer) = stage.decide(Method::POST, &reinstate, &command).await;
    assert_eq!(answer["changed"], true, "{answer}");
    let found = stage
        .get(&format!("/api/v1/contributions/{}", by_id.contribution))
        .await;
    assert_eq!(found["contribution"]["counted"], 1, "{found}");
}

/// A merge as sources tell it that know its repository by name and by id.
fn under_a_name(stage: &Stage) -> (events::ContributionRecorded, events::ContributionRecorded) {
    let merges = stage
        .events
        .iter()
        .find_map(|envelope| match &envelope.event {
            Event::ContributionRecorded(recorded)
                if recorded.key.starts_with("pull_request_opened:")
                    && recorded.repository.id.is_some() =>
            {
                Some(recorded.clone())
            }
            _ => None,
        });
    let by_id = merges.unwrap();
    let name = by_id.repository.name.clone();
    let repository = RepositorySighting { id: None, name };
    let (own, other) = (
        by_id.repository.reference().unwrap(),
        repository.reference().unwrap(),
    );
    let key = by_id
        .key
        .replacen(&format!(":{own}:"), &format!(":{other}:"), 1);
    let mut by_name = by_id.clone();
    by_name.contribution = contribution_id(&key);
    by_name.key = key;
    by_name.repository = repository;
    (by_name, by_id)
}

fn wrap(recorded: &events::ContributionRecorded) -> events::Envelope {
    let event = Event::ContributionRecorded(recorded.clone());
    events::Envelope::wrap("/scraper/archive", event).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_finds_what_an_address_shows() {
    let stage = Stage::start().await;
    stage.record(&stage.events).await;
    let (opened, merged, url) = opened_and_merged(&stage).await;
    let several = run(&stage, &["retract", &url, "--reason", "an error"]);
    let said = String::from_utf8_lossy(&several.stderr);
    assert!(!several.status.success(), "{said}");
    assert!(
        said.contains("--kind pull_request_opened") && said.contains(&opened),
        "{said}"
    );

    let chosen = [
        "--kind",
        "pull_request_merged",
        "--reason",
        "an error",
        "--json",
    ];
    let made = outcome(&run(&stage, &[&["retract", &url][..], &chosen].concat()));
    assert_eq!(
        (&made["contribution"], &made["changed"]),
        (&json!(merged), &json!(true))
    );
    stage.settle().await;
    let again = outcome(&run(&stage, &[&["retract", &url][..], &chosen].concat()));
    assert_eq!(again["changed"], false);
    let back = [
        "reinstate",
        &merged,
        "--reason",
        "no error",
        "--actor",
        "bob",
        "--json",
    ];
    assert_eq!(outcome(&run(&stage, &back))["changed"], true);
    stage.settle().await;
    let found = stage.get(&format!("/api/v1/contributions/{merged}")).await;
    assert_eq!(found["decisions"][0]["actor"], "bob", "{found}");
    assert_eq!(found["decisions"][1]["actor"], "operator", "{found}");
    let unexplained = run(&stage, &["retract", &merged, "--reason", ""]);
    assert!(String::from_utf8_lossy(&unexplained.stderr).contains("say why"));
}

/// A pull request of which both is known, and its address.
async fn opened_and_merged(stage: &Stage) -> (String, String, String) {
    let mut found = None;
    let events = stage.events.iter().map(|envelope| &envelope.event);
    let merged = events.filter_map(|event| match event {
        Event::ContributionRecorded(recorded) => Some(recorded),
        _ => None,
    });
    for merged in merged.filter(|recorded| recorded.key.starts_with("pull_request_merged:")) {
        let id = merged.contribution.to_string();
        let shown = stage.get(&format!("/api/v1/contributions/{id}")).await;
        let url = text_of(&shown["contribution"]["github_url"]).to_owned();
        let both = stage.get(&format!("/api/v1/contributions?url={url}")).await;
        let mut both = both["contributions"].as_array().unwrap().iter();
        if let Some(opened) = both.find(|one| one["kind"] == "pull_request_opened") {
            found = Some((text_of(&opened["id"]).to_owned(), id, url));
            break;
        }
    }
    found.unwrap()
}

fn run(stage: &Stage, arguments: &[&str]) -> Output {
    let mut command = std::process::Command::new(tests::program().unwrap());
    command.args(["--api", &stage.answers, "--nats-url", &stage.nats]);
    command.env_remove("LEADERBOARD_ACTOR").args(arguments);
    command.output().unwrap()
}

fn outcome(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap()
}
