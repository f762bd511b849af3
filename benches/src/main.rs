//! `make bench`: each row does a piece of work and its reference by turns in
//! the same run, on the same input, and compares their medians. Absolute
//! times say little on a shared machine; the ratios are what counts.

mod boards;
mod browsing;
mod decode;
mod deployment;
mod duckdb;
mod end_to_end;
mod firehose;
mod growth;
mod input;
mod linking;
mod load;
mod pages;
mod pgbench;
mod processes;
mod program;
mod project;
mod publish;
mod ranks;
mod redis;
mod replay;
mod report;
mod rescore;
mod samples;
mod serving;
mod size;
mod sustained;
mod wheel;

use boards::Boards;
use clap::Parser;
use input::Input;
use report::{Report, Row};
use serving::Serve;

/// The allocator of the program that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Members of the board that the API is asked about.
    #[arg(long, default_value_t = 1_000_000)]
    members: u64,
    /// Contributions stored in the end when growth is measured.
    #[arg(long, default_value_t = 1_000_000)]
    stored: u64,
    /// Minutes that endurance is measured for.
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    #[command(subcommand)]
    serve: Option<Serve>,
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        let mut rows = self.rows.iter();
        self.rows.is_empty() || rows.any(|row| row.eq_ignore_ascii_case(name))
    }

    fn wants_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.wants(name))
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    rustls::crypto::ring::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("a cryptography provider is installed already"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    if let Some(serve) = options.serve {
        return runtime.block_on(serve.run());
    }
    let mut report = Report::default();
    if options.wants_any(&["P1", "P2", "P3", "P4", "P5", "P6", "P11", "linking"]) {
        runtime.block_on(measure_writing(&options, &mut report))?;
    }
    if options.wants_any(&["P7", "P8", "P9", "P12"]) {
        runtime.block_on(measure_reading(&options, &mut report))?;
    }
    if options.wants("page") {
        report.add_or_skip("page", runtime.block_on(browsing::of_a_board(&options)));
    }
    if options.wants_any(&["P10", "P13", "P14", "P15", "firehose", "endurance"]) {
        runtime.block_on(measure_deployments(&options, &mut report))?;
    }
    report.print();
    report.write()
}

/// From files to boards.
async fn measure_writing(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let input = Input::choose(options.files.as_deref())?;
    println!("{input}");
    if options.wants("P1") {
        report.add(decode::against_inflating(&input, options.runs)?);
    }
    if options.wants("P2") {
        report.add_or_skip(
            "P2",
            decode::against_duckdb(&input, options.runs, &options.tools),
        );
    }
    if options.wants("P3") {
        for row in publish::against_the_bare_client(&input, options).await? {
            report.add(row);
        }
    }
    if options.wants("P4") {
        report.add(project::against_copy_and_consume(&input, options).await?);
    }
    if options.wants("P5") {
        let row: anyhow::Result<Row> = end_to_end::against_duckdb(&input, options).await;
        report.add_or_skip("P5", row);
    }
    if options.wants("P6") {
        report.add_all(replay::under_load(&input, options).await?);
    }
    if options.wants("P11") {
        report.add(rescore::against_an_update(&input, options).await?);
    }
    if options.wants("linking") {
        report.add_all(linking::against_projecting(options).await?);
    }
    Ok(())
}

/// From boards to answers.
async fn measure_reading(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    let boards = Boards::make(options).await?;
    if options.wants("P7") {
        report.add(pages::against_a_constant(&boards, options).await?);
    }
    if options.wants("P8") {
        report.add_or_skip("P8", pages::against_pgbench(&boards, options).await);
    }
    if options.wants("P9") {
        report.add(ranks::against_a_small_board(&boards, options).await?);
    }
    if options.wants_any(&["P9", "P12"]) {
        let (rates, memory) = ranks::against_redis(&boards, options).await;
        if options.wants("P9") {
            report.add_or_skip("P9", rates);
        }
        report.add_or_skip("P12", memory);
    }
    Ok(())
}

/// The whole program with its servers.
async fn measure_deployments(options: &Options, report: &mut Report) -> anyhow::Result<()> {
    if options.wants("P10") {
        report.add(sustained::freshness(options).await?);
    }
    if options.wants_any(&["P13", "P14"]) {
        report.add_all(growth::measure(options).await?);
    }
    if options.wants("P15") {
        report.add(size::of_the_program()?);
    }
    if options.wants("firehose") {
        report.add(firehose::against_real_time(options).await?);
    }
    // Only when it is asked for by name: it takes half an hour.
    if !options.rows.is_empty() && options.wants("endurance") {
        report.add_all(sustained::endurance(options.minutes, options).await?);
    }
    Ok(())
}
