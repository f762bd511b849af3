//! Doing harm, and making good: each fault of a schedule on a stage.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex as SyncMutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use event_log::{EventLog, LogStream};
use rustix::process::Signal;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::fault::{Fault, FullDisk, Target};
use super::feed::Acknowledged;
use super::inject;
use super::process::Handle;
use super::schedule::Step;
use super::servers::{children, signal};
use super::stage::Stage;

/// How long a server that runs may fail to answer after its disk was full
/// until the supervisor's health check starts it again.
const HEALTH_CHECK: Duration = Duration::from_secs(5);

/// What is left alone for a moment after a fault, so that something can
/// happen between two faults.
const REST: Duration = Duration::from_millis(250);

/// Does the faults of a schedule.
pub struct Harm {
    stage: Arc<Stage>,
    acknowledged: Arc<Acknowledged>,
    busy: SyncMutex<HashMap<String, Arc<Mutex<()>>>>,
    done: SyncMutex<BTreeMap<&'static str, usize>>,
}

impl Harm {
    /// Harm to a stage.
    #[must_use]
    pub fn new(stage: Arc<Stage>, acknowledged: Arc<Acknowledged>) -> Self {
        Self {
            stage,
            acknowledged,
            busy: SyncMutex::default(),
            done: SyncMutex::default(),
        }
    }

    /// What was done, by kind.
    #[must_use]
    pub fn done(&self) -> BTreeMap<&'static str, usize> {
        self.done
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until the fault's victim has got over the fault before.
    pub async fn wait_for_victim(&self, fault: Fault) -> OwnedMutexGuard<()> {
        let victim = match fault {
            // One server of a cluster at a time: with two away it has no
            // quorum, and nothing else could be hit meanwhile.
            Fault::Kill(Target::LogServer(_) | Target::LogLeader)
            | Fault::Pause(Target::LogServer(_) | Target::LogLeader)
            | Fault::FullDisk(FullDisk::Log)
            | Fault::Link(super::fault::Link::LogRoutes(_), _) => "log".to_owned(),
            Fault::Kill(Target::Database | Target::DatabaseBackend)
            | Fault::Pause(Target::Database)
            | Fault::FullDisk(FullDisk::Database) => "database".to_owned(),
            Fault::Kill(target) | Fault::Pause(target) => target.to_string(),
            Fault::Link(link, _) => link.to_string(),
            Fault::Repeat | Fault::Poison => fault.to_string(),
        };
        let lock = {
            let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(busy.entry(victim).or_default())
        };
        lock.lock_owned().await
    }

    /// Does one step and makes it good again.
    ///
    /// # Errors
    /// When a server does not come back.
    pub async fn inflict(&self, step: Step, victim: OwnedMutexGuard<()>) -> anyhow::Result<()> {
        let was_done = match step.fault {
            Fault::Kill(target) => self.kill(target, step.lasting).await,
            Fault::Pause(target) => self.pause(target, step.lasting).await,
            Fault::Link(link, trouble) => {
                self.stage.trouble(link, Some(trouble));
                tokio::time::sleep(step.lasting).await;
                self.stage.trouble(link, None);
                Ok(true)
            }
            Fault::FullDisk(disk) => self.fill(disk, step.lasting).await,
            Fault::Repeat => inject::repeat(&self.stage, &self.acknowledged, step).await,
            Fault::Poison => inject::poison(&self.stage, step).await,
        };
        if was_done.with_context(|| step.fault.to_string())? {
            let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
            *done.entry(step.fault.kind()).or_default() += 1;
        }
        tokio::time::sleep(REST).await;
        drop(victim);
        Ok(())
    }

    fn service(&self, target: Target) -> Option<&Handle> {
        match target {
            Target::Scraper => Some(&self.stage.scraper),
            Target::Projector(number) => Some(&self.stage.projectors.get(number)?.handle),
            Target::Api => Some(&self.stage.api.handle),
            _ => None,
        }
    }

