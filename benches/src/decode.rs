//! P1 and P2: files to contributions in memory, on all cores.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::ensure;
use flate2::read::MultiGzDecoder;
use scraper::ingest::decode_files;

use crate::duckdb::DuckDb;
use crate::input::Input;
use crate::report::{Measure, Row, by_turns, seconds};

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn decode(input: &Input) -> anyhow::Result<f64> {
    seconds(|| {
        let decoded = decode_files(&input.files, cores())?;
        ensure!(
            decoded.iter().any(|file| !file.decoded.events.is_empty()),
            "nothing was decoded"
        );
        Ok(decoded)
    })
}

/// P1: against inflating the same files alone, with the same library.
pub(crate) fn against_inflating(input: &Input, runs: usize) -> anyhow::Result<Row> {
    let (ours, reference) = by_turns(runs, || decode(input), || seconds(|| inflate(&input.files)))?;
    Ok(Row {
        name: "P1",
        what: "decode files / inflate them".to_owned(),
        ours,
        reference,
        measure: Measure::Time,
        goal: 1.5,
    })
}

fn inflate(files: &[PathBuf]) -> anyhow::Result<u64> {
    let next = AtomicUsize::new(0);
    let total = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores())
            .map(|_| {
                scope.spawn(|| -> anyhow::Result<()> {
                    while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                        total.fetch_add(inflate_file(file)?, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| anyhow::bail!("a worker panicked"))
        })
    })?;
    Ok(total.into_inner() as u64)
}

fn inflate_file(file: &Path) -> anyhow::Result<usize> {
    let mut decoder = MultiGzDecoder::new(std::io::BufReader::with_capacity(
        128 * 1024,
        std::fs::File::open(file)?,
    ));
    let mut buffer = vec![0; 1 << 20];
    let mut total = 0;
    loop {
        match decoder.read(&mut buffer)? {
            0 => return Ok(total),
            read => total += read,
        }
    }
}

/// P2: against DuckDB counting events per repository and actor.
pub(crate) fn against_duckdb(input: &Input, runs: usize, tools: &Path) -> anyhow::Result<Row> {
    let duckdb = DuckDb::fetch(tools)?;
    let (ours, reference) = by_turns(
        runs,
        || decode(input),
        || duckdb.run("count", &input.paths()),
    )?;
    Ok(Row {
        name: "P2",
        what: "decode files / DuckDB counts them".to_owned(),
        ours,
        reference,
        measure: Measure::Time,
        goal: 0.6,
    })
}
