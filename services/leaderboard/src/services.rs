//! The services of this process.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use command_api::{Commands, Doors, Entrance, Secrets, Webhooks};
use domain::RepositoryName;
use event_log::EventLog;
use jobs::WorkerSettings;
use notifier::{Delivery, NotifierParts};
use postgres::PoolSettings;
use projector::{MaintenanceParts, ProjectorSettings, maintenance_handlers};
use query_api::{Api, Settings};
use reporter::{Issues, ReporterParts, Webhook};
use runtime::{CircuitBreaker, Clock, LogLevel, Shutdown, SystemClock, on_own_threads};
use scraper::repair::Comparison;
use scraper::work::{ResolveDeadLetters, ScrapingParts, publish_circuit_changes};
use sqlx::PgPool;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::cli::jobs::{Scheduling, Working};
use crate::cli::notifying::Notifying;
use crate::cli::{Listen, Options, Projecting};
use crate::commands::bigquery::bigquery_settings;
use crate::commands::ingest::archives;
use crate::commands::scrape::github_client;
use crate::commands::snapshot::signing_key;
use crate::entrance::gate;
use crate::letters::DatabaseLetters;

/// Opens a pool, unless it is plain already that no connection of it will ever
/// be made.
pub(crate) async fn open_pool(url: &str) -> anyhow::Result<PgPool> {
    let settings = PoolSettings {
        url: url.to_owned(),
        max_connections: 16,
        application_name: "leaderboard".to_owned(),
    };
    postgres::check(&settings).await?;
    postgres::connect(&settings).context("the database's address cannot be read")
}

/// Brings a database to this version's schema; a failure names the database.
pub(crate) async fn migrate(pool: &PgPool) -> anyhow::Result<()> {
    let migrated = postgres::migrate(pool).await;
    migrated.with_context(|| {
        let options = pool.connect_options();
        let name = options.get_database().unwrap_or_default();
        let (host, port) = (options.get_host(), options.get_port());
        format!("the database {name} at {host}:{port} is not ready")
    })
}

/// Follows the file that says what is logged, if there is one.
pub(crate) fn follow_log_level(shutdown: &Shutdown, options: &Options) {
    let file = &options.log_level_file;
    if let Some(log_level) = LogLevel::of_process().filter(|_| !file.is_empty()) {
        let following = runtime::follow_log_level(log_level, file.into(), shutdown.token());
        shutdown.spawn("log level", following);
    }
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
    let clock = Arc::new(SystemClock);
    let watching = projector::watch(pool.clone(), log.clone(), clock, shutdown.token());
    shutdown.spawn("projector's watch", watching);
    let running = projector::run(pool, log, settings, shutdown.token());
    shutdown.spawn("projector", async {
        let ended = on_own_threads("projector", running).await;
        ended
            .map_err(anyhow::Error::from)?
            .map_err(anyhow::Error::from)
    });
}

/// The databases of a query API.
pub(crate) struct Databases {
    pub(crate) pool: PgPool,
    /// What changes are heard of by, if not by the same.
    pub(crate) changes: Option<PgPool>,
    /// What is read instead, if anything.
    pub(crate) standby: Option<PgPool>,
}

impl From<PgPool> for Databases {
    fn from(pool: PgPool) -> Self {
        Self {
            pool,
            changes: None,
            standby: None,
        }
    }
}

/// Starts the query API; returns its address.
pub(crate) async fn spawn_query_api(
    shutdown: &Shutdown,
    databases: Databases,
    options: &Listen,
    demo_notice: Option<String>,
) -> anyhow::Result<String> {
    let listen = &options.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with --listen")
    })?;
    let address = listener.local_addr()?;
    let metrics = runtime::metrics::install()?;
    // An address that stands for all of them leads nobody anywhere.
    let own = (!address.ip().is_unspecified()).then(|| format!("http://{address}"));
    let settings = Settings {
        demo_notice,
        snapshot_key: signing_key(options.snapshots.key.as_deref())?,
        public_url: options.public_url.clone().or(own),
        streams: usize::try_from(options.streams).unwrap_or(usize::MAX),
        ..Settings::default()
    };
    let in_forms = metrics.clone();
    let render = move || metrics.render();
    let Databases {
        pool,
        changes,
        standby,
    } = databases;
    let changes = changes.unwrap_or_else(|| pool.clone());
    let mut api = Api::new(pool, settings, Arc::new(SystemClock), Arc::new(render));
    if let Some(standby) = standby {
        api = api.reading(standby);
    }
    let api = api
        .hearing_by(changes)
        .guarded_by(gate(shutdown, options)?)
        .telling_metrics(Arc::new(move |accepted| in_forms.render_as(accepted)))
        .describing_events(events::async_api_document())
        .describing_commands(serde_json::to_value(command_api::openapi())?);
    let api = Arc::new(api);
    shutdown.spawn(
        "query API",
        query_api::serve(api, listener, shutdown.token()),
    );
    Ok(format!("http://{address}"))
}

/// Starts the scheduler.
pub(crate) fn spawn_scheduler(
    shutdown: &Shutdown,
    log: &EventLog,
    scheduling: &Scheduling,
) -> anyhow::Result<()> {
    let mut schedule = scheduler::usual_schedule();
    if let Some(file) = &scheduling.file {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the schedule in {}", file.display()))?;
        schedule = scheduler::with_settings(schedule, &text)
            .with_context(|| format!("the schedule in {}", file.display()))?;
    }
    let running = scheduler::run(
        schedule,
        log.clone(),
        Arc::new(SystemClock),
        shutdown.token(),
    );
    shutdown.spawn("scheduler", running);
    Ok(())
}

