//! The command line of `backup`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with backups.
#[derive(Debug, Subcommand)]
pub enum Backup {
    /// Save the database and every stream of the log, while all of it runs.
    Make(Make),
    /// Show which backups there are.
    List(List),
    /// Tell whether a backup is as it was made: every file of it, by its digest.
    Verify(Verify),
    /// Restore a backup to private servers, let a projector catch up, and look whether all is well.
    Rehearse(Rehearse),
    /// Restore a backup to servers that hold nothing yet.
    Restore(Restore),
}

/// Where backups are.
#[derive(Debug, Args)]
pub struct Place {
    /// The directory of backups, each a directory of its own.
    #[arg(
        long = "dir",
        env = "LEADERBOARD_BACKUP_DIR",
        default_value = "backups"
    )]
    pub directory: PathBuf,
    /// Where pg_dump and pg_restore are, of the server's version or newer; default: beside an
    /// installed or fetched Postgres.
    #[arg(long, env = "LEADERBOARD_POSTGRES_PROGRAMS")]
    pub postgres_programs: Option<PathBuf>,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `backup make`.
#[derive(Debug, Args)]
pub struct Make {
    /// Where it goes.
    #[command(flatten)]
    pub place: Place,
    /// How many to keep; older ones are deleted once the new one is whole.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: u32,
}

/// Options of `backup list`.
#[derive(Debug, Args)]
pub struct List {
    /// Where they are.
    #[command(flatten)]
    pub place: Place,
}

/// Options of `backup verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// Where it is.
    #[command(flatten)]
    pub place: Place,
    /// Which one; default: the newest.
    pub name: Option<String>,
}

/// Options of `backup rehearse`.
#[derive(Debug, Args)]
pub struct Rehearse {
    /// Where it is.
    #[command(flatten)]
    pub place: Place,
    /// Which one; default: the newest.
    pub name: Option<String>,
    /// Where the private servers keep what is restored, which is deleted at the end; default: the
    /// system's directory of temporary files.
    #[arg(long)]
    pub scratch: Option<PathBuf>,
    /// How long the projector may take to catch up, such as 30m.
    #[arg(long, default_value = "1h", value_parser = humantime::parse_duration)]
    pub patience: std::time::Duration,
}

/// Options of `backup restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// Where it is.
    #[command(flatten)]
    pub place: Place,
    /// Which one; default: the newest.
    pub name: Option<String>,
    /// Leave the database as it is: it is as old as the log's backup or older.
    #[arg(long, conflicts_with = "database_only")]
    pub log_only: bool,
    /// Leave the log as it is: nothing of it was lost.
    #[arg(long)]
    pub database_only: bool,
    /// Leave out who may do what, because the roles are not there.
    #[arg(long)]
    pub without_privileges: bool,
}
