//! Programs, some of which are used where they are installed.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A process that ends with the test.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Servers it has started end with it when it is asked to.
        let id = self.0.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).status();
        let _ = self.0.wait();
    }
}

/// A server of those that watch, with a directory of its own, which goes with it.
pub(super) struct Server {
    _running: Running,
    _directory: TempDir,
}

impl Server {
    /// Starts a program with a configuration, so that it listens at an address. Flags
    /// are those that not all have: the last is the one that says where it keeps what
    /// it knows.
    pub(super) fn start(
        program: &str,
        directory: TempDir,
        configuration: &str,
        address: &str,
        flags: &[&str],
    ) -> Self {
        let file = directory.path().join("configuration.yml");
        std::fs::write(&file, configuration).unwrap();
        let running = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--web.listen-address={address}"))
            .args(flags)
            .arg(directory.path().join("data"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self {
            _running: Running(running),
            _directory: directory,
        }
    }
}

/// A free address of this machine.
pub(super) fn free_address() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().to_string()
}

/// The first of a program's names by which it is installed; says that a test was skipped
/// when there is none.
pub(super) fn installed(names: &[&'static str]) -> Option<&'static str> {
    let is_there = |name: &&&'static str| {
        let asked = Command::new(name).arg("--version").output();
        asked.is_ok_and(|output| output.status.success())
    };
    let found = names.iter().find(is_there).copied();
    if found.is_none() {
        println!("skipped: {} is not installed", names.join(" or "));
    }
    found
}

/// Whether a program is installed; says that a test was skipped when not.
pub(super) fn is_installed(program: &'static str) -> bool {
    installed(&[program]).is_some()
}

/// Has a program check something, where it is installed.
pub(super) fn checked_by(program: &'static str, arguments: &[&str], directory: &Path) {
    if !is_installed(program) {
        return;
    }
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
}
