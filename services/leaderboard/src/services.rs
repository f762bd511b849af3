//! The services of this process.

use std::sync::Arc;

use anyhow::Context;
use command_api::{Secrets, Webhooks};
use event_log::EventLog;
use postgres::PoolSettings;
use projector::ProjectorSettings;
use query_api::{Api, Settings};
use runtime::{Shutdown, SystemClock};
use sqlx::PgPool;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::cli::Projecting;
use crate::cli::webhooks::WebhookOptions;

pub(crate) fn open_pool(url: &str) -> anyhow::Result<PgPool> {
    let settings = PoolSettings {
        url: url.to_owned(),
        max_connections: 16,
        application_name: "leaderboard".to_owned(),
    };
    postgres::connect(&settings).context("the database's address cannot be read")
}

/// Starts the projector.
pub(crate) fn spawn_projector(
    shutdown: &Shutdown,
    pool: PgPool,
    log: EventLog,
    projecting: &Projecting,
) {
    let settings = ProjectorSettings {
        // Unique over machines and containers, where process ids repeat.
        owner: format!("projector-{}", Uuid::now_v7()),
        lease: projecting.lease,
        largest_batch: projecting.largest_batch.max(1),
    };
    let stop = shutdown.token();
    shutdown.spawn("projector", projector::run(pool, log, settings, stop));
}

/// Starts the query API; returns its address.
pub(crate) async fn spawn_query_api(
    shutdown: &Shutdown,
    pool: PgPool,
    listen: &str,
    demo_notice: Option<String>,
) -> anyhow::Result<String> {
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with --listen")
    })?;
    let address = listener.local_addr()?;
    let metrics = runtime::metrics::install()?;
    let settings = Settings {
        demo_notice,
        ..Settings::default()
    };
    let render = move || metrics.render();
    let api = Arc::new(Api::new(
        pool,
        settings,
        Arc::new(SystemClock),
        Arc::new(render),
    ));
    shutdown.spawn(
        "query API",
        query_api::serve(api, listener, shutdown.token()),
    );
    Ok(format!("http://{address}"))
}

/// Starts the command API; returns its address.
pub(crate) async fn spawn_command_api(
    shutdown: &Shutdown,
    log: &EventLog,
    options: &WebhookOptions,
) -> anyhow::Result<String> {
    let listen = &options.listen;
    let secrets = Secrets::new(options.secrets.iter().map(String::as_str))
        .context("give the webhooks' secret in LEADERBOARD_WEBHOOK_SECRETS")?;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with --webhook-listen")
    })?;
    let address = listener.local_addr()?;
    let webhooks = Arc::new(Webhooks {
        publisher: log.publisher(),
        secrets,
        clock: Arc::new(SystemClock),
    });
    let serving = command_api::serve(webhooks, listener, shutdown.token());
    shutdown.spawn("command API", serving);
    Ok(format!("http://{address}"))
}
