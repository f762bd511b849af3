//! The program under test as child processes that can be killed and paused,
//! and that a supervisor starts again, as systemd or Kubernetes would.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How long a supervisor waits before it starts a process again.
pub const RESTART_DELAY: Duration = Duration::from_millis(50);

/// What to run, and where its output goes.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// A file that everything it says is appended to.
    pub log: PathBuf,
}

impl Invocation {
    fn spawn(&self) -> anyhow::Result<Child> {
        let output = File::options().create(true).append(true).open(&self.log)?;
        // The kernel ends it when this process is gone, however it went.
        let mut command = if Path::new("/usr/bin/setpriv").exists() {
            let mut command = Command::new("/usr/bin/setpriv");
            command.args(["--pdeathsig", "KILL", "--"]);
            command.arg(&self.program);
            command
        } else {
            Command::new(&self.program)
        };
        command
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", self.program.display()))
    }
}

/// What can be done to a running process.
#[derive(Debug)]
pub enum Order {
    /// Send it a signal; tells whether there was a process to send it to.
    Send(Signal, oneshot::Sender<bool>),
}

/// What happened to the processes of one place.
#[derive(Debug, Default)]
pub struct Lives {
    /// How often one was started.
    pub starts: AtomicU64,
    /// How often one ended by itself with a failure.
    pub failures: AtomicU64,
}

/// Sends signals to whatever process runs in one place just then.
#[derive(Clone, Debug)]
pub struct Handle {
    orders: mpsc::UnboundedSender<Order>,
    /// What happened to its processes.
    pub lives: Arc<Lives>,
}

impl Handle {
    /// A handle, and where its orders arrive.
    #[must_use]
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Order>) {
        let (orders, arriving) = mpsc::unbounded_channel();
        let lives = Arc::default();
        (Self { orders, lives }, arriving)
    }

    /// Sends a signal; false when nothing runs.
    pub async fn signal(&self, signal: Signal) -> bool {
        let (sent, answer) = oneshot::channel();
        self.orders.send(Order::Send(signal, sent)).is_ok() && answer.await.unwrap_or(false)
    }
}

/// Runs a process to its end, obeying orders meanwhile.
///
/// # Errors
/// When it cannot be started.
pub async fn run_once(
    invocation: &Invocation,
    lives: &Lives,
    orders: &mut mpsc::UnboundedReceiver<Order>,
) -> anyhow::Result<ExitStatus> {
    let mut child = invocation.spawn()?;
    lives.starts.fetch_add(1, Ordering::Relaxed);
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            Some(Order::Send(signal, sent)) = orders.recv() => {
                // The id is known as long as the process was not waited for.
                let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
                let is_sent = pid.is_some_and(|pid| kill_process(pid, signal).is_ok());
                let _ = sent.send(is_sent);
            }
        }
    };
    if status.code().is_some_and(|code| code != 0) {
        lives.failures.fetch_add(1, Ordering::Relaxed);
    }
    Ok(status)
}

/// A service that is started again whenever it ends.
pub struct Service {
    /// Sends it signals.
    pub handle: Handle,
    supervisor: JoinHandle<()>,
}

impl Service {
    /// Starts it.
    #[must_use]
    pub fn start(invocation: Invocation) -> Self {
        let (handle, mut orders) = Handle::new();
        let lives = Arc::clone(&handle.lives);
        let supervisor = tokio::spawn(async move {
            loop {
                if let Err(error) = run_once(&invocation, &lives, &mut orders).await {
                    eprintln!("{error:#}");
                }
                tokio::time::sleep(RESTART_DELAY).await;
            }
        });
        Self { handle, supervisor }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.supervisor.abort();
    }
}
