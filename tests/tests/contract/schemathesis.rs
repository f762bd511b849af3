//! Schemathesis, which asks a service everything that its document allows, and
//! much that it does not, and holds the answers against the document.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::workspace;

/// What is asked is the same each time.
const SEED: &str = "20261126";

/// Requests of each operation that are made up beside those that its document
/// gives rise to.
const EXAMPLES: &str = "12";

/// One request, and how it was answered.
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) status: u64,
}

/// The tool, where it was fetched.
pub(crate) struct Schemathesis(PathBuf);

impl Schemathesis {
    /// Says that a test was skipped where the tool is not there.
    pub(crate) fn find(test: &str) -> Option<Self> {
        let packages = workspace().join(".tools/contract");
        if packages.join("schemathesis").is_dir() {
            return Some(Self(packages));
        }
        println!("skipped: {test}: Schemathesis is not there; fetch it with: make test-tools");
        None
    }

    /// Asks a service everything, with all checks there are, and returns what
    /// was asked. It fails where one check does.
    pub(crate) fn run(
        &self,
        directory: &Path,
        document: &Value,
        url: &str,
        options: &[&str],
    ) -> Vec<Exchange> {
        std::fs::write(directory.join("openapi.json"), document.to_string()).unwrap();
        let output = Command::new("python3")
            .args([
                "-m",
                "schemathesis.cli",
                "run",
                "openapi.json",
                "--url",
                url,
            ])
            // NUL is refused wherever it stands, which no schema of texts says.
            .args(["--generation-allow-x00", "false"])
            .args([
                "--seed",
                SEED,
                "--max-examples",
                EXAMPLES,
                "--checks",
                "all",
            ])
            .args(["--generation-database", "none", "--workers", "1"])
            .args(["--report", "har", "--report-har-path", "asked.har"])
            .arg("--no-color")
            .args(options)
            .env("PYTHONPATH", &self.0)
            .current_dir(directory)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(output.status.success(), "{said}");
        println!("{said}");
        exchanges(&directory.join("asked.har"))
    }
}

fn exchanges(file: &Path) -> Vec<Exchange> {
    let archive: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let entries = archive["log"]["entries"].as_array().unwrap().iter();
    let exchange = |entry: &Value| {
        let url: reqwest::Url = entry["request"]["url"].as_str()?.parse().ok()?;
        Some(Exchange {
            method: entry["request"]["method"].as_str()?.to_owned(),
            path: url.path().to_owned(),
            status: entry["response"]["status"].as_u64()?,
        })
    };
    entries.filter_map(exchange).collect()
}
