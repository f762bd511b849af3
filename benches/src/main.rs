//! `make bench`: each row does a piece of work and its reference by turns in
//! the same run, on the same input, and compares their medians. Absolute
//! times say little on a shared machine; the ratios are what counts.

mod decode;
mod duckdb;
mod end_to_end;
mod input;
mod project;
mod publish;
mod report;

use clap::Parser;
use input::Input;
use report::{Report, Row};

/// Measures against references in the same run.
#[derive(Debug, Parser)]
struct Options {
    /// Rows to measure, such as P1,P5; default: all.
    #[arg(long, value_delimiter = ',')]
    rows: Vec<String>,
    /// Measurements of each row, of which the medians are compared.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Files of GitHub events; default: real hours beside the checkout, or made-up ones.
    #[arg(long)]
    files: Option<String>,
    /// Where fetched programs are.
    #[arg(long, default_value = ".tools")]
    tools: std::path::PathBuf,
    /// Where installed programs are looked for.
    #[arg(long, env = "PATH", hide = true, default_value = "")]
    path: String,
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a cryptography provider is installed already"))?;
    let input = Input::choose(options.files.as_deref())?;
    println!("{input}");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let mut report = Report::default();
    let wanted = |name: &str| {
        options.rows.is_empty()
            || options
                .rows
                .iter()
                .any(|row| row.eq_ignore_ascii_case(name))
    };
    if wanted("P1") {
        report.add(decode::against_inflating(&input, options.runs)?);
    }
    if wanted("P2") {
        report.add_or_skip(
            "P2",
            decode::against_duckdb(&input, options.runs, &options.tools),
        );
    }
    if wanted("P3") {
        for row in runtime.block_on(publish::against_the_bare_client(&input, &options))? {
            report.add(row);
        }
    }
    if wanted("P4") {
        report.add(runtime.block_on(project::against_copy_and_consume(&input, &options))?);
    }
    if wanted("P5") {
        let row: anyhow::Result<Row> =
            runtime.block_on(end_to_end::against_duckdb(&input, &options));
        report.add_or_skip("P5", row);
    }
    report.print();
    report.write()
}
