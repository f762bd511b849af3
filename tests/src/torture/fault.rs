//! What can be done to the parts of the system, in words that print and read.

use std::fmt;

/// A process that can be killed or paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The running `ingest`.
    Scraper,
    /// One of the projectors.
    Projector(usize),
    /// The query API.
    Api,
    /// One nats-server.
    LogServer(usize),
    /// The nats-server that leads the stream of contributions just then.
    LogLeader,
    /// Postgres, by its first process.
    Database,
    /// One of Postgres' own processes that serves a connection.
    DatabaseBackend,
}

/// A connection between two parts, each through a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    /// Whoever publishes, and the log.
    PublisherLog,
    /// A projector and the log.
    ProjectorLog(usize),
    /// A projector and the database.
    ProjectorDatabase(usize),
    /// The query API and the database.
    ApiDatabase,
    /// A nats-server and the other two.
    LogRoutes(usize),
}

/// What a link suffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trouble {
    /// Bytes arrive this many milliseconds late.
    Delay(u64),
    /// Only so many bytes pass in a second.
    Throttle(u64),
    /// Connections are reset and new ones too.
    Cut,
    /// Nothing passes for a while, then everything does.
    Stall,
    /// What is sent is gone, and the connections of that time never come
    /// back: neither side is told.
    Swallow,
}

/// A disk that can be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FullDisk {
    /// That of the (first) nats-server.
    Log,
    /// That of Postgres.
    Database,
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// A process is killed (SIGKILL) and started again.
    Kill(Target),
    /// A process is stopped (SIGSTOP) and goes on later.
    Pause(Target),
    /// A link is in trouble.
    Link(Link, Trouble),
    /// A disk is full.
    FullDisk(FullDisk),
    /// Events already published are published again, in another order, under
    /// their own message ids and under others.
    Repeat,
    /// A message that is no event is put on the log.
    Poison,
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scraper => out.write_str("scraper"),
            Self::Projector(number) => write!(out, "projector {number}"),
            Self::Api => out.write_str("query API"),
            Self::LogServer(number) => write!(out, "nats-server {number}"),
            Self::LogLeader => out.write_str("the stream's leader"),
            Self::Database => out.write_str("Postgres"),
            Self::DatabaseBackend => out.write_str("a backend of Postgres"),
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PublisherLog => out.write_str("scraper – log"),
            Self::ProjectorLog(number) => write!(out, "projector {number} – log"),
            Self::ProjectorDatabase(number) => write!(out, "projector {number} – Postgres"),
            Self::ApiDatabase => out.write_str("query API – Postgres"),
            Self::LogRoutes(number) => write!(out, "nats-server {number} – the other two"),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delay(milliseconds) => write!(out, "{milliseconds} ms late"),
            Self::Throttle(bytes) => write!(out, "{bytes} bytes a second"),
            Self::Cut => out.write_str("cut"),
            Self::Stall => out.write_str("stalled"),
            Self::Swallow => out.write_str("swallowed"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(target) => write!(out, "kill {target}"),
            Self::Pause(target) => write!(out, "pause {target}"),
            Self::Link(link, trouble) => write!(out, "{link}: {trouble}"),
            Self::FullDisk(FullDisk::Log) => out.write_str("disk of the log full"),
            Self::FullDisk(FullDisk::Database) => out.write_str("disk of Postgres full"),
            Self::Repeat => out.write_str("events repeated"),
            Self::Poison => out.write_str("no event, but on the log"),
        }
    }
}

impl Fault {
    /// The kind of fault it is, for counting.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Kill(_) => "killed",
            Self::Pause(_) => "paused",
            Self::Link(_, Trouble::Delay(_)) => "delayed",
            Self::Link(_, Trouble::Throttle(_)) => "throttled",
            Self::Link(_, Trouble::Cut) => "cut off",
            Self::Link(_, Trouble::Stall) => "stalled",
            Self::Link(_, Trouble::Swallow) => "swallowed",
            Self::FullDisk(_) => "disk full",
            Self::Repeat => "repeated",
            Self::Poison => "poisoned",
        }
    }
}
