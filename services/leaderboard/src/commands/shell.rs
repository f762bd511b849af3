//! `completions` and `man`: what shells and readers of manuals know of the
//! command line, made of the command line itself.

use std::path::Path;

use anyhow::Context;
use clap::CommandFactory;

use crate::cli::CommandLine;
use crate::cli::shell::{Completions, Manual};

/// The program's name, by which shells know it.
const NAME: &str = "leaderboard";

pub(super) fn completions(asked: &Completions) {
    let mut command = CommandLine::command();
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut command, NAME, &mut script);
    print!("{}", String::from_utf8_lossy(&script));
}

pub(super) fn manual(asked: &Manual) -> anyhow::Result<()> {
    let directory = &asked.dir;
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let mut command = CommandLine::command()
        .name(NAME)
        .disable_help_subcommand(true);
    // Global options and the names of pages come about with it.
    command.build();
    let written = write_pages(&command, directory)?;
    println!("{written} pages are in {}", directory.display());
    Ok(())
}

/// Writes the page of a command and of all below it; returns how many.
fn write_pages(command: &clap::Command, directory: &Path) -> anyhow::Result<usize> {
    let page = clap_mangen::Man::new(command.clone());
    let file = directory.join(page.get_filename());
    let mut text = Vec::new();
    page.render(&mut text)?;
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let mut below = command.get_subcommands().filter(|one| !one.is_hide_set());
    below.try_fold(1, |written, one| Ok(written + write_pages(one, directory)?))
}
