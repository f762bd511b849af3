//! A private Postgres.

use std::path::{Path, PathBuf};
use std::time::Duration;

use backon::{ConstantBuilder, Retryable};
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
    pub(super) server: Server,
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
        let binaries = binaries.postgres.clone();
        let server = launch(&binaries, &data, &log, port).await?;
        Ok(Self {
            binaries,
            data,
            log,
            port,
            server,
        })
    }

    /// The address of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The file that the server writes its log to.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
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
        self.server = launch(&self.binaries, &self.data, &self.log, self.port).await?;
        Ok(())
    }

    /// Stops the server in order: clients are cut off, data is written out.
    pub async fn stop(&mut self) {
        self.server.stop("INT").await;
    }
}

/// An eighth of the machine's memory: a quarter is what Postgres recommends to
/// a server of its own (19.4, shared_buffers), and here are others.
fn megabytes_to_share() -> u64 {
    let memory = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    let kilobytes: u64 = total.and_then(|text| text.parse().ok()).unwrap_or_default();
    (kilobytes / 1024 / 8).clamp(256, 4_096)
}

fn initialise(binaries: &Path, data: &Path) -> Result<(), PartError> {
    let output = command(&binaries.join("initdb"))
        .arg("-D")
        .arg(data)
        .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"])
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

/// Starts the server and waits until it answers. Backends of a postmaster
/// that was killed notice its end by themselves; until the last is gone, a new
/// one finds the data in use and is started again.
async fn launch(binaries: &Path, data: &Path, log: &Path, port: u16) -> Result<Server, PartError> {
    let patience = ConstantBuilder::default()
        .with_delay(Duration::from_millis(50))
        .with_max_times(400);
    (|| start_once(binaries, data, log, port))
        .retry(patience)
        .when(|error| {
            matches!(error, PartError::Failed { output, .. }
                if output.contains("is still in use") || output.contains("lock file"))
        })
        .await
}

async fn start_once(
    binaries: &Path,
    data: &Path,
    log: &Path,
    port: u16,
) -> Result<Server, PartError> {
    let mut postgres = command(&binaries.join("postgres"));
    postgres
        .arg("-D")
        .arg(data)
        .args(["-p", &port.to_string(), "-h", "127.0.0.1"]);
    let shared_buffers = format!("shared_buffers={}MB", megabytes_to_share());
    for setting in [
        "unix_socket_directories=",
        &shared_buffers,
        "max_connections=100",
        // After each checkpoint every page is written whole once more. While
        // millions of contributions are caught up with, that would be most of
        // what is written.
        "max_wal_size=8GB",
        "checkpoint_completion_target=0.9",
        "random_page_cost=1.1",
        "effective_io_concurrency=100",
    ] {
        postgres.args(["-c", setting]);
    }
    let mut server = Server::start("Postgres", postgres, log)?;
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    let answers = || async {
        match PgConnection::connect(&url).await {
            Ok(connection) => connection.close().await.is_ok(),
            Err(_) => false,
        }
    };
    server.wait_until(log, answers).await?;
    Ok(server)
}
