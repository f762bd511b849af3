//! Commands of the program, in processes of their own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::processes::Usage;

/// How often a process is looked at.
const LOOKS: Duration = Duration::from_millis(100);

/// The program, which is built beside this one.
pub(crate) fn program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("leaderboard");
    ensure!(
        program.exists(),
        "{} is not built; `make bench` builds it",
        program.display()
    );
    Ok(program)
}

pub(crate) fn command(tools: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(program()?);
    command.arg("--tools").arg(tools).kill_on_drop(true);
    Ok(command)
}

/// A directory that servers which run as somebody else can enter.
pub(crate) fn directory() -> anyhow::Result<TempDir> {
    let directory = tempfile::tempdir()?;
    std::fs::set_permissions(
        directory.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )?;
    Ok(directory)
}

/// Ends a process as an operator does.
pub(crate) async fn terminate(process: &mut Child) -> anyhow::Result<()> {
    let id = process.id().context("it has ended by itself")?;
    let id = i32::try_from(id).ok().and_then(Pid::from_raw);
    kill_process(id.context("no process id")?, Signal::TERM)?;
    process.wait().await?;
    Ok(())
}

/// A command that runs.
pub(crate) struct Running {
    process: Child,
    what: String,
}

impl Running {
    pub(crate) fn start(arguments: &[&str], tools: &Path) -> anyhow::Result<Self> {
        let process = command(tools)?
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Self {
            process,
            what: arguments.join(" "),
        })
    }

    /// Waits until it is done; returns the most memory it had, in bytes.
    pub(crate) async fn end(mut self) -> anyhow::Result<u64> {
        let id = self.process.id().context("it ended at once")?;
        let mut looks = tokio::time::interval(LOOKS);
        let mut peak = 0;
        loop {
            tokio::select! {
                ended = self.process.wait() => {
                    ensure!(ended?.success(), "leaderboard {} failed", self.what);
                    return Ok(peak);
                }
                _ = looks.tick() => peak = peak.max(Usage::peak_bytes(id).unwrap_or(0)),
            }
        }
    }

    /// Stops it; returns the most memory it had, in bytes.
    pub(crate) async fn stop(mut self) -> anyhow::Result<u64> {
        let id = self.process.id().context("it has ended by itself")?;
        let peak = Usage::peak_bytes(id)?;
        terminate(&mut self.process).await?;
        Ok(peak)
    }
}
