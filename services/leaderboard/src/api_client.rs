//! Asking the query API, for the commands that show things.

use std::io::Write;

use anyhow::{Context, bail};
use reqwest::Url;
use serde_json::Value;

/// Asks for a resource; `path` are the segments after `/api/v1`.
pub(crate) async fn get(
    api: &str,
    path: &[&str],
    query: &[(&str, String)],
) -> anyhow::Result<Value> {
    let body = get_bytes(api, path, query).await?;
    serde_json::from_slice(&body)
        .with_context(|| format!("{api} answered no JSON for {}", path.join("/")))
}

/// As [`get`], byte for byte.
pub(crate) async fn get_bytes(
    api: &str,
    path: &[&str],
    query: &[(&str, String)],
) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    download(api, path, query, &mut body).await?;
    Ok(body)
}

/// As [`get_bytes`], handed on as it comes.
pub(crate) async fn download(
    api: &str,
    path: &[&str],
    query: &[(&str, String)],
    to: &mut impl Write,
) -> anyhow::Result<()> {
    let mut url = Url::parse(api).with_context(|| format!("{api:?} is no address"))?;
    url.path_segments_mut()
        .map_err(|()| anyhow::anyhow!("{api:?} is no address of a server"))?
        .pop_if_empty()
        .extend(["api", "v1"])
        .extend(path);
    url.query_pairs_mut()
        .extend_pairs(query.iter().map(|(name, value)| (*name, value.as_str())));
    let mut response = reqwest::get(url.clone())
        .await
        .with_context(|| format!("the query API at {api} does not answer; is it running?"))?;
    let status = response.status();
    if !status.is_success() {
        let problem = response.bytes().await.unwrap_or_default();
        let problem: Value = serde_json::from_slice(&problem)
            .with_context(|| format!("{url} answered {status} and no JSON"))?;
        let text = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
        bail!("{}: {}", text("title"), text("detail"));
    }
    let cut_off = || format!("{url} was not answered to the end");
    while let Some(piece) = response.chunk().await.with_context(cut_off)? {
        to.write_all(&piece)?;
    }
    Ok(())
}
