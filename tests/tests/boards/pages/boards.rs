//! What pages of boards say, and where they lead.

use chrono::DateTime;
use decisions::counting::set_affiliations;
use domain::{AccountReference, Affiliation};
use query_api::Settings;
use serde_json::Value;
use tests::{events_of, generated_documents};

use super::{author, holds, page};
use crate::ranks::busiest_repository;
use crate::world::World;

async fn world() -> World {
    let mut world = World::start("2024-03-01T12:00:00Z", Settings::default()).await;
    let events = events_of(&generated_documents(6, 900).unwrap()).unwrap();
    world.tell(&events).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_board_says_so_of_every_class() {
    let world = world().await;
    for (class, nobody, nothing) in [
        ("human", "Nobody is on this board", "People have no"),
        ("bot", "No bot is on this board", "Bots have no"),
        ("agent", "No AI agent is on this board", "AI agents have no"),
        ("everyone", "Nobody is on this board", "Nobody has any"),
    ] {
        let scores = page(&world, &format!("/?period=2011&class={class}")).await;
        let points = format!("{nothing} points here in this period (2011)");
        holds(&scores, &[nobody, &points]);
        let kind = page(&world, &format!("/?period=2011&class={class}&kind=fork")).await;
        holds(
            &kind,
            &[&format!("{nothing} contributions of this kind here")],
        );
        let image = format!("/embed/board.svg?period=2011&class={class}");
        let (_, image) = world.text(&image).await;
        assert!(image.contains(nobody), "{image}");
    }
    let agents = page(&world, "/?period=2011&class=agent").await;
    holds(&agents, &["points that can be checked: AI agents, 2011."]);

    // After the last place there is nobody either, but there were others before.
    let mut cursor = String::new();
    loop {
        let next = match cursor.as_str() {
            "" => "/api/v1/leaderboards/global?limit=200".to_owned(),
            cursor => format!("/api/v1/leaderboards/global?limit=200&cursor={cursor}"),
        };
        match world.get(&next).await["meta"]["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    assert!(!cursor.is_empty());
    let ending = page(&world, &format!("/?cursor={cursor}")).await;
    assert!(!ending.contains("The board ends here"), "{ending}");
    let end = page(&world, &format!("/?cursor={cursor}&class=agent")).await;
    holds(
        &end,
        &[
            "after this place",
            "The board ends here: <a href=\"/?class=agent\">",
        ],
    );
    assert!(!end.contains("have no points"), "{end}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_of_a_company_in_a_repository_names_both() {
    let world = world().await;
    let (_, name) = busiest_repository(&world).await;
    let path = format!("/api/v1/leaderboards/repositories/{name}?class=everyone&limit=1");
    let board = world.get(&path).await;
    let account = board["leaderboard"][0]["account"].as_str().unwrap();
    let account = AccountReference::from_stored(account.to_owned());
    let affiliation = Affiliation {
        from: None,
        until: None,
        company: "Octo Inc.".to_owned(),
    };
    let author = author("a test", DateTime::UNIX_EPOCH);
    let set = set_affiliations(world.log(), &account, vec![affiliation], &author);
    set.await.unwrap();
    world.project().await;
    let query = "company=Octo%20Inc.&class=everyone";
    world
        .until("the company is known", async || {
            world.text(&format!("/?{query}")).await.0.is_success()
        })
        .await;
    let everywhere = page(&world, &format!("/?{query}")).await;
    holds(&everywhere, &[">Company</p>", "<h1>Octo Inc.</h1>"]);
    let owner = name.split('/').next().unwrap();
    for (path, eyebrow, within) in [
        (
            format!("/repositories/{name}"),
            "Company in a repository",
            name.as_str(),
        ),
        (
            format!("/organizations/{owner}"),
            "Company in an organization",
            owner,
        ),
    ] {
        let shown = page(&world, &format!("{path}?{query}")).await;
        let heading = format!("<h1>Octo Inc. in {within}</h1>");
        let title = format!("<title>Octo Inc. in {within} · All time");
        holds(&shown, &[&heading, &title, eyebrow]);
        let empty = page(&world, &format!("{path}?{query}&period=2011")).await;
        holds(
            &empty,
            &["Nobody has any points for Octo Inc. here in this period"],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn places_of_a_board_can_be_marked_and_compared() {
    let world = world().await;
    let board = world
        .get("/api/v1/leaderboards/global?period=2024-02&limit=7")
        .await;
    let entries: Vec<Value> = board["leaderboard"].as_array().unwrap().clone();
    let logins: Vec<&str> = entries
        .iter()
        .map(|entry| entry["login"].as_str().unwrap())
        .collect();
    let shown = page(&world, "/?period=2024-02&kind=comment").await;
    holds(
        &shown,
        &[
            "<form class=\"choosing\" action=\"/compare\" method=\"get\">",
            "<input type=\"hidden\" name=\"period\" value=\"2024-02\">",
            "<input type=\"hidden\" name=\"kind\" value=\"comment\">",
        ],
    );
    let scores = page(&world, "/?period=2024-02").await;
    for login in &logins {
        let mark = format!("<input type=\"checkbox\" name=\"name\" value=\"{login}\"");
        holds(&scores, &[&mark]);
    }
    // What the form sends of the first seven.
    let names: Vec<String> = logins.iter().map(|login| format!("name={login}")).collect();
    let sent = format!("/compare?period=2024-02&{}", names.join("&"));
    let compared = page(&world, &sent).await;
    let left_out = format!(
        "Five are compared at most. Left out: {}, {}.",
        logins[5], logins[6]
    );
    holds(&compared, &[logins[0], logins[4], &left_out]);

    let (_, name) = busiest_repository(&world).await;
    let repository = page(&world, &format!("/repositories/{name}")).await;
    let link = format!("/compare/repositories?name={}", name.replace('/', "%2F"));
    holds(&repository, &[&link, "Compare with others"]);
    holds(&page(&world, &link).await, &[&name, "Name a second one"]);
}
