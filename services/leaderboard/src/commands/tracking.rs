//! `track`, `untrack`, `tracked`, `group`: deciding which repositories are
//! read from the sources that are asked for single repositories.

use anyhow::bail;
use decisions::{Author, tracking};
use domain::{Decided, RepositoryName};
use event_log::EventLog;
use runtime::{Clock, SystemClock};
use scraper::repair::Repository;
use scraper::scrape::Wanted;
use serde_json::{Value, json};

use super::tell::tell_decision;
use crate::cli::Options;
use crate::cli::tracking::{Deciding, DefineGroup, Group, Track, Untrack};
use crate::tables::table;

pub(super) async fn track(options: &Options, track: &Track) -> anyhow::Result<()> {
    let names = names(&track.repositories)?;
    let log = log(options).await?;
    let author = author(&track.deciding);
    for name in &names {
        let decision = tracking::decide_tracking(&log, name, true, &author).await?;
        let said = [
            format!("{name} is tracked from now on"),
            format!("{name} was tracked already"),
        ];
        tell_decision(
            track.deciding.json,
            decision,
            json!({ "repository": name, "tracked": true }),
            said,
        );
    }
    if let Some(group) = &track.group {
        let decision = tracking::add_to_group(&log, group, &names, &author).await?;
        let said = [
            format!("group {group} has them now"),
            format!("group {group} had them already"),
        ];
        tell_decision(
            track.deciding.json,
            decision,
            json!({ "group": group, "repositories": names }),
            said,
        );
    }
    Ok(())
}

pub(super) async fn untrack(options: &Options, untrack: &Untrack) -> anyhow::Result<()> {
    let names = names(&untrack.repositories)?;
    let log = log(options).await?;
    let author = author(&untrack.deciding);
    for name in &names {
        let decision = tracking::decide_tracking(&log, name, false, &author).await?;
        let said = [
            format!("{name} is tracked no more; what is known of it stays"),
            format!("{name} was not tracked"),
        ];
        tell_decision(
            untrack.deciding.json,
            decision,
            json!({ "repository": name, "tracked": false }),
            said,
        );
    }
    Ok(())
}

pub(super) async fn tracked(options: &Options, as_json: bool) -> anyhow::Result<()> {
    let known = tracking::tracking(&log(options).await?).await?;
    let tracked = known.tracked();
    if as_json {
        let repositories: Vec<Value> = tracked
            .iter()
            .map(|known| {
                let former = &known.former_names;
                let mut shown = said(&known.latest.decided);
                shown["id"] = json!(known.latest.id);
                shown["repository"] = json!(known.latest.name);
                shown["former_names"] = json!(former);
                shown
            })
            .collect();
        println!("{}", json!({ "repositories": repositories }));
        return Ok(());
    }
    if tracked.is_empty() {
        println!("No repository is tracked; whatever is ingested is counted all the same.");
        println!("Track one with: leaderboard track owner/name");
        return Ok(());
    }
    let rows = tracked.iter().map(|known| {
        let latest = &known.latest;
        let id = latest.id.map_or_else(String::new, |id| id.to_string());
        let decided = &latest.decided;
        let since = decided.at.format("%Y-%m-%d %H:%M").to_string();
        let (actor, reason) = (decided.actor.clone(), decided.reason.clone());
        vec![latest.name.to_string(), id, since, actor, reason]
    });
    let columns = [
        ("repository", false),
        ("id", true),
        ("decided", false),
        ("by", false),
        ("why", false),
    ];
    println!("{}", table(&columns, rows));
    Ok(())
}

pub(super) async fn group(options: &Options, group: &Group) -> anyhow::Result<()> {
    match group {
        Group::Define(define) => define_group(options, define).await,
        Group::List(json) => list_groups(options, json.json).await,
    }
}

async fn define_group(options: &Options, define: &DefineGroup) -> anyhow::Result<()> {
    let names = names(&define.repositories)?;
    let log = log(options).await?;
    let author = author(&define.deciding);
    let decision = tracking::define_group(&log, &define.group, &names, &author).await?;
    let said = [
        format!("group {} has {} repositories", define.group, names.len()),
        format!("group {} was defined so already", define.group),
    ];
    tell_decision(
        define.deciding.json,
        decision,
        json!({ "group": define.group, "repositories": names }),
        said,
    );
    Ok(())
}

async fn list_groups(options: &Options, as_json: bool) -> anyhow::Result<()> {
    let known = tracking::tracking(&log(options).await?).await?;
    let present = |names: &[RepositoryName]| -> Vec<RepositoryName> {
        names.iter().map(|name| known.present_name(name)).collect()
    };
    if as_json {
        let groups: Vec<Value> = known
            .groups()
            .map(|(name, group)| {
                let mut shown = said(&group.decided);
                shown["group"] = json!(name);
                shown["repositories"] = json!(present(&group.repositories));
                shown
            })
            .collect();
        println!("{}", json!({ "groups": groups }));
        return Ok(());
    }
    for (name, group) in known.groups() {
        println!("{name}");
        for repository in present(&group.repositories) {
            println!("  {repository}");
        }
    }
    Ok(())
}

fn said(decided: &Decided) -> Value {
    json!({ "actor": decided.actor, "reason": decided.reason, "decided_at": decided.at })
}

fn names(texts: &[String]) -> anyhow::Result<Vec<RepositoryName>> {
    let names = texts.iter().map(|text| RepositoryName::entered(text));
    Ok(names.collect::<Result<_, _>>()?)
}

pub(super) fn author(deciding: &Deciding) -> Author {
    Author {
        actor: deciding.actor.clone(),
        reason: deciding.reason.clone(),
        at: SystemClock.now(),
    }
}

pub(super) async fn log(options: &Options) -> anyhow::Result<EventLog> {
    let log = options.connect_log().await?;
    log.declare_streams().await?;
    Ok(log)
}

/// Who decides, and on what log.
pub(super) async fn deciding(
    options: &Options,
    deciding: &Deciding,
) -> anyhow::Result<(EventLog, Author)> {
    Ok((log(options).await?, author(deciding)))
}

/// The repositories that were named, or all that are tracked; with their ids
/// where those are known.
pub(super) async fn wanted(named: &[String], log: &EventLog) -> anyhow::Result<Vec<Wanted>> {
    let known = tracking::tracking(log).await?;
    if named.is_empty() {
        let tracked = known.tracked();
        if tracked.is_empty() {
            bail!(
                "no repository is tracked; name some, or track them with: leaderboard track owner/name"
            );
        }
        return Ok(tracked.into_iter().map(Wanted::from).collect());
    }
    let names = named.iter().map(|text| RepositoryName::entered(text));
    let wanted = names.map(|name| {
        let name = name?;
        let id = known.find(&name).and_then(|known| known.latest.id);
        Ok(Wanted { id, name })
    });
    wanted.collect()
}

/// The repositories that were named, or all that are tracked, with the names
/// they bore before; none where none is tracked.
pub(super) async fn repairable(
    named: &[String],
    log: &EventLog,
) -> anyhow::Result<Vec<Repository>> {
    let known = tracking::tracking(log).await?;
    if named.is_empty() {
        return Ok(known.tracked().into_iter().map(Repository::from).collect());
    }
    let repositories = names(named)?.into_iter().map(|name| {
        let found = known.find(&name).map(Repository::from);
        found.unwrap_or(Repository {
            wanted: Wanted { id: None, name },
            former_names: Vec::new(),
        })
    });
    Ok(repositories.collect())
}
