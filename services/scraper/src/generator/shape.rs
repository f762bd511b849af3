//! How events look: GitHub has shown less of them since October 2025.

use serde_json::{Value, json};

/// What an event tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// As from 2015 to 2025-10-07: the commits of a push, the whole pull
    /// request.
    #[default]
    Whole,
    /// As since then: of a push only where it began and ended, of a pull
    /// request only which it is; and a merge is an action of its own.
    Trimmed,
}

impl Shape {
    pub(super) fn apply(self, event_type: &str, mut payload: Value) -> Value {
        if self == Self::Whole {
            return payload;
        }
        if event_type == "PushEvent" {
            return only(
                &payload,
                &["repository_id", "push_id", "ref", "head", "before"],
            );
        }
        if event_type == "PullRequestEvent" && payload["pull_request"]["merged"] == true {
            payload["action"] = "merged".into();
        }
        if payload.get("pull_request").is_some() {
            payload["pull_request"] = stub(&payload["pull_request"]);
        }
        payload
    }
}

fn stub(pull_request: &Value) -> Value {
    let side = |name: &str| {
        let side = &pull_request[name];
        let base = &pull_request["base"]["repo"];
        let repo = only(base, &["id", "name", "url"]);
        json!({"ref": side["ref"], "sha": side["sha"], "repo": repo})
    };
    json!({
        "url": pull_request["url"],
        "id": pull_request["id"],
        "number": pull_request["number"],
        "head": side("head"),
        "base": side("base"),
    })
}

fn only(object: &Value, keys: &[&str]) -> Value {
    let kept = keys
        .iter()
        .map(|key| ((*key).to_owned(), object[*key].clone()));
    Value::Object(kept.collect())
}
