//! `dead-letters redrive` and `dead-letters discard`: what to do about what
//! could not be read.

use std::sync::Arc;

use anyhow::{Context, anyhow, bail, ensure};
use domain::LetterFilter;
use events::DeadLetterOutcome;
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jobs::Dispatcher;
use runtime::{Clock, SystemClock};
use scraper::letters::{DeadLetter, FindError, LetterSource, Redriver, Resolution};
use serde_json::json;

use super::tell::tell;
use crate::causes::with_causes;
use crate::cli::Options;
use crate::cli::dead_letters::{DeadLetterAction, Resolve};
use crate::letters::ApiLetters;
use crate::tables::table;

/// Letters that a dry run shows.
const SHOWN: usize = 20;

pub(super) async fn resolve(options: &Options, action: &DeadLetterAction) -> anyhow::Result<()> {
    let (outcome, asked) = match action {
        DeadLetterAction::Redrive(asked) => (DeadLetterOutcome::Redriven, asked),
        DeadLetterAction::Discard(asked) => (DeadLetterOutcome::Discarded, asked),
    };
    if outcome == DeadLetterOutcome::Discarded && !asked.dry_run {
        let has_reason = !asked.reason.trim().is_empty();
        ensure!(has_reason, "say why nobody wants them, with --reason");
    }
    let letters = ApiLetters(options.api_url()?);
    let now = SystemClock.now();
    let mut filter = asked.filter.filter()?;
    let is_said = !asked.ids.is_empty() || asked.all || !filter.is_everything();
    ensure!(
        is_said,
        "say which: ids, what they have in common (--service, --stream, --error, --repository, --since, --until), or --all"
    );
    // What is set aside again meanwhile is not met again.
    filter.until = Some(filter.until.unwrap_or(now).min(now));
    let count = count(&letters, asked, &filter).await?;
    if asked.dry_run {
        return show(&letters, asked, &filter, count).await;
    }
    if asked.ids.is_empty() && count > 1 && !asked.yes {
        bail!(
            "{count} dead letters are meant; say --yes to have all of them {}, or look at them with --dry-run",
            outcome.as_str()
        );
    }
    let log = options.connect_log().await?;
    log.declare_streams().await?;
    let dispatcher = Dispatcher::new(log.clone(), Arc::new(SystemClock));
    let redriver = Redriver::new(log, dispatcher);
    let work = Work {
        redriver,
        outcome,
        resolution: Resolution {
            actor: asked.actor.clone(),
            reason: asked.reason.clone(),
            at: now,
        },
        as_json: asked.json,
        bar: bar(count),
    };
    work.resolve_all(&letters, asked, &filter).await
}

async fn count(
    letters: &ApiLetters,
    asked: &Resolve,
    filter: &LetterFilter,
) -> anyhow::Result<u64> {
    if asked.ids.is_empty() {
        letters.count(filter).await
    } else {
        Ok(asked.ids.len() as u64)
    }
}

/// Shown on terminals only, and where it is worth it.
fn bar(letters: u64) -> ProgressBar {
    let target = if letters > 1 {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(letters), target);
    match ProgressStyle::with_template("{bar:24} {pos}/{len} dead letters, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

async fn show(
    letters: &ApiLetters,
    asked: &Resolve,
    filter: &LetterFilter,
    count: u64,
) -> anyhow::Result<()> {
    let mut first = Vec::new();
    let mut found = chosen(letters, asked, filter).take(SHOWN);
    while let Some(letter) = found.next().await {
        first.push(letter?);
    }
    let ids: Vec<_> = first.iter().map(|letter| letter.id).collect();
    let outcome = json!({ "dry_run": true, "dead_letters": count, "first": ids });
    if asked.json {
        println!("{outcome}");
        return Ok(());
    }
    let rows = first.into_iter().map(|letter| {
        vec![
            letter.id.to_string(),
            letter.service,
            letter.origin,
            letter.error,
        ]
    });
    let columns = [
        ("id", false),
        ("service", false),
        ("origin", false),
        ("error", false),
    ];
    println!("{}", table(&columns, rows));
    println!("{count} dead letters are meant; nothing is done about them.");
    Ok(())
}

fn chosen<'a>(
    letters: &'a ApiLetters,
    asked: &'a Resolve,
    filter: &'a LetterFilter,
) -> scraper::letters::Letters<'a> {
    if asked.ids.is_empty() {
        letters.parked(filter)
    } else {
        letters.named(&asked.ids)
    }
}

/// What is done about each letter.
struct Work {
    redriver: Redriver,
    outcome: DeadLetterOutcome,
    resolution: Resolution,
    as_json: bool,
    bar: ProgressBar,
}

impl Work {
    async fn resolve_all(
        self,
        letters: &ApiLetters,
        asked: &Resolve,
        filter: &LetterFilter,
    ) -> anyhow::Result<()> {
        let (mut done, mut failed) = (0_u64, 0_u64);
        let mut found = chosen(letters, asked, filter);
        while let Some(letter) = found.next().await {
            let outcome = match letter {
                Ok(letter) => self.resolve_one(&letter).await,
                Err(FindError::Unavailable(error)) if asked.ids.is_empty() => {
                    return Err(anyhow::Error::msg(error))
                        .with_context(|| format!("{done} were {}", self.outcome.as_str()));
                }
                Err(error) => Err(error.into()),
            };
            match outcome {
                Ok(()) => done += 1,
                Err(error) => {
                    failed += 1;
                    self.bar.suspend(|| eprintln!("{}", with_causes(&error)));
                }
            }
            self.bar.inc(1);
        }
        self.bar.finish_and_clear();
        if failed > 0 {
            bail!(
                "{failed} of {} dead letters stay as they are",
                done + failed
            );
        }
        if !self.as_json && asked.ids.is_empty() {
            println!("{done} dead letters were {}", self.outcome.as_str());
        }
        Ok(())
    }

    async fn resolve_one(&self, letter: &DeadLetter) -> anyhow::Result<()> {
        let id = letter.id;
        let (outcome, resolution) = (self.outcome, &self.resolution);
        let resolving = self.redriver.resolve(letter, outcome, resolution);
        let done = resolving.await.map_err(|error| anyhow!("{id}: {error}"))?;
        let outcome = json!({ "dead_letter": id, "outcome": done });
        self.bar
            .suspend(|| tell(self.as_json, &outcome, format!("{id}: {done}")));
        Ok(())
    }
}
