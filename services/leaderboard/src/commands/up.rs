//! `up`: everything in one process.
//!
//! Whoever reads waits for the database only. The log's server looks through
//! all subjects it stores before it answers, which takes the longer the more
//! there are; it does so beside, and the projector begins when it is done.

use runtime::Shutdown;

use crate::cli::jobs::{Scheduling, Working};
use crate::cli::{Listen, Options, Projecting, Up};
use crate::embedded::{EmbeddedDatabase, EmbeddedLog};
use crate::endpoints::Endpoints;
use crate::services::{
    follow_log_level, spawn_command_api, spawn_notifier, spawn_projector, spawn_query_api,
    spawn_scheduler, spawn_worker,
};

/// What answers questions.
struct Reading {
    database: EmbeddedDatabase,
    shutdown: Shutdown,
    api: String,
}

/// Everything that runs, and where.
pub(super) struct Running {
    pub(super) database: EmbeddedDatabase,
    pub(super) log: EmbeddedLog,
    pub(super) shutdown: Shutdown,
    pub(super) api: String,
}

/// Starts the servers and all services; nothing, when it is asked to stop meanwhile.
pub(super) async fn start(
    options: &Options,
    listen: &Listen,
    scheduling: &Scheduling,
    working: &Working,
    demo_notice: Option<String>,
    shutdown: &Shutdown,
) -> anyhow::Result<Option<Running>> {
    let opening = async {
        tokio::try_join!(
            Reading::start(options, listen, demo_notice, shutdown),
            EmbeddedLog::start(options),
        )
    };
    let (reading, log) = tokio::select! {
        opened = opening => opened?,
        // What was begun ends with this.
        () = shutdown.asked() => return Ok(None),
    };
    let running = reading.take_in(log, options, listen, scheduling, working);
    running.await.map(Some)
}

impl Reading {
    /// Starts the database and the query API.
    async fn start(
        options: &Options,
        listen: &Listen,
        demo_notice: Option<String>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Self> {
        let database = EmbeddedDatabase::start(options).await?;
        let shutdown = shutdown.clone();
        follow_log_level(&shutdown, options);
        let pool = database.pool.clone();
        let api = spawn_query_api(&shutdown, pool.into(), listen, demo_notice).await?;
        let reading = Self {
            database,
            shutdown,
            api,
        };
        reading.write_endpoints(options, None, None)?;
        Ok(reading)
    }

    fn write_endpoints(
        &self,
        options: &Options,
        nats: Option<String>,
        commands: Option<String>,
    ) -> anyhow::Result<()> {
        let endpoints = Endpoints {
            api: Some(self.api.clone()),
            nats,
            database: Some(self.database.url()),
            commands,
        };
        endpoints.write(&options.data_dir)
    }

    /// Starts the services that work with the log.
    async fn take_in(
        self,
        log: EmbeddedLog,
        options: &Options,
        listen: &Listen,
        scheduling: &Scheduling,
        working: &Working,
    ) -> anyhow::Result<Running> {
        let pool = self.database.pool.clone();
        spawn_projector(
            &self.shutdown,
            pool,
            log.log.clone(),
            &Projecting::default(),
        );
        let mut commands = None;
        if listen.takes_anything() {
            let address = spawn_command_api(&self.shutdown, &log.log, listen).await?;
            println!("Webhooks and commands are taken at {address}.");
            commands = Some(address);
        }
        spawn_scheduler(&self.shutdown, &log.log, scheduling)?;
        let (pool, api) = (&self.database.pool, Some(self.api.as_str()));
        spawn_worker(&self.shutdown, &log.log, pool, working, api)?;
        self.write_endpoints(options, Some(log.url()), commands)?;
        Ok(Running {
            database: self.database,
            log,
            shutdown: self.shutdown,
            api: self.api,
        })
    }

    /// Stops what runs.
    async fn stop(self, options: &Options) -> anyhow::Result<()> {
        self.shutdown.stop();
        let outcome = self.shutdown.wait().await;
        Endpoints::remove(&options.data_dir);
        self.database.stop().await;
        Ok(outcome?)
    }
}

impl Running {
    /// Runs, with its servers, until it is told to stop, then stops everything in order.
    pub(super) async fn wait(mut self, options: &Options) -> anyhow::Result<()> {
        let outcome = tokio::select! {
            outcome = self.shutdown.wait() => outcome,
            never = self.database.keep() => match never {},
            never = self.log.keep() => match never {},
        };
        Endpoints::remove(&options.data_dir);
        tokio::join!(self.database.stop(), self.log.stop());
        Ok(outcome?)
    }
}

pub(super) async fn up(options: &Options, up: &Up) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    let opening = EmbeddedLog::start(options);
    tokio::pin!(opening);
    let reading = Reading::start(options, &up.listen, None, &shutdown);
    tokio::pin!(reading);
    let mut log = None;
    let reading = loop {
        tokio::select! {
            opened = &mut opening, if log.is_none() => log = Some(opened?),
            reading = &mut reading => break reading?,
            // What was begun ends with this.
            () = shutdown.asked() => return Ok(()),
        }
    };
    println!("Leaderboard is at {}; Ctrl-C stops it.", reading.api);
    let log = match log {
        Some(log) => log,
        None => tokio::select! {
            log = opening => log?,
            () = reading.shutdown.asked() => return reading.stop(options).await,
        },
    };
    let running = reading
        .take_in(log, options, &up.listen, &up.scheduling, &up.working)
        .await?;
    let (log, api) = (&running.log.log, Some(running.api.as_str()));
    let told = spawn_notifier(&running.shutdown, log, &up.notifying, api)?;
    if told > 0 {
        println!("{told} webhooks are told of what they want.");
    }
    println!("Events are taken in.");
    running.wait(options).await
}
