//! The stage of a round: servers, services, and a proxy on every way between
//! them.

use std::path::{Path, PathBuf};

use anyhow::Context;
use event_log::LogSettings;
use sqlx::PgPool;
use tempfile::TempDir;

use super::disk::Disk;
use super::fault::{Link, Trouble};
use super::process::{Handle, Invocation, Order, Service};
use super::proxy::Proxy;
use super::schedule::Shape;
use super::servers::{DATABASE, Servers, free_port};
use crate::harness::program;

/// How long a projector may be silent: short, so that a round sees many
/// changes of owner.
const LEASE_SECONDS: &str = "0.7";

/// Small transactions, so that kills fall between and into many.
const LARGEST_BATCH: &str = "200";

/// Everything a round runs on.
pub struct Stage {
    /// The servers.
    pub servers: Servers,
    /// The database, without a proxy.
    pub pool: PgPool,
    /// The projectors.
    pub projectors: Vec<Service>,
    /// The query API.
    pub api: Service,
    /// The query API's address.
    pub api_url: String,
    /// Sends signals to the running `ingest`.
    pub scraper: Handle,
    /// Disks of the log and of Postgres, where they could be mounted.
    pub disks: Option<(Disk, Disk)>,
    publisher_log: Vec<Proxy>,
    projector_log: Vec<Vec<Proxy>>,
    projector_database: Vec<Proxy>,
    api_database: Proxy,
    program: PathBuf,
    directory: TempDir,
}

/// Where orders for the scraper arrive.
pub type ScraperOrders = tokio::sync::mpsc::UnboundedReceiver<Order>;

impl Stage {
    /// Starts everything, with all streams and tables there.
    ///
    /// # Errors
    /// When a program is missing or fails.
    pub async fn start(shape: Shape) -> anyhow::Result<(Self, ScraperOrders)> {
        // Once a process; a second call finds it done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = tempfile::Builder::new()
            .prefix("leaderboard-torture-")
            .tempdir()?;
        // Servers may run as another user, who must be able to enter.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open)?;
        let disks = mount_disks(directory.path(), shape)?;
        let servers = Servers::start(directory.path(), shape.log_servers).await?;
        let pool = prepare(&servers).await?;
        let database_port = port_of(&servers.database_url)?;
        let publisher_log = log_proxies(&servers).await?;
        let api_database = Proxy::start(database_port).await?;
        let mut projector_log = Vec::new();
        let mut projector_database = Vec::new();
        let mut projectors = Vec::new();
        let program = program()?;
        for number in 0..shape.projectors {
            let log = log_proxies(&servers).await?;
            let database = Proxy::start(database_port).await?;
            let mut arguments = log_arguments(&log);
            arguments.extend(["--database-url".to_owned(), database_url(&database)]);
            arguments.extend(words("--log-level info serve projector --lease"));
            arguments.extend(words(LEASE_SECONDS));
            arguments.extend(words("--largest-batch"));
            arguments.extend(words(LARGEST_BATCH));
            let name = format!("projector-{number}.log");
            let invocation = invocation(&program, arguments, directory.path(), &name);
            projectors.push(Service::start(invocation));
            projector_log.push(log);
            projector_database.push(database);
        }
        let listen = format!("127.0.0.1:{}", free_port()?);
        let mut arguments = vec!["--database-url".to_owned(), database_url(&api_database)];
        arguments.extend(words("--log-level info serve query-api --listen"));
        arguments.push(listen.clone());
        let invocation = invocation(&program, arguments, directory.path(), "query-api.log");
        let (scraper, orders) = Handle::new();
        let stage = Self {
            servers,
            pool,
            projectors,
            api: Service::start(invocation),
            api_url: format!("http://{listen}"),
            scraper,
            disks,
            publisher_log,
            projector_log,
            projector_database,
            api_database,
            program,
            directory,
        };
        Ok((stage, orders))
    }

