//! `leaderboard`: every service and every command.

use std::process::ExitCode;

use leaderboard::cli::CommandLine;
use leaderboard::{ExitWith, with_causes};
use runtime::Telemetry;

/// Batches of some ten thousand small values come and go: this allocator hands
/// their memory back, and is faster at it than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    end_with_the_reader();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {}", with_causes(&error));
            ExitCode::from(ExitWith::code_of(&error))
        }
    }
}

/// Whoever reads a page of what is printed, as `head` does, has had enough: that
/// is an end, and no fault of this program.
fn end_with_the_reader() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let said = panic.payload_as_str().unwrap_or_default();
        if said.starts_with("failed printing to stdout") && said.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(panic);
    }));
}

async fn run() -> anyhow::Result<()> {
    let (command_line, secrets) = CommandLine::read();
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a cryptography provider is installed already"))?;
    let telemetry = Telemetry::start(&command_line.telemetry(secrets))?;
    let outcome = leaderboard::run(command_line).await;
    telemetry.shutdown();
    outcome
}
