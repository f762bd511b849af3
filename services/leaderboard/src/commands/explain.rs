//! `explain`: where a score comes from, contribution by contribution.

use super::ask::{list, print, show_next};
use super::export::export;
use crate::api_client::get;
use crate::cli::Options;
use crate::cli::explain::Explain;
use crate::tables::{cell, table};

pub(super) async fn explain(options: &Options, wanted: &Explain) -> anyhow::Result<()> {
    let mut query = vec![
        ("scope", wanted.board.clone()),
        ("period", wanted.period.clone()),
        ("kind", wanted.kind.clone()),
    ];
    let repository = wanted.repository.clone();
    query.extend(repository.map(|repository| ("repository", repository)));
    query.extend(wanted.capped.map(|capped| ("capped", capped.to_string())));
    query.extend(wanted.moment.parameters());
    if let Some(form) = wanted.file.export {
        let file = format!("explain.{}", form.extension());
        let path = ["contributors", &wanted.login, &file];
        let (api, out) = (options.api_url()?, wanted.file.out.as_deref());
        return export(&api, &path, &query, form, out).await;
    }
    query.push(("limit", wanted.limit.to_string()));
    query.extend(wanted.cursor.clone().map(|cursor| ("cursor", cursor)));
    let path = ["contributors", &wanted.login, "explain"];
    let answer = get(&options.api_url()?, &path, &query).await?;
    if wanted.json {
        return print(&answer);
    }
    let rows = list(&answer["contributions"]).map(|contribution| {
        vec![
            cell(&contribution["occurred_at"]),
            cell(&contribution["kind"]),
            cell(&contribution["points"]),
            cell(&contribution["basis"]),
            cell(&contribution["github_url"]),
        ]
    });
    let columns = [
        ("when", false),
        ("kind", false),
        ("points", true),
        ("credit", false),
        ("where", false),
    ];
    println!("{}", table(&columns, rows));
    let totals = &answer["meta"]["totals"];
    println!(
        "{} contributions come to {} points; {}",
        cell(&totals["contributions"]),
        cell(&totals["points"]),
        if totals["agrees"] == true {
            "all of them come to what the board says"
        } else {
            "the board says something else: please report this"
        },
    );
    show_next(&answer["meta"]);
    Ok(())
}
