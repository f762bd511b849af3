//! A real Postgres that takes nothing but encrypted connections of clients that
//! show a certificate.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use postgres::{PoolSettings, Refused};
use sqlx::{AssertSqlSafe, PgPool};
use tests::Servers;

use crate::authority::{Authority, Made};

const NOBODY: u32 = 65_534;

/// A database of a server that encrypts.
pub(crate) struct Database {
    /// `host:port`, with the name that the server's certificate is for.
    pub(crate) place: String,
    name: String,
    data: PathBuf,
    plain: PgPool,
}

/// What an address says of encryption.
pub(crate) struct Said<'a> {
    pub(crate) host: &'a str,
    pub(crate) mode: &'a str,
    pub(crate) authority: Option<&'a Path>,
    pub(crate) own: Option<&'a Made>,
}

/// Places a file where the server may read it, and nobody else.
fn give(data: &Path, from: &Path, name: &str) {
    let to = data.join(name);
    std::fs::copy(from, &to).unwrap();
    std::fs::set_permissions(&to, PermissionsExt::from_mode(0o600)).unwrap();
    if rustix::process::geteuid().is_root() {
        chown(&to, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

impl Database {
    /// A fresh database, which is not encrypted yet.
    pub(crate) async fn fresh(servers: &Servers) -> Self {
        let (plain, url) = servers.fresh_database().await.unwrap();
        let (place, name) = url.split_once('@').unwrap().1.split_once('/').unwrap();
        let data: String = sqlx::query_scalar("SHOW data_directory")
            .fetch_one(&plain)
            .await
            .unwrap();
        Self {
            place: place.replace("127.0.0.1", "localhost"),
            name: name.to_owned(),
            data: data.into(),
            plain,
        }
    }

    /// Encrypts from now on; whether this server can.
    pub(crate) async fn encrypt(&self, server: &Made, clients: &Authority) -> bool {
        give(&self.data, &clients.file, "clients.crt");
        self.present(server);
        for setting in [
            "ssl_ca_file = 'clients.crt'",
            "ssl_cert_file = 'server.crt'",
            "ssl_key_file = 'server.key'",
            "ssl = on",
        ] {
            let statement = AssertSqlSafe(format!("ALTER SYSTEM SET {setting}"));
            if let Err(error) = sqlx::query(statement).execute(&self.plain).await {
                println!("skipped: this Postgres cannot encrypt: {error}");
                return false;
            }
        }
        let rules = "hostssl all all 127.0.0.1/32 cert\nhostssl all all ::1/128 cert\n";
        std::fs::write(self.data.join("pg_hba.conf"), rules).unwrap();
        self.reload().await;
        true
    }

    /// Places another certificate of the server's.
    pub(crate) fn present(&self, server: &Made) {
        give(&self.data, &server.certificate, "server.crt");
        give(&self.data, &server.key, "server.key");
    }

    /// Asks the server to read its files again, over the connection of before.
    pub(crate) async fn reload(&self) {
        let asked = sqlx::query("SELECT pg_reload_conf()").execute(&self.plain);
        asked.await.unwrap();
    }

    pub(crate) fn url(&self, said: &Said<'_>) -> String {
        let place = self.place.replace("localhost", said.host);
        let mut url = format!(
            "postgres://postgres@{place}/{}?sslmode={}",
            self.name, said.mode
        );
        if let Some(authority) = said.authority {
            url += &format!("&sslrootcert={}", authority.display());
        }
        if let Some(own) = said.own {
            let (certificate, key) = (own.certificate.display(), own.key.display());
            url += &format!("&sslcert={certificate}&sslkey={key}");
        }
        url
    }

    /// What is said to whoever connects so, once it is what is waited for: a server
    /// that was told to read its files takes a while.
    pub(crate) async fn refuses(&self, said: &Said<'_>, expected: &str) -> String {
        let settings = PoolSettings {
            url: self.url(said),
            max_connections: 1,
            application_name: "tests".to_owned(),
        };
        let mut looks = tokio::time::interval(Duration::from_millis(20));
        let mut last = String::new();
        let refused = async {
            loop {
                looks.tick().await;
                match postgres::check(&settings).await {
                    Err(error @ Refused::Connection { .. })
                        if error.to_string().contains(expected) =>
                    {
                        return error.to_string();
                    }
                    other => last = format!("{other:?}"),
                }
            }
        };
        let refused = tokio::time::timeout(crate::PATIENCE, refused).await;
        refused.unwrap_or_else(|_| panic!("{expected:?} is never said, but {last}"))
    }
}
