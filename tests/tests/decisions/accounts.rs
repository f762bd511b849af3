//! Who is who.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_whose_reason_cannot_be_stored_counts_all_the_same() {
    let stage = Stage::start().await;
    stage.record(&stage.events).await;
    let (login, _) = stage.board(GLOBAL).await[0].clone();
    let account = account(&stage, &login).await;
    let decided = events::Event::AccountClassified(events::AccountClassified {
        account: domain::AccountReference::from_stored(account.as_str()),
        class: Some(domain::AccountClass::Bot),
        actor: "ann".to_owned(),
        reason: "be\0cause".to_owned(),
        decided_at: chrono::DateTime::UNIX_EPOCH,
    });
    let envelope = events::Envelope::wrap("/elsewhere", decided).unwrap();
    stage.record(&[envelope]).await;
    let humans = stage.get(&format!("{GLOBAL}?limit=200&class=human")).await;
    let humans = humans["leaderboard"].as_array().unwrap();
    assert!(humans.iter().all(|entry| entry["login"] != login.as_str()));
    let audit = stage.get("/api/v1/audit?what=account.classified").await;
    assert_eq!(audit["entries"][0]["reason"], "be\u{fffd}cause");
}

const GLOBAL: &str = "/api/v1/leaderboards/global";

async fn account(stage: &Stage, login: &str) -> String {
    let profile = stage.get(&format!("/api/v1/contributors/{login}")).await;
    let account = profile["contributor"]["account"].as_str();
    account.unwrap().to_owned()
}

async fn members(stage: &Stage) -> i64 {
    let board = stage.get(&format!("{GLOBAL}?limit=1&class=everyone")).await;
    board["meta"]["members"].as_i64().unwrap()
}

