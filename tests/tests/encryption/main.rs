//! Postgres and NATS with certificates of a throwaway authority: everything runs
//! through encrypted connections, and whoever is not who they should be is
//! refused, on either side, with what is wrong, where, and what to do.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod authority;
mod database;
mod log;

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use authority::{Authority, Made, Term};
use database::{Database, Said};
use event_log::Encryption;
use log::{Log, encryption};
use serde_json::Value;
use tempfile::TempDir;
use tests::{Servers, check_read_models, program, tally_of};

/// How long something may take that must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An authority, and what it signed; another that nobody trusts.
struct Certificates {
    directory: TempDir,
    trusted: Authority,
    server: Made,
    ended: Made,
    client: Made,
    stranger: Authority,
    strange: Made,
}

impl Certificates {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open).unwrap();
        let path = directory.path();
        let trusted = Authority::new(path, "trusted");
        let stranger = Authority::new(path, "stranger");
        Self {
            server: trusted.server(path, "server", Term::Holds),
            ended: trusted.server(path, "ended", Term::HasEnded),
            client: trusted.client(path, "client", "postgres"),
            strange: stranger.client(path, "strange", "postgres"),
            trusted,
            stranger,
            directory,
        }
    }

    /// The right way to say it.
    fn said(&self) -> Said<'_> {
        Said {
            host: "localhost",
            mode: "verify-full",
            authority: Some(&self.trusted.file),
            own: Some(&self.client),
        }
    }
}

/// A process that ends with the test.
struct Running {
    process: Child,
    _said: BufReader<ChildStdout>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the program is given to reach both.
struct Encrypted<'a> {
    certificates: &'a Certificates,
    log: &'a Log,
    database: String,
}

