//! `backup`: the database and the log, saved, looked at and restored.

use std::path::PathBuf;

use anyhow::Context;
use comfy_table::Cell;
use runtime::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::backup::{
    Programs, Shelf, StoredBackup, Target, make, rehearse, restore, told, told_of,
};
use crate::cli::Options;
use crate::cli::backup::{Backup, List, Make, Place, Rehearse, Restore, Verify};
use crate::parts::Binaries;
use crate::services::open_pool;
use crate::tables::{separated, table};

pub(super) async fn backup(options: &Options, asked: &Backup) -> anyhow::Result<()> {
    match asked {
        Backup::Make(asked) => make_one(options, asked).await,
        Backup::List(asked) => list(asked),
        Backup::Verify(asked) => verify(asked),
        Backup::Rehearse(asked) => rehearse_one(options, asked).await,
        Backup::Restore(asked) => restore_one(options, asked).await,
    }
}

fn programs(options: &Options, place: &Place) -> Programs {
    let beside = || Binaries::locate(&options.path, &options.tools).ok();
    let beside = || beside().map(|found| found.postgres);
    let has_dump = |directory: &PathBuf| directory.join("pg_dump").is_file();
    let given = place.postgres_programs.clone();
    Programs::of(given.or_else(|| beside().filter(has_dump)))
}

/// Prints what was done: for programs, or for people.
fn say(place: &Place, document: &Value, words: &str) -> anyhow::Result<()> {
    if place.json {
        println!("{}", serde_json::to_string_pretty(document)?);
    } else {
        println!("{words}");
    }
    Ok(())
}

fn sized(bytes: u64) -> String {
    separated(i64::try_from(bytes).unwrap_or(i64::MAX))
}

async fn make_one(options: &Options, asked: &Make) -> anyhow::Result<()> {
    let url = options.database()?;
    let pool = open_pool(&url).await?;
    let log = options.connect_log().await?;
    let shelf = Shelf::at(&asked.place.directory);
    let programs = programs(options, &asked.place);
    let keep = usize::try_from(asked.keep)?;
    let now = SystemClock.now();
    let (made, deleted) = make(&shelf, (&pool, &url), &log, &programs, now, keep).await?;
    let mut document = told_of(&made);
    let words = format!(
        "{} bytes of database and log are in {}",
        sized(made.manifest.bytes()),
        made.directory.display()
    );
    told(
        &log,
        "backup",
        document.clone(),
        words.clone(),
        SystemClock.now(),
    )
    .await?;
    document["deleted"] = json!(deleted);
    let words = match deleted.len() {
        0 => words,
        _ => format!("{words}; deleted: {}", deleted.join(", ")),
    };
    say(&asked.place, &document, &words)
}

fn list(asked: &List) -> anyhow::Result<()> {
    let shelf = Shelf::at(&asked.place.directory);
    let found = shelf.names()?;
    let found = found.iter().map(|name| shelf.find(Some(name)));
    let found: Vec<StoredBackup> = found.collect::<anyhow::Result<_>>()?;
    if asked.place.json {
        let list: Vec<Value> = found.iter().map(told_of).collect();
        println!(
            "{}",
            serde_json::to_string_pretty(&json!({ "backups": list }))?
        );
        return Ok(());
    }
    let rows = found.iter().map(|backup| {
        vec![
            Cell::new(&backup.name),
            Cell::new(sized(backup.manifest.bytes())),
            Cell::new(&backup.manifest.version),
        ]
    });
    let heads = [("backup", false), ("bytes", true), ("version", false)];
    println!("{}", table(&heads, rows));
    Ok(())
}

fn verify(asked: &Verify) -> anyhow::Result<()> {
    let shelf = Shelf::at(&asked.place.directory);
    let found = shelf.find(asked.name.as_deref())?;
    found.manifest.check(&found.directory)?;
    let words = format!("{} is as it was made", found.directory.display());
    say(&asked.place, &told_of(&found), &words)
}

async fn rehearse_one(options: &Options, asked: &Rehearse) -> anyhow::Result<()> {
    let shelf = Shelf::at(&asked.place.directory);
    let found = shelf.find(asked.name.as_deref())?;
    let binaries = Binaries::locate(&options.path, &options.tools)?;
    let scratch = asked.scratch.clone().unwrap_or_else(std::env::temp_dir);
    let directory = tempfile::Builder::new()
        .prefix("leaderboard-rehearsal-")
        .tempdir_in(&scratch)
        .with_context(|| format!("cannot make a directory in {}", scratch.display()))?;
    // The servers may run as another user, who must be able to enter.
    let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(directory.path(), open)?;
    let programs = programs(options, &asked.place);
    let outcome = rehearse(
        &found,
        &programs,
        &binaries,
        directory.path(),
        asked.patience,
    )
    .await?;
    let mut document = told_of(&found);
    document["messages"] = json!(outcome.messages);
    document["caught_up"] = json!(outcome.caught_up);
    document["seconds"] = json!(outcome.took.as_secs());
    let words = format!(
        "{} can be restored: {} messages were there after {} s, {} of them projected anew, and every number on the board is the sum of its counts",
        found.name,
        sized(outcome.messages),
        outcome.took.as_secs(),
        sized(outcome.caught_up)
    );
    // Where there is a log, those who watch hear of it.
    if options.log_settings().is_ok() {
        let log = options.connect_log().await?;
        let now = SystemClock.now();
        told(&log, "rehearsal", document.clone(), words.clone(), now).await?;
    }
    say(&asked.place, &document, &words)
}

async fn restore_one(options: &Options, asked: &Restore) -> anyhow::Result<()> {
    let shelf = Shelf::at(&asked.place.directory);
    let found = shelf.find(asked.name.as_deref())?;
    let log = match asked.database_only {
        true => None,
        false => Some(options.connect_log().await?),
    };
    let database = match asked.log_only {
        true => None,
        false => Some(options.database()?),
    };
    let target = Target {
        log: log.as_ref(),
        database: database.as_deref(),
        with_privileges: !asked.without_privileges,
    };
    restore(&found, &programs(options, &asked.place), target).await?;
    let words = format!(
        "{} is restored; start the projectors, and look with: leaderboard doctor",
        found.name
    );
    say(&asked.place, &told_of(&found), &words)
}
