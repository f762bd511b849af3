//! `explain`: where a score comes from, contribution by contribution.

use std::io::{ErrorKind, Write};

use anyhow::Context;

use super::ask::{list, print, show_next};
use crate::api_client::{download, get};
use crate::cli::Options;
use crate::cli::explain::{Explain, ExportForm};
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
    if let Some(form) = wanted.export {
        return export(options, wanted, form, &query).await;
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

/// Writes all of it as it comes.
async fn export(
    options: &Options,
    wanted: &Explain,
    form: ExportForm,
    query: &[(&str, String)],
) -> anyhow::Result<()> {
    let path = ["contributors", &wanted.login, form.resource()];
    let api = options.api_url()?;
    let Some(out) = &wanted.out else {
        let written = download(&api, &path, query, &mut std::io::stdout()).await;
        return written.or_else(|error| match error.downcast_ref::<std::io::Error>() {
            // Whoever reads it has seen enough.
            Some(broken) if broken.kind() == ErrorKind::BrokenPipe => Ok(()),
            _ => Err(error),
        });
    };
    let file = std::fs::File::create(out);
    let file = file.with_context(|| format!("cannot write {}", out.display()))?;
    let mut file = std::io::BufWriter::new(file);
    download(&api, &path, query, &mut file).await?;
    file.flush()
        .with_context(|| format!("cannot write {}", out.display()))
}
