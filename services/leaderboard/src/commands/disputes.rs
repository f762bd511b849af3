//! `dispute`: somebody misses something that was done.

use std::sync::Arc;

use domain::dispute::Disputed;
use domain::jobs::Queue;
use jobs::QueueLog;
use runtime::SystemClock;
use serde_json::json;

use super::ask::{list, print};
use super::tracking::{author, log};
use crate::api_client::get;
use crate::cli::Options;
use crate::cli::disputes::Dispute;
use crate::tables::{cell, table};

pub(super) async fn dispute(options: &Options, asked: &Dispute) -> anyhow::Result<()> {
    match &asked.url {
        Some(url) => raise(options, asked, url).await,
        None => show(options, asked.deciding.json).await,
    }
}

async fn raise(options: &Options, asked: &Dispute, url: &str) -> anyhow::Result<()> {
    let disputed = Disputed::parse(url)?;
    let log = log(options).await?;
    let author = author(&asked.deciding);
    let job = decisions::disputes::job(&disputed, &author)?;
    let mut queue = QueueLog::new(log.clone(), Queue::Scraping, Arc::new(SystemClock));
    queue.enqueue(&job).await?;
    decisions::disputes::raise(&log, &disputed, &author).await?;
    if asked.deciding.json {
        let said = json!({ "dispute": disputed.id(), "url": disputed.to_string(), "job": job.job });
        return print(&said);
    }
    println!("a worker asks GitHub for {disputed}");
    println!("what comes of it: /api/v1/disputes/{}", disputed.id());
    Ok(())
}

async fn show(options: &Options, as_json: bool) -> anyhow::Result<()> {
    let answer = get(&options.api_url()?, &["disputes"], &[]).await?;
    if as_json {
        return print(&answer);
    }
    let rows = list(&answer["disputes"]).map(|dispute| {
        let columns = ["raised_at", "url", "outcome", "detail"];
        columns
            .iter()
            .map(|column| cell(&dispute[*column]))
            .collect()
    });
    let columns = [
        ("raised", false),
        ("what", false),
        ("outcome", false),
        ("why", false),
    ];
    println!("{}", table(&columns, rows));
    Ok(())
}
