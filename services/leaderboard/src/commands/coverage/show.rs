//! Showing holes, and what each source has of a repository's hours.

use anyhow::bail;
use serde_json::{Value, json};

use super::prices::{dollars, prices};
use super::{holes_of, span_query};
use crate::api_client::get;
use crate::cli::Options;
use crate::cli::coverage::Coverage;
use crate::commands::ask::{kinds, list, print, show_next};
use crate::tables::{cell, table};

pub(super) async fn show_holes(options: &Options, asked: &Coverage) -> anyhow::Result<()> {
    let mut query = span_query(&asked.hours);
    query.push(("limit", asked.page.limit.to_string()));
    query.extend(asked.page.cursor.clone().map(|cursor| ("cursor", cursor)));
    query.extend(asked.repository.clone().map(|name| ("repository", name)));
    let mut answer = get(&options.api_url()?, &["coverage", "holes"], &query).await?;
    let holes = holes_of(&answer)?;
    let prices = prices(
        options,
        &asked.bigquery,
        asked.repository.as_slice(),
        &holes,
    )
    .await?;
    if let Some(shown) = answer["holes"].as_array_mut() {
        for (shown, hole) in shown.iter_mut().zip(&holes) {
            shown["dollars_at_most"] = json!(dollars(hole, &prices));
        }
    }
    if asked.page.json {
        return print(&answer);
    }
    let rows = list(&answer["holes"]).map(|hole| {
        vec![
            hours_words(hole),
            cell(&hole["hours"]),
            cell(&hole["source"]),
            cell(&hole["repository"]),
            what_is_missing(hole),
            joined(&hole["had_by"]),
            ways(hole),
        ]
    });
    let columns = [
        ("hours", false),
        ("", true),
        ("source", false),
        ("repository", false),
        ("missing", false),
        ("had by", false),
        ("can be filled from", false),
    ];
    println!("{}", table(&columns, rows));
    show_next(&answer["meta"]);
    Ok(())
}

fn hours_words(hole: &Value) -> String {
    let hour = |at: &Value| {
        at.as_str()
            .unwrap_or_default()
            .chars()
            .take(13)
            .collect::<String>()
    };
    match hole["hours"].as_u64() {
        Some(1) => hour(&hole["from"]),
        _ => format!("{} to {}", hour(&hole["from"]), hour(&hole["until"])),
    }
}

fn what_is_missing(hole: &Value) -> String {
    match hole["gap"].as_str() {
        Some("whole") => "everything".to_owned(),
        Some("part") => format!("a part: {}", joined(&hole["losses"]).replace('_', " ")),
        _ => kinds(&hole["kinds"]),
    }
}

fn joined(values: &Value) -> String {
    list(values).map(cell).collect::<Vec<_>>().join(", ")
}

fn ways(hole: &Value) -> String {
    let way = |way: &Value| match way["source"].as_str() {
        Some("api") => format!("api: {} requests or more", cell(&way["requests"])),
        Some("bigquery") => match hole["dollars_at_most"].as_str() {
            Some(dollars) => format!("bigquery: ${dollars} at most"),
            None => format!("bigquery: {} days are paid for", cell(&way["paid_days"])),
        },
        other => format!("{}: free", other.unwrap_or_default()),
    };
    list(&hole["ways"]).map(way).collect::<Vec<_>>().join("; ")
}

pub(super) async fn show_hours(
    options: &Options,
    asked: &Coverage,
    repository: &str,
) -> anyhow::Result<()> {
    let mut query = span_query(&asked.hours);
    if query.len() < 2 {
        bail!(
            "which hours? --from and --until say it, such as --from 2024-09-11 --until 2024-09-11"
        );
    }
    query.push(("repository", repository.to_owned()));
    let answer = get(&options.api_url()?, &["coverage", "hours"], &query).await?;
    if asked.page.json {
        return print(&answer);
    }
    let rows = list(&answer["hours"]).flat_map(|hour| {
        let sources = list(&hour["sources"]);
        let known = sources.filter(|source| {
            source["read"] != "unread" || source["observed"].as_u64().is_some_and(|seen| seen > 0)
        });
        known.map(|source| {
            vec![
                cell(&hour["hour"]).chars().take(13).collect(),
                cell(&source["source"]),
                cell(&source["verdict"]),
                cell(&source["observed"]),
                cell(&source["expected"]),
                kinds(&source["missing"]),
            ]
        })
    });
    let columns = [
        ("hour", false),
        ("source", false),
        ("verdict", false),
        ("seen", true),
        ("expected", true),
        ("missing", false),
    ];
    println!("{}", table(&columns, rows));
    Ok(())
}
