//! A private Postgres.

use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};

use sqlx::{Connection, PgConnection};

use super::child::{Server, check_reachable, command, make_owned};
use super::{Binaries, PartError, free_port};

/// A Postgres server on the loopback interface.
#[derive(Debug)]
pub struct Postgres {
    binaries: PathBuf,
    data: PathBuf,
    log: PathBuf,
    port: u16,
    server: Server,
}

impl Postgres {
    /// Starts a server on a data directory, which is made when there is none.
    ///
    /// # Errors
    /// [`PartError`] naming what failed and where its log is.
    pub async fn start(binaries: &Binaries, directory: &Path) -> Result<Self, PartError> {
        let directory = std::path::absolute(directory)
            .map_err(PartError::io(format!("resolve {}", directory.display())))?;
        make_owned(&directory)?;
        check_reachable(&binaries.postgres.join("postgres"))?;
        let data = directory.join("data");
        if !data.join("PG_VERSION").exists() {
            initialise(&binaries.postgres, &data)?;
        }
        let log = directory.join("postgres.log");
        let port = free_port()?;
        let server = launch(&binaries.postgres, &data, &log, port)?;
        let mut postgres = Self {
            binaries: binaries.postgres.clone(),
            data,
            log,
            port,
            server,
        };
        postgres.wait().await?;
        Ok(postgres)
    }

    /// The address of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The process id of the postmaster.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.server.pid()
    }

    /// Makes a database when there is none of that name.
    ///
    /// # Errors
    /// What the server answers.
    pub async fn ensure_database(&self, name: &str) -> Result<(), sqlx::Error> {
        let mut connection = PgConnection::connect(&self.url("postgres")).await?;
        let exists: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(name)
                .fetch_one(&mut connection)
                .await?;
        if !exists {
            let quoted = name.replace('"', "\"\"");
            let statement = format!("CREATE DATABASE \"{quoted}\"");
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
                .execute(&mut connection)
                .await?;
        }
        connection.close().await
    }

    /// Ends the server at once, as if the machine had lost it.
    pub fn kill(&mut self) {
        self.server.kill();
    }

    /// Starts the server again on the same port and data.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub async fn restart(&mut self) -> Result<(), PartError> {
        self.server.kill();
        self.server = launch(&self.binaries, &self.data, &self.log, self.port)?;
        self.wait().await
    }

    /// Stops the server in order: clients are cut off, data is written out.
    pub async fn stop(&mut self) {
        self.server.stop("INT").await;
    }

    async fn wait(&mut self) -> Result<(), PartError> {
        let url = self.url("postgres");
        let answers = || async {
            match PgConnection::connect(&url).await {
                Ok(connection) => connection.close().await.is_ok(),
                Err(_) => false,
            }
        };
        self.server.wait_until(&self.log, answers).await
    }
}

fn initialise(binaries: &Path, data: &Path) -> Result<(), PartError> {
    let output = command(&binaries.join("initdb"))
        .arg("-D")
        .arg(data)
        .args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ])
        .output()
        .map_err(PartError::io("run initdb"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(PartError::Failed {
        program: "initdb".to_owned(),
        output: said,
    })
}

fn launch(binaries: &Path, data: &Path, log: &Path, port: u16) -> Result<Server, PartError> {
    // Backends of a killed postmaster notice its end by themselves; until the
    // last is gone, a new one cannot use the data.
    wait_for_orphans(data, port);
    let mut postgres = command(&binaries.join("postgres"));
    postgres
        .arg("-D")
        .arg(data)
        .args(["-p", &port.to_string(), "-h", "127.0.0.1"]);
    for setting in [
        "unix_socket_directories=",
        "shared_buffers=256MB",
        "max_connections=100",
        "max_wal_size=2GB",
        "checkpoint_completion_target=0.9",
        "random_page_cost=1.1",
        "effective_io_concurrency=100",
    ] {
        postgres.args(["-c", setting]);
    }
    Server::start("Postgres", postgres, log)
}

/// Waits until nothing listens on the port and the lock file's process, if a
/// server was killed here, is gone.
fn wait_for_orphans(data: &Path, port: u16) {
    let lock = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let former = lock
        .lines()
        .next()
        .map(|pid| PathBuf::from(format!("/proc/{pid}")));
    for _ in 0..500 {
        let listening = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        let running = former.as_ref().is_some_and(|process| process.exists());
        if !listening && !running {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
