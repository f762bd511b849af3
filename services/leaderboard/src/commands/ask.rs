//! The commands that show things: they ask the query API.

use serde_json::Value;

use super::export::export;
use crate::api_client::get;
use crate::cli::Options;
use crate::cli::ask::{Contributor, Paged, Rank, Top};
use crate::cli::dead_letters::DeadLetters;
use crate::tables::{cell, table};

pub(super) async fn top(options: &Options, top: &Top) -> anyhow::Result<()> {
    show_top(&options.api_url()?, top).await
}

/// Shows a board of the API at an address.
pub(super) async fn show_top(api: &str, top: &Top) -> anyhow::Result<()> {
    let mut path = board_path("leaderboards", &top.scope);
    path.extend(top.companies.then_some("companies"));
    let mut query = vec![
        ("period", top.period.clone()),
        ("kind", top.kind.clone()),
        ("class", top.class.clone()),
    ];
    query.extend(top.company.clone().map(|company| ("company", company)));
    query.extend(top.moment.parameters());
    if let Some(form) = top.file.export {
        let file = format!("board.{}", form.extension());
        let path = [path, vec![&file]].concat();
        return export(api, &path, &query, form, top.file.out.as_deref()).await;
    }
    query.push(("limit", top.limit.to_string()));
    query.extend(top.cursor.clone().map(|cursor| ("cursor", cursor)));
    let answer = get(api, &path, &query).await?;
    if top.json {
        return print(&answer);
    }
    let meta = &answer["meta"];
    let value = if top.kind == "score" {
        "score"
    } else {
        "value"
    };
    let who = if top.companies {
        [("company", false), ("contributors", true)]
    } else {
        [("login", false), ("class", false)]
    };
    let rows = list(&answer["leaderboard"]).map(|entry| {
        vec![
            cell(&entry["rank"]),
            movement(entry),
            cell(&entry[who[0].0]),
            cell(&entry[who[1].0]),
            cell(&entry[value]),
            kinds(&entry["counts"]),
        ]
    });
    let columns = [
        ("rank", true),
        ("moved", true),
        who[0],
        who[1],
        (value, true),
        ("counts", false),
    ];
    println!("{}", table(&columns, rows));
    show_unaffiliated(&answer["unaffiliated"], value);
    println!(
        "{}, {}: {} members; coverage {}, {} events seen",
        top.scope,
        top.period,
        cell(&meta["members"]),
        cell(&meta["coverage"]["verdict"]),
        cell(&meta["coverage"]["observed_events"]),
    );
    show_next(meta);
    Ok(())
}

/// What stands apart from a board of companies, if this is one.
fn show_unaffiliated(apart: &Value, value: &str) {
    if let Some(percent) = apart["percent"].as_str() {
        println!(
            "no known company: {} {value} of {} contributors, {percent} % of all",
            cell(&apart[value]),
            cell(&apart["contributors"]),
        );
    }
}

/// Where a board is, among those of a sort of address.
pub(super) fn board_path<'a>(sort: &'a str, scope: &'a str) -> Vec<&'a str> {
    let path = match (scope.split_once('/'), scope.strip_prefix("group:")) {
        _ if scope == "global" => vec!["global"],
        (_, Some(group)) => vec!["groups", group],
        (Some((owner, name)), None) => vec!["repositories", owner, name],
        (None, None) => vec!["organizations", scope],
    };
    [vec![sort], path].concat()
}

/// What became of a place since the period before, as `+2`; nothing where
/// there is no period before.
fn movement(entry: &Value) -> String {
    match entry["movement"].as_i64() {
        Some(places) => format!("{places:+}"),
        None => String::new(),
    }
}

pub(super) async fn rank(options: &Options, wanted: &Rank) -> anyhow::Result<()> {
    let board = board_path("leaderboards", &wanted.scope);
    let path = [board, vec!["ranks", &wanted.login]].concat();
    let mut query = vec![
        ("period", wanted.period.clone()),
        ("kind", wanted.kind.clone()),
        ("class", wanted.class.clone()),
    ];
    query.extend(wanted.moment.parameters());
    let answer = get(&options.api_url()?, &path, &query).await?;
    if wanted.json {
        return print(&answer);
    }
    let (rank, meta) = (&answer["rank"], &answer["meta"]);
    let value = rank.get("score").or_else(|| rank.get("count"));
    println!(
        "{} on {}, {}: {} of {}, {} {}",
        wanted.login,
        wanted.scope,
        cell(&meta["period"]["name"]),
        cell(&rank["rank"]),
        cell(&rank["members"]),
        cell(&meta["metric"]),
        cell(value.unwrap_or(&rank["value"])),
    );
    Ok(())
}

