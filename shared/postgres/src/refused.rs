//! Whether the database can be reached as its address says, asked once before
//! a pool is opened that would ask again and again.

use encryption::{Names, tls_error, told};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use thiserror::Error;

use crate::address::faults;
use crate::pool::{ANSWER_LIMIT, PoolSettings, options, within};

/// Why the database will not be reached before somebody changes a setting.
#[derive(Debug, Error)]
pub enum Refused {
    /// The address is none.
    #[error("the database's address cannot be read: {0}")]
    Address(#[from] sqlx::Error),
    /// What the address says about encryption cannot be done.
    #[error("the database's address cannot be used: {}", .0.join("; "))]
    Encryption(Vec<String>),
    /// One side does not take the other.
    #[error("no connection to Postgres at {place}: {detail}")]
    Connection {
        /// Where it was tried.
        place: String,
        /// Why not, and what to do.
        detail: String,
    },
}

/// The parameters of an address that put encryption right.
const NAMES: Names = Names {
    authorities: "sslrootcert",
    certificate: "sslcert, and its key in sslkey",
};

/// What Postgres answers to whoever may not connect in this way.
const NOT_SO: &str = "28000";

/// Reads the address, and connects once. A database that is down, or slow, is no
/// reason to refuse: it will be there again.
///
/// # Errors
/// [`Refused`] when no connection will be made until a setting is changed.
pub async fn check(settings: &PoolSettings) -> Result<(), Refused> {
    let options = options(settings)?;
    let faults = faults(&settings.url, &options);
    if !faults.is_empty() {
        return Err(Refused::Encryption(faults));
    }
    match within(ANSWER_LIMIT, PgConnection::connect_with(&options)).await {
        // It was asked for nothing, and has nothing to lose.
        Ok(connection) => drop(connection.close().await),
        Err(error) => {
            if let Some(detail) = objection(&error) {
                let place = place(&options);
                return Err(Refused::Connection { place, detail });
            }
        }
    }
    Ok(())
}

fn place(options: &PgConnectOptions) -> String {
    match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    }
}

/// Why it will be the same the next time, if it will.
fn objection(error: &sqlx::Error) -> Option<String> {
    if let Some(error) = tls_error(error) {
        return Some(told(error, &NAMES));
    }
    match error {
        sqlx::Error::Tls(detail) => Some(format!(
            "{detail}; turn its ssl on, or say sslmode=disable where the network is trusted"
        )),
        sqlx::Error::Configuration(detail) => Some(detail.to_string()),
        sqlx::Error::Database(answer) if answer.code().as_deref() == Some(NOT_SO) => {
            let said = answer.message();
            let advice = if said.contains("no encryption") {
                "if it takes encrypted connections only, add sslmode=verify-full to the address; \
                 otherwise its pg_hba.conf has no line for this user, database and address"
            } else if said.contains("client certificate") {
                "name a certificate of ours in sslcert, and its key in sslkey"
            } else if said.contains("certificate authentication failed") {
                "the name in our certificate (sslcert) must be that of the role"
            } else {
                return None;
            };
            Some(format!("{said}; {advice}"))
        }
        _ => None,
    }
}
