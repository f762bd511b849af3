//! Webhook deliveries made of real archived events: the same objects in the
//! places where GitHub's webhooks have them.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// The delivery that GitHub would have sent for an archived event of the
/// Events API: what `X-GitHub-Event` says, and the body. `None` for a push of
/// which not all commits are listed: a delivery lists them all.
#[must_use]
pub fn webhook_of(event: &Value) -> Option<(&'static str, Value)> {
    let created_at = event["created_at"].as_str()?;
    let mut body: Map<String, Value> = event["payload"].as_object()?.clone();
    body.insert("sender".into(), sender(&event["actor"]));
    body.insert("repository".into(), repository(event, created_at));
    let kind = match event["type"].as_str()? {
        "PushEvent" => {
            body = push(&event["payload"], body, created_at)?;
            "push"
        }
        "PullRequestEvent" => {
            if body["action"] == "merged" {
                body["action"] = json!("closed");
                body["pull_request"]["merged"] = json!(true);
            }
            dated(&mut body, "pull_request", "created_at", created_at);
            if body["action"] == "closed" {
                dated(&mut body, "pull_request", "closed_at", created_at);
            }
            "pull_request"
        }
        "PullRequestReviewEvent" => {
            if body["action"] == "created" {
                body["action"] = json!("submitted");
            }
            "pull_request_review"
        }
        "PullRequestReviewCommentEvent" => "pull_request_review_comment",
        "IssuesEvent" => "issues",
        "IssueCommentEvent" => "issue_comment",
        "CommitCommentEvent" => "commit_comment",
        "ReleaseEvent" => "release",
        "GollumEvent" => "gollum",
        "DiscussionEvent" => "discussion",
        "WatchEvent" => {
            body.insert("action".into(), json!("created"));
            body.insert("starred_at".into(), json!(created_at));
            "star"
        }
        "ForkEvent" => "fork",
        "CreateEvent" => "create",
        "DeleteEvent" => "delete",
        "MemberEvent" => "member",
        "PublicEvent" => "public",
        _ => return None,
    };
    Some((kind, Value::Object(body)))
}

fn sender(actor: &Value) -> Value {
    let login = actor["login"].as_str().unwrap_or_default();
    let account_type = if login.ends_with("[bot]") {
        "Bot"
    } else {
        "User"
    };
    json!({ "id": actor["id"], "login": login, "type": account_type })
}

fn repository(event: &Value, created_at: &str) -> Value {
    let seconds = created_at
        .parse::<DateTime<Utc>>()
        .map(|at| at.timestamp())
        .unwrap_or_default();
    let name = event["repo"]["name"].as_str().unwrap_or_default();
    json!({
        "id": event["repo"]["id"],
        "full_name": name,
        "name": name.split('/').next_back(),
        "pushed_at": seconds,
    })
}

fn dated(body: &mut Map<String, Value>, object: &str, field: &str, at: &str) {
    if let Some(object) = body.get_mut(object).and_then(Value::as_object_mut) {
        let value = object.entry(field).or_insert(Value::Null);
        if value.is_null() {
            *value = json!(at);
        }
    }
}

fn push(
    payload: &Value,
    mut body: Map<String, Value>,
    created_at: &str,
) -> Option<Map<String, Value>> {
    let listed = payload["commits"].as_array()?;
    if payload["size"].as_u64()? != listed.len() as u64 {
        return None;
    }
    let commits: Vec<Value> = listed
        .iter()
        .map(|commit| {
            json!({
                "id": commit["sha"],
                "message": commit["message"],
                "distinct": commit["distinct"],
                "timestamp": created_at,
                "author": commit["author"],
            })
        })
        .collect();
    for field in ["push_id", "size", "distinct_size", "repository_id", "head"] {
        body.remove(field);
    }
    body.insert("after".into(), payload["head"].clone());
    body.insert("head_commit".into(), commits.last().cloned().into());
    body.insert("commits".into(), commits.into());
    Some(body)
}
