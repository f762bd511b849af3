//! A standby of a Postgres, by streaming replication.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use leaderboard::parts::Binaries;

use crate::harness::workspace;
use crate::torture::servers::free_port;

/// Whom Postgres runs as where tests are run by root.
const NOBODY: u32 = 65_534;

/// A standby that follows a primary until it is dropped.
pub struct Follower {
    programs: PathBuf,
    data: PathBuf,
    port: u16,
    process: Child,
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Follower {
    /// Copies the primary into a directory, which servers may enter, and follows it
    /// from there.
    ///
    /// # Errors
    /// When a program is missing or fails.
    pub fn of(primary: &str, directory: &Path) -> anyhow::Result<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let tools = workspace().join(".tools");
        let programs = Binaries::locate(&path.to_string_lossy(), &tools)?.postgres;
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(directory, Some(NOBODY), Some(NOBODY))?;
        }
        let data = directory.join("standby");
        // Beside the server, or on the path: links to the server have none beside them.
        let copier = programs.join("pg_basebackup");
        let copier = Some(copier).filter(|program| program.exists());
        let copied = as_nobody(&copier.unwrap_or_else(|| "pg_basebackup".into()))
            .arg("-D")
            .arg(&data)
            .args(["-R", "-X", "stream", "-c", "fast", "-d", primary])
            .current_dir(directory)
            .output()
            .context("running pg_basebackup")?;
        let said = String::from_utf8_lossy(&copied.stderr);
        ensure!(copied.status.success(), "{said}");
        let port = free_port()?;
        let process = launch(&programs, &data, port)?;
        Ok(Self {
            programs,
            data,
            port,
            process,
        })
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        // One that has ended already is what is wanted.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Ends it, and starts it again in its place.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn restart(&mut self) -> anyhow::Result<()> {
        self.kill();
        self.process = launch(&self.programs, &self.data, self.port)?;
        Ok(())
    }

    /// The address of a database of it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

fn launch(programs: &Path, data: &Path, port: u16) -> anyhow::Result<Child> {
    as_nobody(&programs.join("postgres"))
        .arg("-D")
        .arg(data)
        .args(["-p", &port.to_string(), "-h", "127.0.0.1"])
        .args(["-c", "unix_socket_directories="])
        .current_dir(data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("starting the standby")
}

fn as_nobody(program: &Path) -> Command {
    let mut command = Command::new(program);
    if rustix::process::geteuid().is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}
