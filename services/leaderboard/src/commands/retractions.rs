//! `retract`, `reinstate`: a contribution was recorded in error, or was not after
//! all. Which one is meant, the query API knows.

use anyhow::{Context, bail};
use decisions::Author;
use decisions::retractions::{Contribution, reinstate, retract};
use domain::RepositoryName;
use runtime::{Clock, SystemClock};
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask::list;
use super::tell::tell_decision;
use super::tracking::log;
use crate::api_client::get;
use crate::cli::Options;
use crate::cli::retractions::Decide;

pub(super) async fn decide(
    options: &Options,
    asked: &Decide,
    retracts: bool,
) -> anyhow::Result<()> {
    let found = found(options, asked).await?;
    let text = |field: &str| found[field].as_str().unwrap_or_default();
    let id: Uuid = text("id").parse().context("the query API tells no id")?;
    let (kind, repository) = (text("kind"), RepositoryName::entered(text("repository"))?);
    let contribution = Contribution::named(id, text("key"), repository)?;
    let log = log(options).await?;
    let author = Author {
        actor: asked.actor.clone(),
        reason: asked.reason.clone(),
        at: SystemClock.now(),
    };
    let shown = format!("{kind} {}", text("github_url"));
    let (decision, said) = if retracts {
        let decision = retract(&log, &contribution, &author).await?;
        let said = [
            format!("{shown} counts no more; leaderboard reinstate takes that back"),
            format!("{shown} was retracted already"),
        ];
        (decision, said)
    } else {
        let decision = reinstate(&log, &contribution, &author).await?;
        let said = [
            format!("{shown} counts again"),
            format!("{shown} was not retracted"),
        ];
        (decision, said)
    };
    let about = json!({
        "contribution": id,
        "kind": kind,
        "key": contribution.key(),
        "repository": text("repository"),
        "retracted": retracts,
    });
    tell_decision(asked.json, decision, about, said);
    Ok(())
}

/// The one contribution that is meant.
async fn found(options: &Options, asked: &Decide) -> anyhow::Result<Value> {
    let api = options.api_url()?;
    if let Ok(id) = asked.contribution.parse::<Uuid>() {
        let answer = get(&api, &["contributions", &id.to_string()], &[]).await?;
        let found = answer["contribution"].clone();
        if let Some(kind) = asked.kind.filter(|kind| found["kind"] != kind.as_str()) {
            bail!("{id} is of the kind {}, not {kind}", found["kind"]);
        }
        return Ok(found);
    }
    let mut query = vec![("url", asked.contribution.clone())];
    query.extend(asked.kind.map(|kind| ("kind", kind.to_string())));
    let answer = get(&api, &["contributions"], &query).await?;
    let several: Vec<&Value> = list(&answer["contributions"]).collect();
    let [one] = several.as_slice() else {
        let shown = several.iter().map(|one| {
            let text = |field: &str| one[field].as_str().unwrap_or_default();
            format!(
                "  --kind {} ({}, {})",
                text("kind"),
                text("id"),
                text("because")
            )
        });
        let shown: Vec<String> = shown.collect();
        bail!(
            "several contributions are at {}; say which by its kind, or by its id:\n{}",
            asked.contribution,
            shown.join("\n")
        );
    };
    Ok((*one).clone())
}
