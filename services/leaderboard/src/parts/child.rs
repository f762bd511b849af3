//! A server as a child process that does not outlive this one.

use std::fs::File;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::PartError;

/// The user that servers run as when this process is root's: Postgres refuses
/// to run as root.
const NOBODY: u32 = 65_534;

/// How long a server may take to come up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    name: &'static str,
    process: Child,
}

/// A command that runs as an ordinary user, and that the kernel ends when this
/// process is gone, however it went.
pub(super) fn command(program: &Path) -> Command {
    // The flag that ends a child with its parent cannot be set from safe code;
    // setpriv, a part of util-linux, sets it.
    let mut command = if Path::new("/usr/bin/setpriv").exists() {
        let mut command = Command::new("/usr/bin/setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir("/");
    command
}

/// Whether this process is root's, as the owner of what it makes tells.
pub(super) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// Makes a directory that the servers own.
pub(super) fn make_owned(directory: &Path) -> Result<(), PartError> {
    let failed = || PartError::io(format!("make the directory {}", directory.display()));
    std::fs::create_dir_all(directory).map_err(failed())?;
    if is_root() {
        chown(directory, Some(NOBODY), Some(NOBODY)).map_err(failed())?;
        check_reachable(directory)?;
    }
    Ok(())
}

/// Checks that every directory on the way may be entered by anyone.
pub(super) fn check_reachable(path: &Path) -> Result<(), PartError> {
    let blocked = path
        .ancestors()
        .skip(1)
        .find(|ancestor| std::fs::metadata(ancestor).is_ok_and(|found| found.mode() & 0o001 == 0));
    match blocked {
        Some(blocked) if is_root() => Err(PartError::Unreachable {
            path: blocked.to_owned(),
        }),
        _ => Ok(()),
    }
}

impl Server {
    /// Starts a server that writes what it says to a file.
    pub(super) fn start(
        name: &'static str,
        mut command: Command,
        log: &Path,
    ) -> Result<Self, PartError> {
        let output = File::options()
            .create(true)
            .append(true)
            .open(log)
            .map_err(PartError::io(format!("write {}", log.display())))?;
        let errors = output
            .try_clone()
            .map_err(PartError::io("copy a file handle"))?;
        let process = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            // A group of its own: a Ctrl-C is for this process, which stops
            // its servers in order.
            .process_group(0)
            .spawn()
            .map_err(PartError::io(format!("start {name}")))?;
        Ok(Self { name, process })
    }

    /// The server's process id.
    pub(super) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// How the server ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().ok().flatten()
    }

    /// Waits until the server answers.
    pub(super) async fn wait_until<F: Future<Output = bool>>(
        &mut self,
        log: &Path,
        answers: impl Fn() -> F,
    ) -> Result<(), PartError> {
        let started = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        while started.elapsed() < PATIENCE {
            looks.tick().await;
            if answers().await {
                return Ok(());
            }
            if let Ok(Some(status)) = self.process.try_wait() {
                let output = format!("it ended with {status}:\n{}", self.last_words(log));
                return Err(PartError::Failed {
                    program: self.name.to_owned(),
                    output,
                });
            }
        }
        Err(PartError::Late {
            program: self.name,
            seconds: PATIENCE.as_secs(),
            log: log.to_owned(),
        })
    }

    /// The last lines that the process itself wrote, of which each has its id, or the
    /// last of all when there are none. Others write to the same file: when a postmaster
    /// is gone, each of its backends says so, and that may be later than what kept the
    /// next one from starting.
    fn last_words(&self, log: &Path) -> String {
        let said = std::fs::read_to_string(log).unwrap_or_default();
        let own = format!("[{}]", self.pid());
        let of_its_own = said.lines().any(|line| line.contains(&own));
        let lines = said.lines().rev();
        let mut last: Vec<&str> = lines
            .filter(|line| !of_its_own || line.contains(&own))
            .take(5)
            .collect();
        last.reverse();
        last.join("\n")
    }

    /// Ends the server at once, as a power cut would end its process.
    pub(super) fn kill(&mut self) {
        // A server that is gone already needs no killing.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// Sends a signal by name, such as `INT`.
    pub(super) fn signal(&self, signal: &str) -> io::Result<ExitStatus> {
        Command::new("kill")
            .arg(format!("-{signal}"))
            .arg(self.pid().to_string())
            .status()
    }

    /// Asks the server to stop and waits for it; kills it when it does not.
    pub(super) async fn stop(&mut self, signal: &str) {
        let started = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        if self.signal(signal).is_ok() {
            while started.elapsed() < PATIENCE {
                looks.tick().await;
                if !matches!(self.process.try_wait(), Ok(None)) {
                    return;
                }
            }
        }
        self.kill();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn last_words_of(script: &str) -> String {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let mut shell = Command::new("sh");
        shell.args(["-c", script]);
        let mut server = Server::start("it", shell, &log).unwrap();
        let ended = server.wait_until(&log, || async { false }).await;
        match ended.unwrap_err() {
            PartError::Failed { output, .. } => output,
            other => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn why_it_ended_is_told_though_others_write_to_the_same_file() {
        let others = "for i in 1 2 3 4 5 6; do echo \"[1] terminating\"; done; exit 1";
        let words = last_words_of(&format!("echo \"[$$] it is still in use\"; {others}")).await;
        assert!(words.ends_with("] it is still in use"), "{words}");
        let words = last_words_of("echo no such program; exit 127").await;
        assert!(words.ends_with("127:\nno such program"), "{words}");
    }
}
