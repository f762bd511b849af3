//! `serve`: one service against given servers; `migrate`.

use anyhow::Context;
use event_log::EventLog;
use runtime::Shutdown;

use crate::cli::{Options, Serve, Service};
use crate::services::{open_pool, spawn_command_api, spawn_projector, spawn_query_api};

pub(super) async fn serve(options: &Options, serve: &Serve) -> anyhow::Result<()> {
    let shutdown = Shutdown::default();
    match serve.service {
        Service::Projector => {
            let pool = open_pool(&options.database()?)?;
            if let Some(address) = serve.metrics_listen {
                runtime::metrics::serve(address)
                    .with_context(|| format!("cannot serve metrics at {address}"))?;
            }
            postgres::migrate(&pool).await?;
            let log = EventLog::connect(&options.log_settings()?).await?;
            log.declare_streams().await?;
            spawn_projector(&shutdown, pool, log, &serve.projecting);
        }
        Service::QueryApi => {
            let pool = open_pool(&options.database()?)?;
            let api = spawn_query_api(&shutdown, pool, &serve.listen.listen, None).await?;
            println!("The query API is at {api}.");
        }
        Service::CommandApi => {
            if let Some(address) = serve.metrics_listen {
                runtime::metrics::serve(address)
                    .with_context(|| format!("cannot serve metrics at {address}"))?;
            }
            let log = EventLog::connect(&options.log_settings()?).await?;
            log.declare_streams().await?;
            let address = spawn_command_api(&shutdown, &log, &serve.listen.webhooks).await?;
            println!("Webhooks are taken at {address}/webhooks/github.");
        }
    }
    Ok(shutdown.wait().await?)
}

pub(super) async fn migrate(options: &Options) -> anyhow::Result<()> {
    let pool = open_pool(&options.database()?)?;
    postgres::migrate(&pool).await?;
    println!("The database is at this version's schema.");
    Ok(())
}
