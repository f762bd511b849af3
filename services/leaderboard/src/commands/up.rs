//! `up`: everything in one process.

use runtime::Shutdown;

use crate::cli::jobs::{Scheduling, Working};
use crate::cli::{Listen, Options, Projecting, Up};
use crate::embedded::Embedded;
use crate::endpoints::Endpoints;
use crate::services::{
    spawn_command_api, spawn_projector, spawn_query_api, spawn_scheduler, spawn_worker,
};

/// Everything that runs, and where.
pub(super) struct Running {
    pub(super) embedded: Embedded,
    pub(super) shutdown: Shutdown,
    pub(super) api: String,
}

/// Starts the servers and all services.
pub(super) async fn start(
    options: &Options,
    listen: &Listen,
    scheduling: &Scheduling,
    working: &Working,
    demo_notice: Option<String>,
) -> anyhow::Result<Running> {
    let embedded = Embedded::start(options).await?;
    let shutdown = Shutdown::default();
    let (pool, log) = (embedded.pool.clone(), embedded.log.clone());
    spawn_projector(&shutdown, pool, log, &Projecting::default());
    let pool = embedded.pool.clone();
    let api = spawn_query_api(&shutdown, pool, &listen.listen, demo_notice).await?;
    let webhooks = &listen.webhooks;
    if webhooks.secrets().chain(webhooks.keys()).next().is_some() {
        let address = spawn_command_api(&shutdown, &embedded.log, &listen.webhooks).await?;
        println!("Webhooks and commands are taken at {address}.");
    }
    spawn_scheduler(&shutdown, &embedded.log, scheduling)?;
    spawn_worker(&shutdown, &embedded.log, &embedded.pool, working)?;
    let endpoints = Endpoints {
        api: Some(api.clone()),
        nats: Some(embedded.nats.url()),
        database: Some(embedded.database_url()),
    };
    endpoints.write(&options.data_dir)?;
    Ok(Running {
        embedded,
        shutdown,
        api,
    })
}

impl Running {
    /// Runs until it is told to stop, then stops everything in order.
    pub(super) async fn wait(self, options: &Options) -> anyhow::Result<()> {
        let outcome = self.shutdown.wait().await;
        Endpoints::remove(&options.data_dir);
        self.embedded.stop().await;
        Ok(outcome?)
    }
}

pub(super) async fn up(options: &Options, up: &Up) -> anyhow::Result<()> {
    let running = start(options, &up.listen, &up.scheduling, &up.working, None).await?;
    println!("Leaderboard is at {}; Ctrl-C stops it.", running.api);
    running.wait(options).await
}
