//! `log-level`: what a running command API's process logs.

use anyhow::{Context, bail};
use reqwest::{Client, RequestBuilder, Url};
use serde_json::{Value, json};

use crate::cli::Options;
use crate::cli::access::LogLevelCommand;

pub(super) async fn log_level(options: &Options, asked: &LogLevelCommand) -> anyhow::Result<()> {
    let api = options.command_api_url(asked.command_api.as_deref())?;
    let url = Url::parse(&api).and_then(|url| url.join("/api/v1/log-level"));
    let url = url.with_context(|| format!("{api:?} is no address"))?;
    let client = Client::new();
    let request = if asked.reset || asked.level.is_some() {
        client.post(url).json(&json!({
            "level": asked.level,
            "for_seconds": asked.span.map(|span| span.as_secs()),
            "reason": asked.reason,
        }))
    } else {
        client.get(url)
    };
    let answer = send(request.bearer_auth(&asked.key), &api).await?;
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&answer)?);
        return Ok(());
    }
    let text = |name: &str| answer[name].as_str().unwrap_or_default();
    let (now, start) = (text("level"), text("level_at_start"));
    println!("It logs {now}; at the start it was {start}.");
    Ok(())
}

async fn send(request: RequestBuilder, api: &str) -> anyhow::Result<Value> {
    let response = request
        .send()
        .await
        .with_context(|| format!("the command API at {api} does not answer; is it running?"))?;
    let status = response.status();
    let answer: Value = response
        .json()
        .await
        .with_context(|| format!("{api} answered {status} and no JSON"))?;
    if !status.is_success() {
        let text = |name: &str| answer[name].as_str().unwrap_or_default();
        bail!("{}: {}", text("title"), text("detail"));
    }
    Ok(answer)
}
