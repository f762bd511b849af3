//! Which pages are looked at. A page that is added has its line here.

use serde_json::Value;
use tests::System;

/// Pages by name: with `{login}`, `{repository}` and `{owner}` of who leads the
/// board, and `{second}` and `{third}` of who follows.
pub(crate) const PAGES: &[(&str, &str)] = &[
    ("board", "/?class=everyone"),
    (
        "board-of-a-kind",
        "/?kind=pull_request_merged&period={month}&class=everyone",
    ),
    ("board-empty", "/?period=2012"),
    ("repository", "/repositories/{repository}?class=everyone"),
    ("organization", "/organizations/{owner}?class=everyone"),
    ("group", "/groups/web?class=everyone"),
    ("companies", "/companies?class=everyone"),
    (
        "repository-companies",
        "/repositories/{repository}/companies?class=everyone",
    ),
    ("company", "/?company=Octo%20Works&class=everyone"),
    ("contributor", "/contributors/{login}"),
    ("why", "/contributors/{login}/why"),
    (
        "compare",
        "/compare?name={login}&name={second}&name={third}",
    ),
    ("compare-one", "/compare?name={login}"),
    (
        "compare-repositories",
        "/compare/repositories?name={repository}",
    ),
    ("compare-empty", "/compare"),
    ("what-if", "/what-if"),
    ("decisions", "/decisions"),
    ("disputes", "/disputes"),
    ("operations", "/operations"),
    ("costs", "/costs"),
    ("runbook", "/runbook"),
    ("docs", "/docs"),
    ("docs-commands", "/docs/commands"),
    ("docs-events", "/docs/events"),
    ("search", "/search?q={owner}"),
    ("search-empty", "/search"),
    ("coverage", "/coverage"),
    ("dead-letters", "/dead-letters"),
    ("about", "/about"),
    ("not-found", "/nowhere"),
    ("refused", "/?period=yesterday"),
];

/// What stands in the place of names in templates.
pub(crate) struct Places([(&'static str, String); 6]);

impl Places {
    /// Whoever leads the board, and where.
    pub(crate) async fn of(system: &System) -> Self {
        let client = reqwest::Client::new();
        let get = async |path: &str| -> Value {
            let asked = client.get(format!("{}/api/v1/{path}", system.api));
            asked.send().await.unwrap().json().await.unwrap()
        };
        let board = get("leaderboards/global?class=everyone&limit=3").await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let [login, second, third] =
            [0, 1, 2].map(|place| text(&board["leaderboard"][place]["login"]));
        let profile = get(&format!("contributors/{login}?class=everyone")).await;
        let repository = text(&profile["contributor"]["repositories"][0]["name"]);
        let owner = repository.split('/').next().unwrap().to_owned();
        let first = text(&board["meta"]["coverage"]["first_hour"]);
        let define = ["group", "define", "web", &repository, "--actor", "ann"];
        system.run(&define).unwrap();
        let affiliate = ["account", "affiliate", &login, "Octo Works"];
        system.run(&affiliate).unwrap();
        system
            .run(&["job", "run", "vacuum", "--wait", "--actor", "ann"])
            .unwrap();
        Self([
            ("{login}", login),
            ("{second}", second),
            ("{third}", third),
            ("{repository}", repository),
            ("{owner}", owner),
            ("{month}", first[..7].to_owned()),
        ])
    }

    /// An address of the template's form.
    pub(crate) fn fill(&self, template: &str) -> String {
        let places = self.0.iter();
        places.fold(template.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
    }
}
