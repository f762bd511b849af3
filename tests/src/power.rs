//! A disk whose power can be cut: a file system in an image file.
//!
//! What a program writes stays with the operating system until it is synced or
//! some seconds have gone by; only then does it reach the image. A copy of the
//! image, taken at the instant its writers are killed, is therefore what a
//! power cut would have left.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// Room for the data of a test.
const SIZE: &str = "600M";

/// A file system in an image file, mounted.
pub struct PowerDisk {
    image: PathBuf,
    mounted_at: PathBuf,
}

impl PowerDisk {
    /// Makes and mounts one below a directory; `None` where this process may
    /// not mount, or the tools for it are missing.
    #[must_use]
    pub fn make(directory: &Path) -> Option<Self> {
        let image = directory.join("disk.img");
        let made = run("truncate", &["-s", SIZE], &image)
            .and_then(|()| run("mkfs.ext4", &["-q", "-F"], &image))
            .and_then(|()| Self::mount(image, directory.join("disk")));
        made.inspect_err(|error| println!("no disk whose power can be cut: {error:#}"))
            .ok()
    }

    fn mount(image: PathBuf, mounted_at: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&mounted_at)?;
        let from = image.display().to_string();
        run("mount", &["-o", "loop", &from], &mounted_at)?;
        Ok(Self { image, mounted_at })
    }

    /// Where its files are.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.mounted_at
    }

    /// The disk as it is found when the power comes back, mounted below
    /// another directory. Who wrote to it must have been killed.
    ///
    /// # Errors
    /// When it cannot be copied or mounted.
    pub fn after_power_cut(&self, directory: &Path) -> anyhow::Result<Self> {
        let image = directory.join("disk-after.img");
        let from = self.image.display().to_string();
        run("cp", &["--sparse=always", &from], &image)?;
        Self::mount(image, directory.join("disk-after"))
    }
}

impl Drop for PowerDisk {
    fn drop(&mut self) {
        // Servers that are just ending may still hold files of it.
        let _ = run("umount", &["--lazy"], &self.mounted_at);
    }
}

fn run(program: &str, arguments: &[&str], last: &Path) -> anyhow::Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .arg(last)
        .output()
        .with_context(|| format!("starting {program}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program}: {}", complaint.trim());
    Ok(())
}
