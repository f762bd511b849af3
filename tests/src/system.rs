//! The whole system as a person runs it, for tests that ask it from outside.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::harness::{program, workspace};

/// The secret of whoever may send commands to a [`System`].
pub const COMMAND_KEY: &str = "0123456789abcdef0123";

/// A demonstration that has read its input: every service, on real servers.
pub struct System {
    demo: Child,
    // Whoever writes to a pipe that nobody holds is ended.
    _said: BufReader<ChildStdout>,
    directory: TempDir,
    /// Where the query API and the pages are.
    pub api: String,
    /// Where webhooks and commands are taken.
    pub commands: String,
}

impl Drop for System {
    fn drop(&mut self) {
        // Servers it has started end with it when it is asked to.
        let id = self.demo.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).status();
        let _ = self.demo.wait();
    }
}

impl System {
    /// Starts everything, with the lines of an hour of the archives, and one
    /// that nobody can read.
    ///
    /// # Errors
    /// When the program is not built, or says that something is wrong.
    pub fn start(hour: &str, lines: &[u8]) -> anyhow::Result<Self> {
        // Once a process; a second call finds it done.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = tempfile::tempdir()?;
        let open: std::fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(directory.path(), open)?;
        let file = directory.path().join(format!("{hour}.json.gz"));
        let mut archive = GzEncoder::new(std::fs::File::create(&file)?, Compression::fast());
        archive.write_all(lines)?;
        archive.write_all(b"{\"type\":\"PushEvent\",\n")?;
        archive.finish()?;
        let key = directory.path().join("snapshot.key");
        let making = command(directory.path())?
            .args(["snapshot", "key", "--out"])
            .arg(&key)
            .output()?;
        ensure!(making.status.success(), "{}", text(&making.stderr));
        let mut demo = command(directory.path())?
            .args(["demo", "--listen", "127.0.0.1:0"])
            .args(["--webhook-listen", "127.0.0.1:0"])
            .args(["--webhook-secret", "a secret of sixteen"])
            .args(["--command-key", &format!("ann={COMMAND_KEY}")])
            .arg("--snapshot-key")
            .arg(&key)
            .arg(&file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = demo.stdout.take().context("its output is piped")?;
        let mut output = BufReader::new(output);
        let mut said: Vec<String> = Vec::new();
        while !said.last().is_some_and(|line| line.contains("Ctrl-C")) {
            let mut line = String::new();
            let read = output.read_line(&mut line)?;
            ensure!(read > 0, "the program ended after saying {said:#?}");
            said.push(line);
        }
        let after = |text: &str| {
            let line = said.iter().find_map(|line| line.strip_prefix(text));
            let address = line.and_then(|line| line.split_whitespace().next());
            let address = address.map(|address| address.trim_end_matches('.').to_owned());
            address.with_context(|| format!("{text:?} was not said: {said:#?}"))
        };
        let (api, commands) = (
            after("The page is at ")?,
            after("Webhooks and commands are taken at ")?,
        );
        Ok(Self {
            demo,
            _said: output,
            directory,
            api,
            commands,
        })
    }

    /// Runs a command beside it, and returns what it printed.
    ///
    /// # Errors
    /// When it fails, with what it said.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = command(self.directory.path())?.args(arguments).output()?;
        let said = text(&output.stderr);
        ensure!(output.status.success(), "{arguments:?}: {said}");
        Ok(text(&output.stdout))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn command(directory: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(program()?);
    command
        .arg("--data-dir")
        .arg(directory.join("data"))
        .arg("--tools")
        .arg(workspace().join(".tools"));
    Ok(command)
}