    async fn kill(&self, target: Target, down_for: Duration) -> anyhow::Result<bool> {
        if let Some(service) = self.service(target) {
            return Ok(signal_next(service, Signal::KILL).await);
        }
        match target {
            Target::Database => {
                let mut postgres = self.stage.servers.postgres.lock().await;
                postgres.kill();
                tokio::time::sleep(down_for).await;
                postgres.restart().await?;
            }
            Target::DatabaseBackend => {
                let postgres = self.stage.servers.postgres.lock().await;
                let backends = children(postgres.pid(), Some("postgres: postgres torture"));
                let Some(backend) = backends.first() else {
                    return Ok(false);
                };
                // Postgres ends all its processes and recovers by itself.
                signal(*backend, Signal::KILL);
            }
            _ => {
                let number = self.log_server(target).await;
                let server = self
                    .stage
                    .servers
                    .nats
                    .get(number)
                    .context("no such server")?;
                let mut nats = server.lock().await;
                nats.kill();
                tokio::time::sleep(down_for).await;
                nats.restart().await?;
            }
        }
        Ok(true)
    }

    async fn pause(&self, target: Target, lasting: Duration) -> anyhow::Result<bool> {
        if let Some(service) = self.service(target) {
            let stopped = signal_next(service, Signal::STOP).await;
            tokio::time::sleep(lasting).await;
            service.signal(Signal::CONT).await;
            return Ok(stopped);
        }
        if matches!(target, Target::Database | Target::DatabaseBackend) {
            let postgres = self.stage.servers.postgres.lock().await;
            let mut all = vec![postgres.pid()];
            all.extend(children(postgres.pid(), None));
            all.iter().for_each(|pid| signal(*pid, Signal::STOP));
            tokio::time::sleep(lasting).await;
            all.iter().for_each(|pid| signal(*pid, Signal::CONT));
            return Ok(true);
        }
        let number = self.log_server(target).await;
        let server = self
            .stage
            .servers
            .nats
            .get(number)
            .context("no such server")?;
        let nats = server.lock().await;
        signal(nats.pid(), Signal::STOP);
        tokio::time::sleep(lasting).await;
        signal(nats.pid(), Signal::CONT);
        Ok(true)
    }

    /// The server meant; the first one while there is no leader.
    async fn log_server(&self, target: Target) -> usize {
        match target {
            Target::LogServer(number) => number,
            _ => inject::leader(&self.stage).await.unwrap_or(0),
        }
    }

    async fn fill(&self, disk: FullDisk, lasting: Duration) -> anyhow::Result<bool> {
        let Some((log, database)) = &self.stage.disks else {
            return Ok(false);
        };
        let full = match disk {
            FullDisk::Log => log,
            FullDisk::Database => database,
        };
        full.fill()?;
        tokio::time::sleep(lasting).await;
        full.free()?;
        self.check_health(disk).await?;
        Ok(true)
    }

    /// What a supervisor does: a server that ended, or answers no more, is
    /// started again.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn check_health(&self, disk: FullDisk) -> anyhow::Result<()> {
        let servers = &self.stage.servers;
        match disk {
            FullDisk::Database => {
                let answers = async {
                    while sqlx::query("SELECT 1")
                        .execute(&self.stage.pool)
                        .await
                        .is_err()
                    {
                        tokio::time::sleep(REST).await;
                    }
                };
                if tokio::time::timeout(HEALTH_CHECK, answers).await.is_err() {
                    servers.postgres.lock().await.restart().await?;
                    self.count("Postgres started again");
                }
            }
            FullDisk::Log => {
                let answers = async {
                    while self.log_is_unwell().await {
                        tokio::time::sleep(REST).await;
                    }
                };
                if tokio::time::timeout(HEALTH_CHECK, answers).await.is_err() {
                    for server in &servers.nats {
                        server.lock().await.restart().await?;
                    }
                    self.count("nats-server started again");
                }
            }
        }
        Ok(())
    }

    fn count(&self, what: &'static str) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        *done.entry(what).or_default() += 1;
    }

    /// Whether the streams cannot be written, as a health check would find.
    async fn log_is_unwell(&self) -> bool {
        let Ok(log) = self.stage.servers.log().await else {
            return true;
        };
        !log.is_ready().await || !can_store(&log).await
    }
}

async fn can_store(log: &EventLog) -> bool {
    log.last_sequence(LogStream::Contributions).await.is_ok()
}

/// Signals the process, or the next one when none runs at the moment.
async fn signal_next(service: &Handle, signal: Signal) -> bool {
    const TRIES: usize = 100;
    for _ in 0..TRIES {
        if service.signal(signal).await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    false
}