/// Starts a worker that can do every job; what sources lack by comparison with
/// others it asks the query API at `api`, where one is known.
pub(crate) fn spawn_worker(
    shutdown: &Shutdown,
    log: &EventLog,
    pool: &PgPool,
    working: &Working,
    api: Option<&str>,
) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let scraping = ScrapingParts {
        log: log.clone(),
        clock: clock.clone(),
        github: Arc::new(github_client(&working.github)?),
        archives: archives(&working.archives)?,
        bigquery: bigquery_settings(&working.bigquery),
        bigquery_circuit: Arc::new(CircuitBreaker::of("bigquery")),
        floor: working.floor,
        comparison: api.map(Comparison::at).transpose()?,
    };
    let maintenance = MaintenanceParts {
        pool: pool.clone(),
        clock: clock.clone(),
    };
    let reporting = ReporterParts {
        log: log.clone(),
        clock: clock.clone(),
        webhook: webhook(working)?,
        issues: issues(working)?,
    };
    // Unique over machines and containers, where process ids repeat.
    let worker = format!("worker-{}", Uuid::now_v7());
    let publishing = publish_circuit_changes(&scraping, &worker, &shutdown.token());
    shutdown.spawn("changes of circuits", publishing);
    let mut handlers = scraper::work::handlers(&scraping);
    handlers.extend(reporter::handlers(&reporting));
    handlers.extend(maintenance_handlers(&maintenance));
    handlers.push(Arc::new(ResolveDeadLetters {
        parts: scraping,
        letters: Arc::new(DatabaseLetters(pool.clone())),
    }));
    let mut settings = WorkerSettings::usual(worker);
    settings.lease = Duration::from_secs(working.job_lease.max(3).into());
    if !working.queues.is_empty() {
        settings.queues.clone_from(&working.queues);
    }
    let running = jobs::work(log.clone(), handlers, settings, clock, shutdown.token());
    shutdown.spawn("worker", running);
    Ok(())
}

/// Starts the notifier, if there is a file of whom to tell; the query API at `api`
/// is asked for boards. Returns how many webhooks are served.
pub(crate) fn spawn_notifier(
    shutdown: &Shutdown,
    log: &EventLog,
    notifying: &Notifying,
    api: Option<&str>,
) -> anyhow::Result<usize> {
    let Some(file) = &notifying.subscribers else {
        return Ok(0);
    };
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the subscribers in {}", file.display()))?;
    let webhooks = notifier::webhooks(&text, api.is_some())
        .with_context(|| format!("the subscribers in {}", file.display()))?;
    let parts = NotifierParts {
        log: log.clone(),
        clock: Arc::new(SystemClock),
        api: api.map(str::to_owned),
        delivery: Delivery::new()?,
    };
    let count = webhooks.len();
    let running = notifier::run(webhooks, parts, shutdown.token());
    shutdown.spawn("notifier", async move {
        running.await;
        Ok::<(), std::convert::Infallible>(())
    });
    Ok(count)
}

fn webhook(working: &Working) -> anyhow::Result<Option<Webhook>> {
    let webhook = working.report_webhook.as_deref().map(Webhook::new);
    let webhook = webhook.transpose().map_err(anyhow::Error::msg);
    webhook.context("where reports are posted to (--report-webhook)")
}

fn issues(working: &Working) -> anyhow::Result<Option<Issues>> {
    let Some(repository) = &working.issues_repository else {
        return Ok(None);
    };
    let name = RepositoryName::entered(repository)?;
    let github = &working.github;
    let token = github.tokens.iter().find(|token| !token.is_empty());
    let token = token.context("issues need a GitHub token that may write them (--github-token)")?;
    let issues = Issues::new(&github.url, name.as_str(), token).map_err(anyhow::Error::msg)?;
    Ok(Some(issues))
}

/// Starts the command API; returns its address.
pub(crate) async fn spawn_command_api(
    shutdown: &Shutdown,
    log: &EventLog,
    options: &Listen,
) -> anyhow::Result<String> {
    let listen = &options.webhooks.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!("cannot listen on {listen}; choose another address with --webhook-listen")
    })?;
    let address = listener.local_addr()?;
    let doors = doors(shutdown, log, options)?;
    if let Some(log_level) = LogLevel::of_process() {
        let clock = Arc::new(SystemClock);
        let publishing =
            command_api::publish_level_changes(&log_level, log.clone(), clock, shutdown.token());
        shutdown.spawn("changes of the log level", publishing);
    }
    let serving = command_api::serve(doors, listener, shutdown.token());
    shutdown.spawn("command API", serving);
    Ok(format!("http://{address}"))
}

/// What is let in: webhooks where their secret is known, commands where keys are.
fn doors(shutdown: &Shutdown, log: &EventLog, options: &Listen) -> anyhow::Result<Doors> {
    if !options.takes_anything() {
        bail!(
            "nothing would be taken: give the webhooks' secret in LEADERBOARD_WEBHOOK_SECRETS, or keys in LEADERBOARD_KEYS_FILE or LEADERBOARD_COMMAND_KEYS"
        );
    }
    let mut doors = Doors {
        entrance: Arc::new(Entrance {
            gate: gate(shutdown, options)?,
            documentation: options.public_url.clone(),
        }),
        ..Doors::default()
    };
    let webhooks = &options.webhooks;
    if webhooks.secrets().next().is_some() {
        let secrets = Secrets::new(webhooks.secrets())?;
        doors.webhooks = Some(Arc::new(Webhooks {
            publisher: log.publisher(),
            secrets,
            clock: Arc::new(SystemClock),
        }));
    }
    if webhooks.keys().next().is_some() || options.access.keys_file().is_some() {
        doors.commands = Some(Arc::new(Commands {
            log: log.clone(),
            clock: Arc::new(SystemClock),
            log_level: LogLevel::of_process(),
        }));
    }
    Ok(doors)
}
