//! `class-list`: deciding which logins are of a class.

use anyhow::Context;
use decisions::counting::{decisions, define_class_list};
use serde_json::{Value, json};

use super::tell::tell_decision;
use super::tracking::{deciding, log};
use crate::cli::Options;
use crate::cli::counting::{ClassLists, DefineClassList};
use crate::tables::table;

pub(super) async fn class_lists(options: &Options, lists: &ClassLists) -> anyhow::Result<()> {
    match lists {
        ClassLists::Define(define) => define_list(options, define).await,
        ClassLists::List(json) => list_lists(options, json.json).await,
    }
}

async fn define_list(options: &Options, define: &DefineClassList) -> anyhow::Result<()> {
    let class = define.class.decided();
    let class = class.context("a list needs a class: human, bot or agent")?;
    let (log, author) = deciding(options, &define.deciding).await?;
    let logins = &define.logins;
    let decision = define_class_list(&log, &define.list, class, logins, &author).await?;
    let said = [
        format!("list {} has {} logins", define.list, logins.len()),
        format!("list {} was defined so already", define.list),
    ];
    tell_decision(
        define.deciding.json,
        decision,
        json!({ "list": define.list, "class": class, "logins": logins }),
        said,
    );
    Ok(())
}

async fn list_lists(options: &Options, as_json: bool) -> anyhow::Result<()> {
    let known = decisions(&log(options).await?).await?;
    if as_json {
        let lists: Vec<Value> = known
            .classes
            .lists()
            .map(|(name, list)| json!({ "list": name, "class": list.class, "logins": list.logins }))
            .collect();
        println!("{}", json!({ "lists": lists }));
        return Ok(());
    }
    let rows = known.classes.lists().map(|(name, list)| {
        let logins: Vec<&str> = list.logins.iter().map(String::as_str).collect();
        vec![name.to_owned(), list.class.to_string(), logins.join(", ")]
    });
    println!(
        "{}",
        table(
            &[("list", false), ("class", false), ("logins", false)],
            rows
        )
    );
    Ok(())
}
