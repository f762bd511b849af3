//! `dead-letters redrive` and `dead-letters discard`: what to do about what
//! could not be read.

use anyhow::{Context, bail};
use event_log::EventLog;
use runtime::{Clock, SystemClock};
use scraper::ingest::{DeadLetter, Resolution, discard, mark_redriven, redrive};
use serde_json::{Value, json};
use uuid::Uuid;

use super::tell::tell;
use crate::api_client::get;
use crate::cli::Options;
use crate::cli::dead_letters::{DeadLetterAction, Resolve};

/// The service whose dead letters are jobs that failed.
const WORKER: &str = "worker";

pub(super) async fn resolve(options: &Options, action: &DeadLetterAction) -> anyhow::Result<()> {
    let log = options.connect_log().await?;
    log.declare_streams().await?;
    let (DeadLetterAction::Redrive(asked) | DeadLetterAction::Discard(asked)) = action;
    let mut failed = 0;
    for id in &asked.ids {
        let outcome = match action {
            DeadLetterAction::Redrive(_) => redrive_one(options, &log, *id, asked).await,
            DeadLetterAction::Discard(_) => discard_one(options, &log, *id, asked).await,
        };
        match outcome {
            Ok(done) => {
                let outcome = json!({ "dead_letter": id, "outcome": done });
                tell(asked.json, &outcome, format!("{id}: {done}"));
            }
            Err(error) => {
                failed += 1;
                eprintln!("{id}: {error:#}");
            }
        }
    }
    if failed > 0 {
        bail!(
            "{failed} of {} dead letters stay as they are",
            asked.ids.len()
        );
    }
    Ok(())
}

async fn redrive_one(
    options: &Options,
    log: &EventLog,
    id: Uuid,
    asked: &Resolve,
) -> anyhow::Result<String> {
    let letter = find(options, id).await?;
    if letter.service == WORKER {
        let job = super::jobs::ask_again(log, &letter, asked).await?;
        mark_redriven(log, id, &resolution(asked)).await?;
        return Ok(format!(
            "asked for again; see: leaderboard job status {job}"
        ));
    }
    if letter.service == notifier::SERVICE {
        mark_redriven(log, id, &resolution(asked)).await?;
        return Ok(format!(
            "asked for; the notifier sends it to {} again",
            letter.origin
        ));
    }
    let stored = redrive(log, &letter, &resolution(asked)).await?;
    Ok(format!("redriven, {stored} messages are new"))
}

async fn discard_one(
    options: &Options,
    log: &EventLog,
    id: Uuid,
    asked: &Resolve,
) -> anyhow::Result<String> {
    find(options, id).await?;
    discard(log, id, &resolution(asked)).await?;
    Ok("discarded".to_owned())
}

fn resolution(asked: &Resolve) -> Resolution {
    Resolution {
        actor: asked.actor.clone(),
        reason: asked.reason.clone(),
        at: SystemClock.now(),
    }
}

/// The dead letter as the query API has it.
async fn find(options: &Options, id: Uuid) -> anyhow::Result<DeadLetter> {
    let answer = get(&options.api_url()?, &["dead-letters", &id.to_string()], &[]).await?;
    let letter = &answer["dead_letter"];
    let text = |name: &str| letter[name].as_str().map(str::to_owned);
    Ok(DeadLetter {
        id,
        service: text("service").context("the answer names no service")?,
        origin: text("origin").context("the answer names no origin")?,
        line: letter["line"].as_u64(),
        content: text("content").context("the answer has no content")?,
        bytes: letter
            .get("bytes")
            .and_then(Value::as_u64)
            .unwrap_or_default(),
    })
}