pub(super) async fn contributor(options: &Options, wanted: &Contributor) -> anyhow::Result<()> {
    let mut query = vec![("period", wanted.period.clone())];
    query.extend(wanted.moment.parameters());
    let answer = get(
        &options.api_url()?,
        &["contributors", &wanted.login],
        &query,
    )
    .await?;
    if wanted.json {
        return print(&answer);
    }
    let found = &answer["contributor"];
    println!(
        "{} ({}, account {}): {}",
        cell(&found["login"]),
        cell(&found["class"]),
        cell(&found["account"]),
        cell(&found["github_url"]),
    );
    println!("{}", kinds(&found["work"]["counts"]));
    let ranks = list(&found["ranks"]).map(|rank| {
        let of = format!("{} of {}", cell(&rank["rank"]), cell(&rank["members"]));
        let period = &rank["period"];
        let name = period
            .get("key")
            .or_else(|| period.get("name"))
            .unwrap_or(period);
        vec![cell(name), of, cell(&rank["score"])]
    });
    println!(
        "{}",
        table(&[("period", false), ("rank", true), ("score", true)], ranks)
    );
    let repositories = list(&found["repositories"]).map(|standing| {
        let of = format!(
            "{} of {}",
            cell(&standing["rank"]),
            cell(&standing["members"])
        );
        vec![cell(&standing["name"]), of, cell(&standing["score"])]
    });
    println!(
        "{}",
        table(
            &[("repository", false), ("rank", true), ("score", true)],
            repositories
        )
    );
    Ok(())
}

/// Shows what was read, of the span that a query names.
pub(super) async fn coverage(
    options: &Options,
    page: &Paged,
    mut query: Vec<(&'static str, String)>,
) -> anyhow::Result<()> {
    query.extend(paging(page));
    let answer = get(&options.api_url()?, &["coverage"], &query).await?;
    if page.json {
        return print(&answer);
    }
    let rows = list(&answer["coverage"]["units"]).map(|unit| {
        vec![
            cell(&unit["unit"]),
            cell(&unit["source"]),
            cell(&unit["verdict"]),
            cell(&unit["events"]),
            cell(&unit["expected"]),
            cell(&unit["contributions"]),
            cell(&unit["damaged"]),
        ]
    });
    let columns = [
        ("unit", false),
        ("source", false),
        ("verdict", false),
        ("events", true),
        ("expected", true),
        ("contributions", true),
        ("damaged", true),
    ];
    println!("{}", table(&columns, rows));
    show_next(&answer["meta"]);
    Ok(())
}

pub(super) async fn dead_letters(options: &Options, wanted: &DeadLetters) -> anyhow::Result<()> {
    let api = options.api_url()?;
    if let Some(id) = &wanted.id {
        return print(&get(&api, &["dead-letters", id], &[]).await?);
    }
    let mut asked = paging(&wanted.page);
    asked.extend(wanted.filter.filter()?.parts());
    asked.extend(wanted.state.clone().map(|state| ("state", state)));
    let answer = get(&api, &["dead-letters"], &asked).await?;
    if wanted.page.json {
        return print(&answer);
    }
    let rows = list(&answer["dead_letters"]).map(|letter| {
        vec![
            cell(&letter["id"]),
            cell(&letter["state"]),
            cell(&letter["origin"]),
            cell(&letter["line"]),
            cell(&letter["error"]),
        ]
    });
    let columns = [
        ("id", false),
        ("state", false),
        ("origin", false),
        ("line", true),
        ("error", false),
    ];
    println!("{}", table(&columns, rows));
    show_next(&answer["meta"]);
    Ok(())
}

pub(super) fn paging(page: &Paged) -> Vec<(&'static str, String)> {
    let cursor = page.cursor.clone().map(|cursor| ("cursor", cursor));
    std::iter::once(("limit", page.limit.to_string()))
        .chain(cursor)
        .collect()
}

pub(in crate::commands) fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Counts by kind, as `12 commit, 3 comment`.
pub(in crate::commands) fn kinds(counts: &Value) -> String {
    let counts = counts.as_object().into_iter().flatten();
    let texts: Vec<String> = counts
        .map(|(kind, count)| format!("{} {kind}", cell(count)))
        .collect();
    texts.join(", ")
}

pub(in crate::commands) fn show_next(meta: &Value) {
    if let Some(cursor) = meta["next_cursor"].as_str() {
        println!("more with --cursor {cursor}");
    }
}

pub(in crate::commands) fn print(answer: &Value) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(answer)?);
    Ok(())
}
