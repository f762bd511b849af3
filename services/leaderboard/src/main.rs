//! `leaderboard`: every service and every command.

use clap::Parser;
use leaderboard::cli::CommandLine;
use runtime::Telemetry;

/// Batches of some ten thousand small values come and go: this allocator hands
/// their memory back, and is faster at it than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let command_line = CommandLine::parse();
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a cryptography provider is installed already"))?;
    let telemetry = Telemetry::start(&command_line.telemetry())?;
    let outcome = leaderboard::run(command_line).await;
    telemetry.shutdown();
    outcome
}
