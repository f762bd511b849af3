//! What is tracked, and which repositories belong together.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use decisions::tracking::{decide_tracking, tracking};
use decisions::{Author, Decision};
use domain::{Decided, RepositoryName};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Actor, Commands, Reason, body, reason};
use crate::problem::Problem;

/// Which repositories belong to a group, and why.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Members {
    repositories: Vec<String>,
    #[serde(default)]
    reason: String,
}

pub(super) async fn list_tracked(
    State(commands): State<Arc<Commands>>,
    _: Actor,
) -> Result<Json<Value>, Problem> {
    let known = tracking(&commands.log).await?;
    let tracked = known.tracked().into_iter().map(|known| {
        let latest = &known.latest;
        let mut shown = said(&latest.decided);
        shown["id"] = json!(latest.id);
        shown["repository"] = json!(latest.name);
        shown["former_names"] = json!(known.former_names);
        shown
    });
    let repositories: Vec<Value> = tracked.collect();
    Ok(Json(json!({ "repositories": repositories })))
}

pub(super) async fn track(
    state: State<Arc<Commands>>,
    actor: Actor,
    path: Path<(String, String)>,
    given: Result<Option<Json<Reason>>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    decide(&state, &actor, &path, reason(given)?, true).await
}

pub(super) async fn untrack(
    state: State<Arc<Commands>>,
    actor: Actor,
    path: Path<(String, String)>,
    given: Result<Option<Json<Reason>>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    decide(&state, &actor, &path, reason(given)?, false).await
}

async fn decide(
    commands: &Commands,
    actor: &Actor,
    (owner, name): &(String, String),
    reason: String,
    tracked: bool,
) -> Result<Json<Value>, Problem> {
    let name = repository(&format!("{owner}/{name}"))?;
    let author = commands.author(actor, reason);
    let decision = decide_tracking(&commands.log, &name, tracked, &author).await?;
    Ok(Json(json!({
        "repository": name,
        "tracked": tracked,
        "changed": decision == Decision::Made,
    })))
}

pub(super) async fn list_groups(
    State(commands): State<Arc<Commands>>,
    _: Actor,
) -> Result<Json<Value>, Problem> {
    let known = tracking(&commands.log).await?;
    let groups = known.groups().map(|(name, group)| {
        let present = group.repositories.iter();
        let present: Vec<_> = present.map(|name| known.present_name(name)).collect();
        let mut shown = said(&group.decided);
        shown["group"] = json!(name);
        shown["repositories"] = json!(present);
        shown
    });
    let groups: Vec<Value> = groups.collect();
    Ok(Json(json!({ "groups": groups })))
}

pub(super) async fn define_group(
    State(commands): State<Arc<Commands>>,
    actor: Actor,
    Path(group): Path<String>,
    given: Result<Json<Members>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let given = body(given)?;
    let names = given.repositories.iter().map(|text| repository(text));
    let names: Vec<RepositoryName> = names.collect::<Result<_, _>>()?;
    let author = commands.author(&actor, given.reason);
    let log = &commands.log;
    let decision = decisions::tracking::define_group(log, &group, &names, &author).await?;
    Ok(Json(json!({
        "group": group,
        "repositories": names,
        "changed": decision == Decision::Made,
    })))
}

impl Commands {
    pub(super) fn author(&self, actor: &Actor, reason: String) -> Author {
        Author {
            actor: actor.0.clone(),
            reason,
            at: self.clock.now(),
        }
    }
}

fn repository(text: &str) -> Result<RepositoryName, Problem> {
    RepositoryName::entered(text).map_err(|error| {
        let title = "There can be no such repository";
        Problem::new(StatusCode::BAD_REQUEST, title, error.to_string())
    })
}

fn said(decided: &Decided) -> Value {
    json!({ "actor": decided.actor, "reason": decided.reason, "decided_at": decided.at })
}
