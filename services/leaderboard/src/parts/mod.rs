//! The real servers, started privately: a Postgres and a nats-server of this
//! process's own, on free ports of the loopback interface, without root.
//!
//! For one machine, demonstrations and tests; a deployment brings its own.

mod binaries;
mod child;
mod keep;
mod nats;
mod postgres;

pub use binaries::Binaries;
pub(crate) use keep::keep;
pub use nats::Nats;
pub use postgres::Postgres;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use thiserror::Error;

/// Why a part could not be started.
#[derive(Debug, Error)]
pub enum PartError {
    /// No suitable program was found.
    #[error(
        "no {program} was found on PATH, in the usual places or in {tools}; fetch one with: make tools"
    )]
    Missing {
        /// What is missing, with the versions that will do.
        program: &'static str,
        /// Where fetched programs are looked for.
        tools: PathBuf,
    },
    /// A file or program could not be used.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was tried.
        action: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A program ran and failed.
    #[error("{program} failed: {output}")]
    Failed {
        /// The program.
        program: String,
        /// What it said.
        output: String,
    },
    /// A server did not come up in time.
    #[error("{program} did not come up within {seconds} s; its log is {log}")]
    Late {
        /// The server.
        program: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// Where to look.
        log: PathBuf,
    },
    /// The servers may not run as root and no other user can reach the data.
    #[error(
        "Postgres does not run as root, and user nobody cannot reach {path}; \
         use a directory that others may enter, or run as another user"
    )]
    Unreachable {
        /// The path.
        path: PathBuf,
    },
}

impl PartError {
    fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}

/// A port that is free now.
fn free_port() -> Result<u16, PartError> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(PartError::io("find a free port on 127.0.0.1"))
}
