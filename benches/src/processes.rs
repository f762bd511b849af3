//! What processes take, as Linux tells it.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context;

/// What one process, or several, take at an instant.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// Resident bytes without shared memory; pages of one file that several
    /// have are divided among them.
    pub(crate) bytes: u64,
    /// Resident bytes of shared memory, such as the buffers of Postgres, which
    /// are as large as configured once all of them were used.
    pub(crate) shared: u64,
    /// Open files and connections.
    pub(crate) descriptors: u64,
}

impl Usage {
    /// Of one process.
    pub(crate) fn of(id: u32) -> anyhow::Result<Self> {
        let files = Path::new("/proc").join(id.to_string()).join("fd");
        let all = kilobytes(id, "smaps_rollup", "Pss:")? * 1024;
        let shared = kilobytes(id, "smaps_rollup", "Pss_Shmem:")? * 1024;
        Ok(Self {
            bytes: all.saturating_sub(shared),
            shared,
            descriptors: std::fs::read_dir(files)?.count() as u64,
        })
    }

    /// Of all processes of this name that another started, or that they did.
    pub(crate) fn of_others(ancestor: u32, name: &str) -> anyhow::Result<Self> {
        let all = every_process()?;
        let mut sum = Self::default();
        for (&id, process) in &all {
            // A process may end between two looks.
            if process.name == name
                && descends(&all, id, ancestor)
                && let Ok(usage) = Self::of(id)
            {
                sum.bytes += usage.bytes;
                sum.shared += usage.shared;
                sum.descriptors += usage.descriptors;
            }
        }
        Ok(sum)
    }

    /// The most that a process ever had resident.
    pub(crate) fn peak_bytes(id: u32) -> anyhow::Result<u64> {
        Ok(kilobytes(id, "status", "VmHWM:")? * 1024)
    }
}

fn kilobytes(id: u32, file: &str, label: &str) -> anyhow::Result<u64> {
    let path = Path::new("/proc").join(id.to_string()).join(file);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("only Linux has {}", path.display()))?;
    let found = text.lines().find_map(|line| line.strip_prefix(label));
    let number = found.and_then(|rest| rest.trim().strip_suffix(" kB"));
    let number = number.with_context(|| format!("no {label} in {}", path.display()))?;
    Ok(number.trim().parse()?)
}

struct Process {
    name: String,
    parent: u32,
}

fn every_process() -> anyhow::Result<HashMap<u32, Process>> {
    let mut all = HashMap::new();
    for entry in std::fs::read_dir("/proc")?.flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|id| id.parse().ok()) else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        // A name stands in brackets and may hold anything.
        let Some((name, rest)) = stat.rsplit_once(") ") else {
            continue;
        };
        let name = name.split_once('(').map_or("", |(_, name)| name).to_owned();
        let parent = rest
            .split(' ')
            .nth(1)
            .and_then(|parent| parent.parse().ok());
        if let Some(parent) = parent {
            all.insert(id, Process { name, parent });
        }
    }
    Ok(all)
}

fn descends(all: &HashMap<u32, Process>, id: u32, ancestor: u32) -> bool {
    let parents = std::iter::successors(Some(id), |id| all.get(id).map(|found| found.parent));
    parents.skip(1).any(|parent| parent == ancestor)
}
