//! Arguments of `completions` and `man`.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// Options of `completions`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    pub shell: Shell,
}

/// Options of `man`.
#[derive(Debug, Args)]
pub struct Manual {
    /// Where to write the pages, such as ~/.local/share/man/man1.
    #[arg(long)]
    pub dir: PathBuf,
}
