//! Whether there is room for the data.

use std::path::Path;

use anyhow::{Context, bail};

/// Bytes in a gibibyte.
const GIBIBYTE: u64 = 1 << 30;

/// Less free than this is too little: the database alone keeps a gibibyte of
/// what it wrote ahead (`max_wal_size`, "Write Ahead Log", read in November 2026).
const LEAST: u64 = 2 * GIBIBYTE;

pub(super) fn disk(directory: &Path) -> anyhow::Result<String> {
    // A directory that is not there yet will be where the next one above is.
    let there = directory.ancestors().find(|one| one.exists());
    let there = there.unwrap_or(Path::new("."));
    let found = rustix::fs::statvfs(there)
        .with_context(|| format!("the room at {} is not known", there.display()))?;
    judge(found.f_bavail.saturating_mul(found.f_frsize), directory)
}

fn judge(free: u64, directory: &Path) -> anyhow::Result<String> {
    let gibibytes = free / GIBIBYTE;
    let directory = directory.display();
    if free < LEAST {
        bail!(
            "{gibibytes} GiB are free at {directory}; make room, or move the data and name it with --data-dir"
        );
    }
    Ok(format!("{gibibytes} GiB are free"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_is_told_with_what_to_do() {
        let told = judge(GIBIBYTE, Path::new("data")).unwrap_err().to_string();
        assert!(
            told.contains("1 GiB") && told.contains("make room"),
            "{told}"
        );
        assert_eq!(
            judge(5 * GIBIBYTE, Path::new("data")).unwrap(),
            "5 GiB are free"
        );
    }
}