    /// Where the round keeps its files.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Leaves the files where they are when the round is over.
    pub fn keep_files(&mut self) {
        self.directory.disable_cleanup(true);
    }

    /// Ends the round and removes its files.
    pub fn discard(mut self) {
        self.directory.disable_cleanup(false);
    }

    /// An `ingest` of one file, through the publishers' proxies.
    #[must_use]
    pub fn ingest(&self, file: &Path) -> Invocation {
        let mut arguments = log_arguments(&self.publisher_log);
        arguments.extend(words("--log-level info ingest"));
        arguments.push(file.display().to_string());
        invocation(
            &self.program,
            arguments,
            self.directory.path(),
            "ingest.log",
        )
    }

    /// How other publishers reach the log: through the same proxies.
    #[must_use]
    pub fn publisher_settings(&self) -> LogSettings {
        LogSettings {
            url: log_url(&self.publisher_log),
            credentials: None,
            replicas: self.replicas(),
        }
    }

    fn replicas(&self) -> usize {
        self.servers.nats.len()
    }

    /// Brings trouble to a link, or takes it away.
    pub fn trouble(&self, link: Link, trouble: Option<Trouble>) {
        let proxies: Vec<&Proxy> = match link {
            Link::PublisherLog => self.publisher_log.iter().collect(),
            Link::ProjectorLog(number) => self
                .projector_log
                .get(number)
                .into_iter()
                .flatten()
                .collect(),
            Link::ProjectorDatabase(number) => {
                self.projector_database.get(number).into_iter().collect()
            }
            Link::ApiDatabase => vec![&self.api_database],
            Link::LogRoutes(number) => {
                let routes = self.servers.routes.iter();
                let own =
                    routes.filter(|route| [route.between.0, route.between.1].contains(&number));
                own.map(|route| &route.proxy).collect()
            }
        };
        for proxy in proxies {
            proxy.set(trouble);
        }
    }
}

fn mount_disks(directory: &Path, shape: Shape) -> anyhow::Result<Option<(Disk, Disk)>> {
    if !shape.disks {
        return Ok(None);
    }
    let log = Disk::mount(&directory.join("nats-0"))?;
    let database = Disk::mount(&directory.join("postgres"))?;
    Ok(log.zip(database))
}

async fn prepare(servers: &Servers) -> anyhow::Result<PgPool> {
    let pool = postgres::connect(&postgres::PoolSettings {
        url: servers.database_url.clone(),
        max_connections: 4,
        application_name: "torture".to_owned(),
    })?;
    postgres::migrate(&pool).await?;
    servers.log().await?.declare_streams().await?;
    Ok(pool)
}

async fn log_proxies(servers: &Servers) -> anyhow::Result<Vec<Proxy>> {
    let mut proxies = Vec::new();
    for url in &servers.nats_urls {
        proxies.push(Proxy::start(port_of(url)?).await?);
    }
    Ok(proxies)
}

fn log_url(proxies: &[Proxy]) -> String {
    let urls = proxies
        .iter()
        .map(|proxy| format!("nats://127.0.0.1:{}", proxy.port()));
    urls.collect::<Vec<_>>().join(",")
}

fn log_arguments(proxies: &[Proxy]) -> Vec<String> {
    vec![
        "--nats-url".to_owned(),
        log_url(proxies),
        "--nats-replicas".to_owned(),
        proxies.len().to_string(),
    ]
}

fn database_url(proxy: &Proxy) -> String {
    format!("postgres://postgres@127.0.0.1:{}/{DATABASE}", proxy.port())
}

fn port_of(url: &str) -> anyhow::Result<u16> {
    let after = url.rsplit(':').next().unwrap_or_default();
    let port = after.split('/').next().unwrap_or_default();
    port.parse().with_context(|| format!("no port in {url}"))
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn invocation(program: &Path, arguments: Vec<String>, directory: &Path, log: &str) -> Invocation {
    Invocation {
        program: program.to_owned(),
        arguments,
        log: directory.join(log),
    }
}
