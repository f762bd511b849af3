//! A disk that can be full: a file system in memory whose size is taken down
//! to what is used. Mounting one needs the right to do so.

use std::ffi::CString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::fs::statvfs;
use rustix::mount::{MountFlags, UnmountFlags, mount, mount_remount, unmount};

/// Room for the data of one round.
const BYTES: u64 = 2 * 1_024 * 1_024 * 1_024;

/// How often the room used is looked at while others write.
const LOOKS: usize = 1_000;

/// A mounted file system of its own.
pub struct Disk {
    directory: PathBuf,
}

impl Disk {
    /// Mounts one at a directory, which is made; `None` where this process
    /// may not.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn mount(directory: &Path) -> anyhow::Result<Option<Self>> {
        std::fs::create_dir_all(directory)?;
        let size = CString::new(format!("size={BYTES},mode=755"))?;
        let mounted = mount(
            "tmpfs",
            directory,
            "tmpfs",
            MountFlags::empty(),
            size.as_c_str(),
        );
        if mounted.is_err() {
            return Ok(None);
        }
        std::fs::set_permissions(directory, PermissionsExt::from_mode(0o755))?;
        Ok(Some(Self {
            directory: directory.to_owned(),
        }))
    }

    /// Leaves no room for another byte.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn fill(&self) -> anyhow::Result<()> {
        let mut looks = 0;
        loop {
            let found = statvfs(&self.directory)?;
            let used = (found.f_blocks - found.f_bfree) * found.f_frsize;
            looks += 1;
            match self.resize(used.max(found.f_frsize)) {
                // More was written since the look: less than is used cannot be.
                Err(_) if looks < LOOKS => {}
                outcome => return outcome,
            }
        }
    }

    /// Gives the room back.
    ///
    /// # Errors
    /// What the kernel answers.
    pub fn free(&self) -> anyhow::Result<()> {
        self.resize(BYTES)
    }

    fn resize(&self, bytes: u64) -> anyhow::Result<()> {
        let size = CString::new(format!("size={bytes}"))?;
        mount_remount(&self.directory, MountFlags::empty(), size.as_c_str())
            .with_context(|| format!("resizing {}", self.directory.display()))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Servers that are just ending may still hold files of it.
        let _ = unmount(&self.directory, UnmountFlags::DETACH);
    }
}
