//! What a running system knows, told to whoever makes requests up: nobody
//! guesses a login. And what a schema cannot say of what is right.

use std::collections::BTreeMap;
use std::time::Duration;

use runtime::{Clock, SystemClock};
use serde_json::{Value, json};
use tests::System;

/// How long what was known at an instant may take to become readable.
const PATIENCE: Duration = Duration::from_secs(120);

/// Periods whose days and weeks are there in each month and year, and none of
/// two days, of which the second must not be before the first.
const PERIOD: &str = "^(all|year|quarter|month|week|day|7d|28d|90d|365d|20\\d{2}(-Q[1-4]\
    |-W(0[1-9]|[1-4]\\d)|-(0[1-9]|1[0-2])(-(0[1-9]|1\\d|2[0-8]))?)?)$";

/// Values of parameters, by name; in a path, or wherever they stand.
pub(crate) struct Known {
    names: BTreeMap<&'static str, String>,
    ids: BTreeMap<&'static str, String>,
    instant: String,
}

impl Known {
    /// Gives a system something of everything, and notes what it is called.
    pub(crate) async fn of(system: &System) -> Self {
        let asked = Asking::new(system);
        let board = asked.get("leaderboards/global?class=everyone").await;
        let login = text(&board["leaderboard"][0]["login"]);
        let profile = asked
            .get(&format!("contributors/{login}?class=everyone"))
            .await;
        let repository = text(&profile["contributor"]["repositories"][0]["name"]);
        for arguments in [
            &["group", "define", "web", repository.as_str()][..],
            &["account", "affiliate", login.as_str(), "Octo Works"],
            &["budget", "set", "--daily", "5", "--monthly", "50"],
            &["job", "run", "vacuum", "--wait"],
            &["dispute", "https://github.com/rails/rails/pull/1"],
        ] {
            system
                .run(&[arguments, &["--actor", "ann"]].concat())
                .unwrap();
        }
        let explained = format!("contributors/{login}/explain?limit=200");
        let explained = asked.get(&explained).await;
        let listed = explained["contributions"].as_array().unwrap().iter();
        let mut pages = listed.map(|one| text(&one["github_url"]));
        let page = pages.find(|url| {
            let path = url.strip_prefix("https://github.com/");
            path.is_some_and(|path| path.contains("/pull/") || path.contains("/commit/"))
        });
        let (owner, name) = repository.split_once('/').unwrap();
        let own = |text: &str| text.to_owned();
        let names = [
            ("login", login.clone()),
            ("owner", own(owner)),
            ("name", own(name)),
            ("org", own(owner)),
            ("group", own("web")),
            ("repository", repository.clone()),
            ("repo", repository.clone()),
            ("company", own("Octo Works")),
            ("url", page.unwrap()),
        ];
        let letters = asked.get("dead-letters").await;
        let disputes = asked
            .until("disputes", |answer| !answer["disputes"][0].is_null())
            .await;
        let jobs = asked.get("jobs").await;
        let ids = [
            (
                "/api/v1/dead-letters/{id}",
                &letters["dead_letters"][0]["id"],
            ),
            ("/api/v1/disputes/{id}", &disputes["disputes"][0]["id"]),
            (
                "/api/v1/contributions/{id}",
                &explained["contributions"][0]["id"],
            ),
            ("/api/v1/jobs/{id}", &jobs["jobs"][0]["id"]),
        ];
        Self {
            names: names.into(),
            ids: ids.map(|(path, id)| (path, text(id))).into(),
            instant: made_readable(system, &asked).await,
        }
    }

    /// Puts what is known into a document as examples, which are tried first;
    /// and takes out what its schemas allow and is wrong nevertheless.
    ///
    /// Streams are left out: they do not end, and have tests of their own.
    pub(crate) fn tell(&self, document: &mut Value) {
        let paths = document["paths"].as_object_mut().unwrap();
        paths.retain(|path, _| !path.starts_with("/api/v1/stream/"));
        for (path, item) in document["paths"].as_object_mut().unwrap() {
            for operation in item.as_object_mut().unwrap().values_mut() {
                let parameters = operation
                    .get_mut("parameters")
                    .and_then(Value::as_array_mut);
                let Some(parameters) = parameters else {
                    continue;
                };
                parameters.retain(|parameter| can_be_made_up(path, parameter));
                for parameter in parameters {
                    self.tell_parameter(path, parameter);
                }
            }
        }
        narrow(&mut document["components"]["schemas"]["WhatIfBody"]);
    }

