//! A data directory of Postgres with the schema in it, made once and copied by each test.
//!
//! Making one takes a second of a core and the migrations as long again, which several
//! hundred tests would each spend. What is copied is what `initdb` and the migrations made:
//! it is made anew when a migration or the server is another.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use leaderboard::parts::{Binaries, Postgres};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::harness::{readable_directory, workspace};

/// The database in it that has the schema.
const MIGRATED: &str = "migrated";

/// Copies the template to where a server will look for its data, in a directory that is
/// made for it.
pub(crate) async fn copy_to(binaries: &Binaries, directory: &Path) -> anyhow::Result<()> {
    let template = made(binaries).await?;
    fs::create_dir_all(directory)?;
    copy(&template, &directory.join("data"))
}

/// Makes a database with the schema in a server whose data was copied.
pub(crate) async fn make_database(postgres: &Postgres, name: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(&postgres.url("postgres")).await?;
    let statement = format!("CREATE DATABASE \"{name}\" TEMPLATE {MIGRATED} STRATEGY FILE_COPY");
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut connection)
        .await?;
    Ok(connection.close().await?)
}

/// The template, made first if there is none. Tests run in many processes: one makes it,
/// the others wait.
async fn made(binaries: &Binaries) -> anyhow::Result<PathBuf> {
    let home = workspace().join("target/test-databases");
    fs::create_dir_all(&home)?;
    let template = home.join(format!("{:016x}", digest(binaries)?));
    if template.exists() {
        return Ok(template);
    }
    let lock = File::create(home.join("lock"))?;
    lock.lock()?;
    if !template.exists() {
        make(binaries, &home, &template).await?;
    }
    Ok(template)
}

async fn make(binaries: &Binaries, home: &Path, template: &Path) -> anyhow::Result<()> {
    // The server may run as another user, who must be able to enter.
    let directory = readable_directory()?;
    let place = directory.path().join("postgres");
    let mut postgres = Postgres::start(binaries, &place).await?;
    postgres.ensure_database(MIGRATED).await?;
    let pool = postgres::connect(&postgres::PoolSettings {
        url: postgres.url(MIGRATED),
        max_connections: 2,
        application_name: "tests".to_owned(),
    })?;
    postgres::migrate(&pool).await?;
    pool.close().await;
    // In order: a copy has nothing to recover.
    postgres.stop().await;
    let unfinished = home.join("unfinished");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    copy(&place.join("data"), &unfinished)?;
    fs::rename(&unfinished, template)?;
    Ok(())
}

/// Copies a directory with everything in it, whoever owns it.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    let copied = copied.context("cp cannot be run")?;
    ensure!(copied.success(), "{} was not copied", from.display());
    Ok(())
}

/// What a template is made of: the server, and every migration.
fn digest(binaries: &Binaries) -> anyhow::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let server = fs::metadata(binaries.postgres.join("postgres"))?;
    (server.len(), server.modified()?).hash(&mut hasher);
    let migrations = fs::read_dir(workspace().join("migrations"))?;
    let mut migrations: Vec<PathBuf> = migrations
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    migrations.sort();
    for migration in migrations {
        fs::read(migration)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}