impl Encrypted<'_> {
    fn leaderboard(&self, user: &str, arguments: &[&str]) -> Command {
        let certificates = self.certificates;
        let mut command = Command::new(program().unwrap());
        command
            .env("NATS_URL", self.log.url("tls", user, "localhost"))
            .env("NATS_ROOT_CERTIFICATE", &certificates.trusted.file)
            .env("NATS_CERTIFICATE", &certificates.client.certificate)
            .env("NATS_CERTIFICATE_KEY", &certificates.client.key)
            .env("NATS_TLS_FIRST", "true")
            .env("LEADERBOARD_DATABASE_URL", &self.database)
            .env("LEADERBOARD_DATA_DIR", certificates.directory.path())
            .args(arguments);
        command
    }

    fn succeed(&self, user: &str, arguments: &[&str]) -> String {
        let output = self.leaderboard(user, arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Starts a service; the first line that it says, if it says any.
    fn serve(&self, service: &str, arguments: &[&str], speaks: bool) -> (Running, String) {
        let mut process = self
            .leaderboard(service, &["serve", service])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        if speaks {
            output.read_line(&mut line).unwrap();
        }
        let running = Running {
            process,
            _said: output,
        };
        (running, line)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_runs_through_encrypted_connections() {
    let servers = Servers::start().await.unwrap();
    let certificates = Certificates::new();
    let database = Database::fresh(&servers).await;
    if !database
        .encrypt(&certificates.server, &certificates.trusted)
        .await
    {
        return;
    }
    let said = certificates.said();
    let plain = Said {
        mode: "disable",
        authority: None,
        own: None,
        ..said
    };
    database.refuses(&plain, "encrypted connections only").await;
    let log = Log::start(&certificates.server, &certificates.trusted).await;
    let encrypted = Encrypted {
        certificates: &certificates,
        log: &log,
        database: database.url(&said),
    };
    encrypted.succeed("operator", &["migrate"]);
    encrypted.succeed("operator", &["declare"]);
    let (_projector, _) = encrypted.serve("projector", &[], false);
    let listen = ["--listen", "127.0.0.1:0"];
    let (_api, line) = encrypted.serve("query-api", &listen, true);

    let hour = "2024-02-29T23:00:00Z".parse().unwrap();
    let events = scraper::generator::generate_hour_gzip(9, hour, 400).unwrap();
    let file = certificates.directory.path().join("2024-02-29-23.json.gz");
    std::fs::write(&file, events).unwrap();
    encrypted.succeed("worker", &["ingest", "--wait", file.to_str().unwrap()]);

    let address = line
        .split_whitespace()
        .last()
        .unwrap()
        .trim_end_matches('.');
    let board = format!("{address}/api/v1/leaderboards/global?class=everyone");
    let board: Value = reqwest::get(board).await.unwrap().json().await.unwrap();
    let documents = tests::documents_of(&file).unwrap();
    let expected = tally_of(&tests::events_of(&documents).unwrap());
    let pool = postgres::connect(&postgres::PoolSettings {
        url: database.url(&said),
        max_connections: 2,
        application_name: "tests".to_owned(),
    });
    let pool = pool.unwrap();
    check_read_models(&pool, &expected).await.unwrap();
    assert!(
        !board["leaderboard"].as_array().unwrap().is_empty(),
        "{board}"
    );

    // Both servers agree that nobody speaks to them in any other way.
    let sessions: Vec<(bool, Option<String>)> = sqlx::query_as(
        "SELECT ssl, client_dn FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE application_name = 'leaderboard'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert!(sessions.len() >= 2, "{sessions:?}");
    for (is_encrypted, shown) in &sessions {
        assert!(is_encrypted, "{sessions:?}");
        assert_eq!(shown.as_deref(), Some("/CN=postgres"));
    }
    let connections = format!("{}/connz", log.monitor);
    let connections: Value = reqwest::get(connections)
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let connections = connections["connections"].as_array().unwrap();
    assert!(!connections.is_empty());
    for connection in connections {
        assert_eq!(connection["tls_version"], "1.3", "{connection}");
    }
    let doctor = encrypted
        .leaderboard("operator", &["doctor", "--json"])
        .output();
    let found = String::from_utf8(doctor.unwrap().stdout).unwrap();
    assert!(found.contains("TLSv1.3"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_the_right_one_is_refused() {
    let servers = Servers::start().await.unwrap();
    let certificates = Certificates::new();
    let database = Database::fresh(&servers).await;
    let said = || certificates.said();
    let told = database.refuses(&said(), "does not support TLS").await;
    assert!(told.contains(&database.place), "{told}");
    if !database
        .encrypt(&certificates.server, &certificates.trusted)
        .await
    {
        return;
    }
    for (said, expected, remedy) in [
        (
            Said {
                authority: Some(&certificates.stranger.file),
                ..said()
            },
            "of no authority that is trusted",
            "in sslrootcert",
        ),
        (
            Said {
                host: "127.0.0.1",
                ..said()
            },
            "for another name",
            "use a name that it is for",
        ),
        (
            Said {
                own: None,
                ..said()
            },
            "client certificate",
            "sslkey",
        ),
        (
            Said {
                own: Some(&certificates.strange),
                ..said()
            },
            "refuses our certificate",
            "in sslcert",
        ),
        (
            Said {
                mode: "disable",
                authority: None,
                own: None,
                ..said()
            },
            "encrypted connections only",
            "sslmode=verify-full",
        ),
    ] {
        let told = database.refuses(&said, expected).await;
        let place = database.place.replace("localhost", said.host);
        for part in [remedy, &place] {
            assert!(told.contains(part), "{part:?} is not in {told}");
        }
    }
    database.present(&certificates.ended);
    database.reload().await;
    let told = database.refuses(&said(), "has ended").await;
    assert!(told.contains("renew it"), "{told}");

    // The program ends with it, instead of asking again and again.
    let mut migrate = Command::new(program().unwrap());
    let address = database.url(&said());
    migrate.args(["migrate", "--database-url", &address]);
    let output = migrate.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(
        said.contains("has ended") && said.contains(&database.place),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_not_the_right_one_is_refused() {
    let servers = Servers::start().await.unwrap();
    let certificates = Certificates::new();
    let (trusted, own) = (&certificates.trusted.file, Some(&certificates.client));
    let right = encryption(trusted, own);
    for configuration in ["encrypted-node.conf", "encrypted-cluster-node.conf"] {
        log::can_be_read(configuration, &certificates.server, &certificates.trusted);
    }
    let log = Log::start(&certificates.server, &certificates.trusted).await;
    let connected = log.connect(("tls", "localhost"), &right).await.unwrap();
    connected.declare_streams().await.unwrap();
    let nothing = Encryption::default();
    let untold = Encryption {
        first: true,
        ..Encryption::default()
    };
    for (scheme, host, encryption, expected, remedy) in [
        (
            "tls",
            "localhost",
            &encryption(&certificates.stranger.file, own),
            "of no authority that is trusted",
            "in NATS_ROOT_CERTIFICATE",
        ),
        (
            "tls",
            "localhost",
            &untold,
            "of no authority that is trusted",
            "in NATS_ROOT_CERTIFICATE",
        ),
        (
            "tls",
            "127.0.0.1",
            &right,
            "for another name",
            "use a name that it is for",
        ),
        (
            "tls",
            "localhost",
            &encryption(trusted, None),
            "wants to see a certificate",
            "in NATS_CERTIFICATE",
        ),
        (
            "tls",
            "localhost",
            &encryption(trusted, Some(&certificates.strange)),
            "refuses our certificate",
            "in NATS_CERTIFICATE",
        ),
        (
            "nats",
            "localhost",
            &nothing,
            "is nats-server running there?",
            "NATS_TLS_FIRST",
        ),
        (
            "nats",
            "localhost",
            &right,
            "cannot be used",
            "does not begin with tls://",
        ),
    ] {
        let refused = log.connect((scheme, host), encryption).await;
        let told = refused.err().unwrap().to_string();
        let place = log.place(host);
        for part in [expected, remedy, &place] {
            assert!(told.contains(part), "{part:?} is not in {told}");
        }
        assert!(!told.contains("a-password"), "{told}");
    }
    let ended = Log::start(&certificates.ended, &certificates.trusted).await;
    let refused = ended.connect(("tls", "localhost"), &right).await;
    let told = refused.err().unwrap().to_string();
    assert!(told.contains("has ended"), "{told}");

    // A server in plain text, where an encrypted one is wanted.
    let plain = event_log::LogSettings {
        url: servers.nats.url().replace("nats://", "tls://"),
        credentials: None,
        replicas: 1,
    };
    let refused = event_log::EventLog::connect_encrypted(&plain, &right).await;
    let told = refused.err().unwrap().to_string();
    assert!(told.contains("speaks no TLS"), "{told}");
}
