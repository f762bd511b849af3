//! Arguments of `snapshot` and `verify`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What snapshots of boards are signed with.
#[derive(Debug, Default, Args)]
pub struct SnapshotKeyOption {
    /// What snapshots of boards are signed with: the file that `leaderboard snapshot key` wrote, or
    /// the key itself. Without one, none are signed.
    #[arg(
        id = "snapshot-key",
        long = "snapshot-key",
        env = "LEADERBOARD_SNAPSHOT_KEY",
        hide_env_values = true
    )]
    pub key: Option<String>,
}

/// Options of `snapshot`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Snapshot {
    /// Something else than to get one.
    #[command(subcommand)]
    pub action: Option<SnapshotAction>,
    /// global, owner/repository, an organisation, or group: and the name of a group.
    #[arg(default_value = "global")]
    pub scope: String,
    /// The board's period, as for `top`.
    #[arg(long, default_value = "all")]
    pub period: String,
    /// score, or one kind of contribution.
    #[arg(long, visible_alias = "metric", default_value = "score")]
    pub kind: String,
    /// human, bot, agent or everyone.
    #[arg(long, default_value = "human")]
    pub class: String,
    /// Most rows, 10,000 at most; the snapshot says whether the board goes on.
    #[arg(long, default_value_t = 10_000)]
    pub limit: u32,
    /// Where to write it; default: to the standard output.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// What to do besides getting a snapshot.
#[derive(Debug, Subcommand)]
pub enum SnapshotAction {
    /// Make a key to sign with: writes the secret to a file that only its owner may read, and
    /// prints the public key.
    Key(MakeKey),
}

/// Options of `snapshot key`.
#[derive(Debug, Args)]
pub struct MakeKey {
    /// The file of the secret; it must not be there yet.
    #[arg(long, default_value = "snapshot.key")]
    pub out: PathBuf,
    /// Print as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Options of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
It ends with 0 when all of it holds, 1 when it cannot be looked at, 3 when the snapshot does not \
hold, 4 when the service or the log says something else now and there is a reason for that, and 5 \
when there is none.")]
pub struct Verify {
    /// The snapshot.
    pub file: PathBuf,
    /// The public key, or a file that holds it.
    #[arg(long)]
    pub key: String,
    /// Ask the query API at this address for the same board, and tell what differs and why.
    #[arg(long, value_name = "URL")]
    pub against: Option<String>,
    /// Read the log again up to the snapshot's place, and compare the digest of the messages.
    #[arg(long)]
    pub inputs: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    pub json: bool,
}