/// What is told of links and decisions is no part of what they bring about.
fn without_links(
    rows: std::collections::BTreeMap<String, Vec<String>>,
) -> Vec<(String, Vec<String>)> {
    let kept = rows
        .into_iter()
        .filter(|(table, _)| table != "account_links");
    kept.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_become_one_person_and_two_again() {
    let stage = Stage::start().await;
    stage.record(&stage.events).await;
    let before = stage.board(GLOBAL).await;
    let members_before = members(&stage).await;
    let rows_before = without_links(stage.rows().await);
    let [(one, score_of_one), (other, score_of_other)] = [before[0].clone(), before[3].clone()];
    let (one_id, other_id) = (account(&stage, &one).await, account(&stage, &other).await);

    let link = format!("/api/v1/accounts/{other_id}/link");
    let command = json!({ "into": one_id, "reason": "the same person" });
    let (status, answer) = stage.decide(Method::PUT, &link, &command).await;
    assert_eq!(
        (status, &answer["changed"]),
        (StatusCode::OK, &json!(true)),
        "{answer}"
    );
    let board = stage.board(GLOBAL).await;
    assert_eq!(members(&stage).await, members_before - 1);
    assert!(board.iter().all(|(login, _)| *login != other));
    let score = board.iter().find(|(login, _)| *login == one).unwrap().1;
    // Caps are shared from then on, so it may be less than the sum.
    assert!(
        score > score_of_one && score <= score_of_one + score_of_other,
        "{score}"
    );
    assert_eq!(
        account(&stage, &other).await,
        one_id,
        "the login leads to the person"
    );
    let explained = stage
        .get(&format!("/api/v1/contributors/{other}/explain?limit=1"))
        .await;
    assert_eq!(explained["meta"]["totals"]["points_thousandths"], score);
    // Who is credited for whom is told where either is looked up.
    let shown = stage.get(&format!("/api/v1/contributors/{other}")).await;
    let linked = &shown["contributor"]["linked_accounts"];
    assert_eq!(
        (&linked[0]["login"], &linked[0]["account"], &linked[1]),
        (&json!(other), &json!(other_id), &Value::Null),
        "{linked}"
    );
    let (_, page) = stage.page(&format!("/contributors/{other}")).await;
    let told = format!(">{other}</a>, too: one person, as was <a href=\"/decisions?");
    assert!(page.contains(&told), "{told} is not in {page}");
    let (_, page) = stage.page("/decisions?what=accounts.linked").await;
    let told = format!("into <a href=\"/contributors/id:{one_id}\">{one}</a>");
    assert!(page.contains(&told), "{told} is not in {page}");

    let backwards = format!("/api/v1/accounts/{one_id}/link");
    let command = json!({ "into": other_id });
    let (status, answer) = stage.decide(Method::PUT, &backwards, &command).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(
        answer["detail"]
            .as_str()
            .unwrap()
            .contains("unlink it first"),
        "{answer}"
    );

    let (status, _) = stage.decide(Method::DELETE, &link, &json!({})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(stage.board(GLOBAL).await, before);
    assert_eq!(without_links(stage.rows().await), rows_before);
    let shown = stage.get(&format!("/api/v1/contributors/{one}")).await;
    assert_eq!(shown["contributor"]["linked_accounts"], json!([]));
    let audit = stage
        .get(&format!("/api/v1/audit?subject={other_id}"))
        .await;
    let what: Vec<&Value> = audit["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["what"])
        .collect();
    assert_eq!(what, ["accounts.unlinked", "accounts.linked"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_person_is_decided_and_undecided() {
    let stage = Stage::start().await;
    // Half of it comes later: what was decided holds for it, too.
    let (early, late) = stage.events.split_at(stage.events.len() / 2);
    stage.record(early).await;
    let people = |rows: &Value| -> Vec<String> {
        let entries = rows["leaderboard"].as_array().unwrap().iter();
        entries
            .map(|entry| entry["login"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = people(&stage.get(&format!("{GLOBAL}?limit=200")).await);
    let (first, second) = (all[0].clone(), all[1].clone());
    let id = account(&stage, &first).await;
    let class = format!("/api/v1/accounts/{id}/class");
    let bot = json!({ "class": "bot", "reason": "it posts by itself" });
    stage.decide(Method::PUT, &class, &bot).await;
    let list = json!({ "class": "agent", "logins": [second.to_uppercase()] });
    stage
        .decide(Method::PUT, "/api/v1/class-lists/agents", &list)
        .await;
    stage.record(late).await;

    let humans = people(&stage.get(&format!("{GLOBAL}?limit=200")).await);
    assert!(!humans.contains(&first) && !humans.contains(&second));
    let bots = people(&stage.get(&format!("{GLOBAL}?limit=200&class=bot")).await);
    assert!(bots.contains(&first));
    let agents = people(&stage.get(&format!("{GLOBAL}?limit=200&class=agent")).await);
    assert!(agents.contains(&second));

    stage.decide(Method::DELETE, &class, &json!({})).await;
    stage
        .decide(Method::DELETE, "/api/v1/class-lists/agents", &json!({}))
        .await;
    let humans = people(&stage.get(&format!("{GLOBAL}?limit=200")).await);
    assert!(humans.contains(&first) && humans.contains(&second));
    tests::check_read_models(&stage.pool, &tests::tally_of(&stage.events))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_want_to_be_shown_is_on_no_board() {
    let stage = Stage::start().await;
    stage.record(&stage.events).await;
    let before = stage.board(GLOBAL).await;
    let (login, others) = (before[0].0.clone(), &before[1..]);
    let class = format!("/api/v1/accounts/{}/class", account(&stage, &login).await);
    let hidden = json!({ "class": "hidden", "reason": "asked for" });
    stage.decide(Method::PUT, &class, &hidden).await;
    assert_eq!(&stage.board(GLOBAL).await[..others.len()], others);
    for path in [
        format!("/api/v1/contributors/{login}"),
        format!("/api/v1/contributors/{login}/explain"),
        format!("{GLOBAL}/ranks/{login}?class=everyone"),
    ] {
        let (status, _) = stage.ask(Method::GET, &path, &Value::Null).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
    let found = stage.get(&format!("/api/v1/search?q={login}")).await;
    assert!(
        !found["results"]
            .to_string()
            .contains(&format!("\"{login}\"")),
        "{found}"
    );
    stage.decide(Method::DELETE, &class, &json!({})).await;
    assert_eq!(stage.board(GLOBAL).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused() {
    let stage = Stage::start().await;
    let refused = [
        ("/api/v1/accounts/octocat/class", json!({ "class": "bot" })),
        ("/api/v1/accounts/7/class", json!({ "class": "robot" })),
        ("/api/v1/accounts/7/link", json!({ "into": "someone" })),
        (
            "/api/v1/class-lists/No Name",
            json!({ "class": "bot", "logins": ["a"] }),
        ),
        (
            "/api/v1/class-lists/ci",
            json!({ "class": "bot", "logins": ["a b"] }),
        ),
        (
            "/api/v1/accounts/7/affiliations",
            json!({ "affiliations": [
                { "company": "A", "from": "2020-01-01" }, { "company": "B" },
            ] }),
        ),
    ];
    for (path, body) in refused {
        let (status, answer) = stage.decide(Method::PUT, path, &body).await;
        assert!(status.is_client_error(), "{path}: {status} {answer}");
        assert!(!answer["detail"].as_str().unwrap().is_empty());
    }
    let (status, answer) = stage
        .decide(
            Method::PUT,
            "/api/v1/accounts/7/link",
            &json!({ "into": "7" }),
        )
        .await;
    assert_eq!(status, StatusCode::CONFLICT, "{answer}");
    assert_eq!(stage.get("/api/v1/audit").await["entries"], json!([]));
}
