//! `leaderboard`: every service and every command.

use std::process::ExitCode;

use clap::Parser;
use leaderboard::ExitWith;
use leaderboard::cli::CommandLine;
use runtime::Telemetry;

/// Batches of some ten thousand small values come and go: this allocator hands
/// their memory back, and is faster at it than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::from(ExitWith::code_of(&error))
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let command_line = CommandLine::parse();
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a cryptography provider is installed already"))?;
    let telemetry = Telemetry::start(&command_line.telemetry())?;
    let outcome = leaderboard::run(command_line).await;
    telemetry.shutdown();
    outcome
}