    fn tell_parameter(&self, path: &str, parameter: &mut Value) {
        let name = text(&parameter["name"]);
        parameter.as_object_mut().unwrap().remove("example");
        let of_path = self.ids.get(path).filter(|_| name == "id");
        let by_name = self.names.get(name.as_str());
        // A job has a name, too.
        let by_name = by_name.filter(|_| name != "name" || parameter["in"] == "path");
        if let Some(example) = of_path.or(by_name) {
            parameter["example"] = json!(example);
        }
        // Several, and of which sort.
        if name == "names" {
            let of = if path.ends_with("/repositories") {
                "repository"
            } else {
                "login"
            };
            parameter["example"] = json!([self.names[of]]);
        }
        // Any other instant was not made readable, and two are in order.
        let instants = match name.as_str() {
            "as_of" => vec![self.instant.as_str()],
            "from" if path.ends_with("/why") => vec![self.instant.as_str()],
            "to" if path.ends_with("/why") => vec![self.instant.as_str()],
            "from" | "since" => vec!["2024-02-29", "2024-02-29T12:00:00+01:00"],
            "to" | "until" => vec!["2024-03-01", "2024-02-29T23:30:00.25Z"],
            _ => Vec::new(),
        };
        if !instants.is_empty() {
            parameter["schema"] = json!({ "type": "string", "enum": instants });
        }
        narrow(parameter);
    }
}

/// Cursors are of the service's own making, an image is of one scope, and of one
/// contributor or a company.
fn can_be_made_up(path: &str, parameter: &Value) -> bool {
    let name = parameter["name"].as_str().unwrap();
    // Of an answer with fewer fields no schema tells that they are fewer; `api.rs` has
    // tests of it.
    name != "cursor"
        && name != "fields"
        && !(path.starts_with("/embed/") && ["org", "group", "company"].contains(&name))
}

/// Leaves periods that there are, numbers of points that are exact in binary,
/// and lists whose order is right because they are short.
pub(crate) fn narrow(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            let is_period = fields.get("pattern").is_some_and(|pattern| {
                pattern
                    .as_str()
                    .is_some_and(|pattern| pattern.contains("365d"))
            });
            if is_period {
                fields["pattern"] = json!(PERIOD);
            }
            if fields.contains_key("multipleOf") {
                fields["multipleOf"] = json!(0.5);
            }
            if fields.contains_key("maxItems") {
                fields["maxItems"] = json!(1);
            }
            fields.values_mut().for_each(narrow);
        }
        Value::Array(items) => items.iter_mut().for_each(narrow),
        _ => {}
    }
}

/// Makes what is known now readable, and returns the instant.
async fn made_readable(system: &System, asked: &Asking) -> String {
    let now = SystemClock
        .now()
        .format("%Y-%m-%dT%H:%M:%S%.6fZ")
        .to_string();
    let built = system.run(&["replay", "as-of", &now]);
    built.unwrap();
    let is_done = |answer: &Value| {
        let generations = answer["generations"].as_array().unwrap();
        generations.iter().any(|one| one["state"] == "past")
    };
    asked.until("replay", is_done).await;
    now
}

struct Asking {
    client: reqwest::Client,
    api: String,
}

impl Asking {
    fn new(system: &System) -> Self {
        Self {
            client: reqwest::Client::new(),
            api: system.api.clone(),
        }
    }

    async fn get(&self, path: &str) -> Value {
        let asked = self.client.get(format!("{}/api/v1/{path}", self.api));
        let answer = asked.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// Asks again and again until the answer is as it must become.
    async fn until(&self, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let asking = async {
            let mut looks = tokio::time::interval(Duration::from_millis(100));
            loop {
                looks.tick().await;
                let answer = self.get(path).await;
                if is_so(&answer) {
                    return answer;
                }
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap()
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
