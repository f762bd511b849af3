//! `policy`: deciding what things are worth.

use std::path::Path;

use anyhow::{Context, bail};
use decisions::counting::{Terms, decisions, publish_policy, withdraw_policy};
use domain::{ContributionKind, Policy};
use serde_json::{Map, Value, json};

use super::tell::tell_decision;
use super::tracking::{deciding, log};
use crate::cli::Options;
use crate::cli::counting;
use crate::cli::counting::{PublishPolicy, ShowPolicy, WithdrawPolicy};
use crate::tables::table;

pub(super) async fn policy(options: &Options, policy: &counting::Policy) -> anyhow::Result<()> {
    match policy {
        counting::Policy::Show(show) => show_policy(options, show).await,
        counting::Policy::List(json) => list_policies(options, json.json).await,
        counting::Policy::Publish(publish) => publish_entered(options, publish).await,
        counting::Policy::Withdraw(withdraw) => withdraw_group(options, withdraw).await,
    }
}

async fn show_policy(options: &Options, show: &ShowPolicy) -> anyhow::Result<()> {
    let known = decisions(&log(options).await?).await?;
    let policy = match (show.number, &show.group) {
        (Some(version), _) => {
            let found = known.policies.version(version);
            found.with_context(|| format!("there is no policy of version {version}"))?
        }
        (None, Some(group)) => known.policies.of_group(group).clone(),
        (None, None) => known.policies.general().clone(),
    };
    if show.json {
        println!("{}", serde_json::to_string(&policy)?);
        return Ok(());
    }
    print_policy(&policy);
    Ok(())
}

fn print_policy(policy: &Policy) {
    let rows = ContributionKind::ALL.into_iter().map(|kind| {
        let rule = policy.daily_rule(kind);
        let mut of_day: Vec<String> = rule
            .steps
            .iter()
            .map(|step| format!("{} % after {}", step.percent, step.after))
            .collect();
        of_day.extend(rule.at_most.map(|most| format!("at most {most}")));
        vec![
            kind.to_string(),
            points(policy.weight(kind)),
            of_day.join(", "),
        ]
    });
    let columns = [
        ("kind", false),
        ("points", true),
        ("a day and repository", false),
    ];
    println!("Policy {}", policy.version);
    println!("{}", table(&columns, rows));
    println!(
        "Commits and pushes together: at most {} a day and repository.",
        policy.daily_commit_cap
    );
    println!(
        "Lines of merged pull requests: {} added, {} deleted, at most {} per repository and period.",
        points(policy.per_line_added),
        points(policy.per_line_deleted),
        points(policy.lines_cap)
    );
}

/// Thousandths of a point as points.
fn points(thousandths: i64) -> String {
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

async fn list_policies(options: &Options, as_json: bool) -> anyhow::Result<()> {
    let known = decisions(&log(options).await?).await?;
    let published = known.policies.published();
    if as_json {
        let policies: Vec<Value> = published
            .iter()
            .map(|one| {
                let decided = &one.decided;
                json!({ "group": one.group, "policy": one.policy, "actor": decided.actor,
                        "reason": decided.reason, "decided_at": decided.at })
            })
            .collect();
        println!("{}", json!({ "policies": policies }));
        return Ok(());
    }
    if published.is_empty() {
        println!("No policy was published; the default one, version 1, holds.");
        return Ok(());
    }
    let rows = published.iter().map(|one| {
        let version = one.policy.as_ref().map(|policy| policy.version.to_string());
        let decided = &one.decided;
        vec![
            version.unwrap_or_else(|| "withdrawn".to_owned()),
            one.group.clone().unwrap_or_else(|| "all boards".to_owned()),
            decided.at.format("%Y-%m-%d %H:%M").to_string(),
            decided.actor.clone(),
            decided.reason.clone(),
        ]
    });
    let columns = [
        ("version", true),
        ("for", false),
        ("decided", false),
        ("by", false),
        ("why", false),
    ];
    println!("{}", table(&columns, rows));
    Ok(())
}

async fn publish_entered(options: &Options, publish: &PublishPolicy) -> anyhow::Result<()> {
    let entered = entered(publish)?;
    let terms = match publish.again {
        Some(version) => Terms::Version(version),
        None => Terms::Entered(&entered),
    };
    let (log, author) = deciding(options, &publish.deciding).await?;
    let (policy, decision) = publish_policy(&log, publish.group.as_deref(), terms, &author).await?;
    let said = [
        format!("policy {} holds from now on", policy.version),
        format!("policy {} says the same already", policy.version),
    ];
    let about = json!({ "group": publish.group, "policy": policy });
    tell_decision(publish.deciding.json, decision, about, said);
    Ok(())
}

/// What is to change: the file, and over it what was named one by one.
fn entered(publish: &PublishPolicy) -> anyhow::Result<Value> {
    let mut entered = match &publish.file {
        Some(file) => read_policy(file)?,
        None => json!({}),
    };
    if publish.points.is_empty() {
        if publish.file.is_none() && publish.again.is_none() {
            bail!("say what is to change: a file, --points commit=12, or --again 1");
        }
        return Ok(entered);
    }
    let mut points = Map::new();
    for named in &publish.points {
        let (kind, worth) = named.split_once('=').with_context(|| {
            format!("{named:?} names no worth; use a kind, = and points, such as commit=12.5")
        })?;
        points.insert(kind.to_owned(), json!(worth));
    }
    match entered.get_mut("points").and_then(Value::as_object_mut) {
        Some(before) => before.extend(points),
        None => entered["points"] = Value::Object(points),
    }
    Ok(entered)
}

fn read_policy(file: &Path) -> anyhow::Result<Value> {
    if file == Path::new("-") {
        return serde_json::from_reader(std::io::stdin()).context("the standard input is no JSON");
    }
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    if file
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        return toml::from_str(&text).with_context(|| format!("{} is no TOML", file.display()));
    }
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", file.display()))
}

async fn withdraw_group(options: &Options, withdraw: &WithdrawPolicy) -> anyhow::Result<()> {
    let (log, author) = deciding(options, &withdraw.deciding).await?;
    let decision = withdraw_policy(&log, &withdraw.group, &author).await?;
    let said = [
        format!("boards of {} follow the general policy", withdraw.group),
        format!("{} has no policy of its own", withdraw.group),
    ];
    tell_decision(
        withdraw.deciding.json,
        decision,
        json!({ "group": withdraw.group }),
        said,
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_shown_as_short_as_they_are() {
        assert_eq!(
            [points(10_000), points(2_500), points(5), points(0)],
            ["10", "2.5", "0.005", "0"]
        );
    }
}
