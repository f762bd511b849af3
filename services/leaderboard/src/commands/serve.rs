//! `serve`: one service against given servers; `migrate`, `declare` and `probe`.

use std::time::Duration;

use anyhow::{Context, bail};
use runtime::Shutdown;
use sqlx::PgPool;

use crate::cli::{Options, Probe, Serve, Service};
use crate::services::{
    Databases, follow_log_level, open_pool, spawn_command_api, spawn_notifier, spawn_projector,
    spawn_query_api, spawn_scheduler, spawn_worker,
};

/// How long a service may take to answer that it is well.
const PROBE_LIMIT: Duration = Duration::from_secs(5);

pub(super) async fn serve(options: &Options, serve: &Serve) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    follow_log_level(&shutdown, options);
    match serve.service {
        Service::Projector => {
            let pool = open_pool(&options.database()?).await?;
            serve_metrics(serve)?;
            crate::services::migrate(&pool).await?;
            let log = options.connect_log().await?;
            log.declare_streams().await?;
            spawn_projector(&shutdown, pool, log, &serve.projecting);
        }
        Service::QueryApi => {
            let databases = Databases {
                pool: open_pool(&options.database()?).await?,
                changes: open_given(serve.changes_database_url.as_deref()).await?,
                standby: open_given(serve.replica_database_url.as_deref()).await?,
            };
            let api = spawn_query_api(&shutdown, databases, &serve.listen, None).await?;
            println!("The query API is at {api}.");
        }
        Service::CommandApi => {
            serve_metrics(serve)?;
            let log = options.connect_log().await?;
            log.declare_streams().await?;
            let address = spawn_command_api(&shutdown, &log, &serve.listen).await?;
            println!("Webhooks and commands are taken at {address}.");
        }
        Service::Scheduler => {
            serve_metrics(serve)?;
            let log = options.connect_log().await?;
            log.declare_streams().await?;
            spawn_scheduler(&shutdown, &log, &serve.scheduling)?;
        }
        Service::Worker => {
            serve_metrics(serve)?;
            let pool = open_pool(&options.database()?).await?;
            let log = options.connect_log().await?;
            log.declare_streams().await?;
            let api = options.api_url().ok();
            spawn_worker(&shutdown, &log, &pool, &serve.working, api.as_deref())?;
        }
        Service::Notifier => {
            serve_metrics(serve)?;
            let log = options.connect_log().await?;
            log.declare_streams().await?;
            let api = options.api_url().ok();
            let served = spawn_notifier(&shutdown, &log, &serve.notifying, api.as_deref())?;
            if served == 0 {
                bail!("there is nobody to tell: give a file of webhooks with --subscribers");
            }
            println!("{served} webhooks are told of what they want.");
        }
    }
    Ok(shutdown.wait().await?)
}

/// Opens the pool of an address, if one is given.
async fn open_given(url: Option<&str>) -> anyhow::Result<Option<PgPool>> {
    match url.filter(|url| !url.is_empty()) {
        Some(url) => Ok(Some(open_pool(url).await?)),
        None => Ok(None),
    }
}

fn serve_metrics(serve: &Serve) -> anyhow::Result<()> {
    if let Some(address) = serve.metrics_listen {
        runtime::metrics::serve(address)
            .with_context(|| format!("cannot serve metrics at {address}"))?;
    }
    Ok(())
}

pub(super) async fn probe(probe: &Probe) -> anyhow::Result<()> {
    let asking = reqwest::Client::builder().timeout(PROBE_LIMIT).build()?;
    let answer = asking.get(&probe.url).send().await;
    let status = answer
        .with_context(|| format!("nothing answers at {}", probe.url))?
        .status();
    if !status.is_success() {
        bail!("{} answers {status}", probe.url);
    }
    Ok(())
}

pub(super) async fn declare(options: &Options) -> anyhow::Result<()> {
    let log = options.connect_log().await?;
    log.declare_streams().await?;
    println!("The log's streams are as this version declares them.");
    Ok(())
}

pub(super) async fn migrate(options: &Options) -> anyhow::Result<()> {
    let pool = open_pool(&options.database()?).await?;
    crate::services::migrate(&pool).await?;
    println!("The database is at this version's schema.");
    Ok(())
}
