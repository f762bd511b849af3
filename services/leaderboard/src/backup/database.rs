//! The database of a backup: a dump of one snapshot, made and read by Postgres'
//! own programs.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use postgres::{active_generation, quoted};
use reqwest::Url;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::process::Command;

use super::manifest::Position;

/// Postgres' programs for dumps.
pub(crate) struct Programs(Option<PathBuf>);

impl Programs {
    /// Those of a directory, or those on the path.
    pub(crate) fn of(directory: Option<PathBuf>) -> Self {
        Self(directory)
    }

    fn command(&self, program: &str) -> Command {
        match &self.0 {
            Some(directory) => Command::new(directory.join(program)),
            None => Command::new(program),
        }
    }

    /// Runs a program on a database, whose password nobody sees who lists
    /// processes.
    async fn run<A: AsRef<OsStr>>(
        &self,
        program: &str,
        url: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> anyhow::Result<()> {
        let (address, password) = without_password(url)?;
        let mut command = self.command(program);
        command.args(arguments).arg("-d").arg(address);
        if let Some(password) = password {
            command.env("PGPASSWORD", password);
        }
        command.kill_on_drop(true);
        let output = command.output().await.with_context(|| {
            format!("cannot run {program}; name its directory with --postgres-programs")
        })?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{program} failed: {}", said.trim());
        Ok(())
    }
}

/// An address without the password in it, and the password.
fn without_password(url: &str) -> anyhow::Result<(String, Option<String>)> {
    // Only what is wrong is shown of an address, never the address.
    let mut address = Url::parse(url).context("the database's address cannot be read")?;
    let Some(password) = address.password().map(str::to_owned) else {
        return Ok((url.to_owned(), None));
    };
    let password = percent_encoding::percent_decode_str(&password);
    let password = password.decode_utf8().context("the password is no text")?;
    let password = password.into_owned();
    if address.set_password(None).is_err() {
        bail!("the database's address names no host");
    }
    Ok((address.into(), Some(password)))
}

/// Dumps the database to a file; returns how far its projections were in the
/// very snapshot that was dumped.
pub(super) async fn dump(
    pool: &PgPool,
    url: &str,
    programs: &Programs,
    file: &Path,
) -> anyhow::Result<BTreeMap<String, Position>> {
    // The transaction holds the snapshot until the dump is made, however long
    // that takes.
    let mut transaction = pool
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    sqlx::raw_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        .execute(&mut *transaction)
        .await?;
    let schema = active_generation(&mut *transaction).await?.schema;
    let asked = format!(
        "SELECT projection, stream, sequence FROM {}.projections",
        quoted(&schema)
    );
    let rows: Vec<(String, String, i64)> = sqlx::query_as(AssertSqlSafe(asked))
        .fetch_all(&mut *transaction)
        .await?;
    let snapshot: String = sqlx::query_scalar("SELECT pg_export_snapshot()")
        .fetch_one(&mut *transaction)
        .await?;
    let file = file.as_os_str();
    let snapshot = format!("--snapshot={snapshot}");
    let arguments = [
        OsStr::new("-Fc"),
        OsStr::new(&snapshot),
        OsStr::new("-f"),
        file,
    ];
    programs.run("pg_dump", url, arguments).await?;
    transaction.rollback().await?;
    let positions = rows.into_iter().map(|(projection, stream, sequence)| {
        let sequence = u64::try_from(sequence).unwrap_or_default();
        (projection, Position { stream, sequence })
    });
    Ok(positions.collect())
}

/// Refuses a database that has tables.
pub(super) async fn ensure_empty(url: &str) -> anyhow::Result<()> {
    let pool = crate::services::open_pool(url).await?;
    let tables: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_catalog.pg_tables
         WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_one(&pool)
    .await
    .context("the database does not answer")?;
    pool.close().await;
    ensure!(
        tables == 0,
        "the database is not empty: it has {tables} tables; restore to a new one"
    );
    Ok(())
}

/// Restores a dump to a database that holds nothing of ours.
pub(super) async fn restore(
    url: &str,
    programs: &Programs,
    file: &Path,
    with_privileges: bool,
) -> anyhow::Result<()> {
    let mut arguments = vec![
        OsStr::new("--exit-on-error"),
        OsStr::new("--no-owner"),
        file.as_os_str(),
    ];
    if !with_privileges {
        arguments.push(OsStr::new("--no-privileges"));
    }
    programs.run("pg_restore", url, arguments).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_among_the_arguments() {
        let (address, password) =
            without_password("postgres://ann:p%40ss@db:5433/leaderboard?sslmode=require").unwrap();
        assert_eq!(
            address,
            "postgres://ann@db:5433/leaderboard?sslmode=require"
        );
        assert_eq!(password.as_deref(), Some("p@ss"));
        let (address, password) = without_password("postgres://ann@db/leaderboard").unwrap();
        assert_eq!(
            (address.as_str(), password),
            ("postgres://ann@db/leaderboard", None)
        );
        let error = without_password("secret").unwrap_err();
        assert!(!format!("{error:#}").contains("secret"), "{error:#}");
    }
}
