//! Programs, some of which are used where they are installed.

use std::path::Path;
use std::process::{Child, Command};

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

/// Whether a program is installed; says that a test was skipped when not.
pub(super) fn is_installed(program: &str) -> bool {
    let asked = Command::new(program).arg("--version").output();
    let is_there = asked.is_ok_and(|output| output.status.success());
    if !is_there {
        println!("skipped: {program} is not installed");
    }
    is_there
}

/// Has a program check something, where it is installed.
pub(super) fn checked_by(program: &str, arguments: &[&str], directory: &Path) {
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
