//! `serve`: one service against given servers; `migrate`.

use anyhow::Context;
use event_log::EventLog;
use runtime::Shutdown;

use crate::cli::{Options, Serve, Service};
use crate::services::{
    open_pool, spawn_command_api, spawn_projector, spawn_query_api, spawn_scheduler, spawn_worker,
};

pub(super) async fn serve(options: &Options, serve: &Serve) -> anyhow::Result<()> {
    let shutdown = Shutdown::default();
    match serve.service {
        Service::Projector => {
            let pool = open_pool(&options.database()?)?;
            serve_metrics(serve)?;
            postgres::migrate(&pool).await?;
            let log = EventLog::connect(&options.log_settings()?).await?;
            log.declare_streams().await?;
            spawn_projector(&shutdown, pool, log, &serve.projecting);
        }
        Service::QueryApi => {
            let pool = open_pool(&options.database()?)?;
            let api = spawn_query_api(&shutdown, pool, &serve.listen, None).await?;
            println!("The query API is at {api}.");
        }
        Service::CommandApi => {
            serve_metrics(serve)?;
            let log = EventLog::connect(&options.log_settings()?).await?;
            log.declare_streams().await?;
            let address = spawn_command_api(&shutdown, &log, &serve.listen.webhooks).await?;
            println!("Webhooks and commands are taken at {address}.");
        }
        Service::Scheduler => {
            serve_metrics(serve)?;
            let log = EventLog::connect(&options.log_settings()?).await?;
            log.declare_streams().await?;
            spawn_scheduler(&shutdown, &log, &serve.scheduling)?;
        }
        Service::Worker => {
            serve_metrics(serve)?;
            let pool = open_pool(&options.database()?)?;
            let log = EventLog::connect(&options.log_settings()?).await?;
            log.declare_streams().await?;
            let api = options.api_url().ok();
            spawn_worker(&shutdown, &log, &pool, &serve.working, api.as_deref())?;
        }
    }
    Ok(shutdown.wait().await?)
}

fn serve_metrics(serve: &Serve) -> anyhow::Result<()> {
    if let Some(address) = serve.metrics_listen {
        runtime::metrics::serve(address)
            .with_context(|| format!("cannot serve metrics at {address}"))?;
    }
    Ok(())
}

pub(super) async fn migrate(options: &Options) -> anyhow::Result<()> {
    let pool = open_pool(&options.database()?)?;
    postgres::migrate(&pool).await?;
    println!("The database is at this version's schema.");
    Ok(())
}
