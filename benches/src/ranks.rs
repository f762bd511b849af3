//! P9 and the API's part of P12: the rank of a contributor on a big board,
//! and the memory that answering takes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::Options;
use crate::boards::{Board, Boards};
use crate::load::{Answered, Connection, Load};
use crate::pages::{CONNECTIONS, DURATION, REQUESTS};
use crate::redis::Redis;
use crate::report::{Measure, Row, median};
use crate::serving::{Serve, Served};

/// Connections when latency is measured: few, so that it is not the time in a
/// queue.
const FEW: usize = 2;

/// Where contributors' ranks are told, among all members as Redis has them.
fn ranks(board: &Board) -> Arc<[String]> {
    let form =
        |member| format!("/api/v1/leaderboards/global/ranks/id:{member}?period=all&class=everyone");
    board.paths(form).into()
}

/// How long the API may take to read a board into memory.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks until ranks come from memory; tells how long that took.
async fn warm_up(api: &Served, paths: &Arc<[String]>) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut connection = Connection::open(api.address).await?;
    loop {
        ask(api.address, FEW, Duration::from_millis(100), paths).await?;
        let metrics = connection.get("/metrics").await?;
        let metrics = String::from_utf8_lossy(metrics);
        let kept = metrics
            .lines()
            .find_map(|line| line.strip_prefix("rank_boards_bytes "));
        if kept.is_some_and(|bytes| bytes != "0") {
            println!("  the board is in memory after {:.1?}", started.elapsed());
            return Ok(());
        }
        ensure!(
            started.elapsed() < PATIENCE,
            "the board does not come into memory"
        );
    }
}

async fn ask(
    address: SocketAddr,
    connections: usize,
    duration: Duration,
    paths: &Arc<[String]>,
) -> anyhow::Result<Answered> {
    let load = Load {
        address,
        connections,
        duration,
        paths: Arc::clone(paths),
    };
    load.run().await
}

/// P9: the slowest of a hundred answers, against the same on a small board,
/// both from the database: in memory there is little that could differ.
pub(crate) async fn against_a_small_board(
    boards: &Boards,
    options: &Options,
) -> anyhow::Result<Row> {
    let (big, small) = (ranks(&boards.big), ranks(&boards.small));
    let over_big = boards.big.serve(true).await?;
    let over_small = boards.small.serve(true).await?;
    for (served, paths) in [(&over_big, &big), (&over_small, &small)] {
        ask(served.address, FEW, Duration::from_secs(1), paths).await?;
    }
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        let of_small = ask(over_small.address, FEW, DURATION, &small).await?;
        let of_big = ask(over_big.address, FEW, DURATION, &big).await?;
        println!(
            "  {:.0} requests/s among many, {:.0} among few",
            of_big.rate(),
            of_small.rate()
        );
        reference.push(of_small.p99());
        ours.push(of_big.p99());
    }
    let (many, few) = (boards.big.members, boards.small.members);
    Ok(Row {
        name: "P9",
        what: format!("p99 of a rank among {many} / among {few}"),
        ours: median(ours),
        reference: median(reference),
        measure: Measure::Time,
        goal: 1.5,
    })
}

/// P9: against axum and Redis telling the rank of the same members, and
/// nothing else; and P12: the memory of the API afterwards.
pub(crate) async fn against_redis(
    boards: &Boards,
    options: &Options,
) -> (anyhow::Result<Row>, anyhow::Result<Row>) {
    let measured = async {
        let api = boards.big.serve(false).await?;
        let started = api.resident_bytes()?;
        Ok::<_, anyhow::Error>((api, started))
    };
    let (api, started) = match measured.await {
        Ok(measured) => measured,
        Err(error) => {
            let memory = anyhow::anyhow!("there is no API: {error:#}");
            return (Err(error), Err(memory));
        }
    };
    let rates = compare_rates(&api, boards, options).await;
    (rates, memory(&api, started, boards).await)
}

async fn compare_rates(api: &Served, boards: &Boards, options: &Options) -> anyhow::Result<Row> {
    let redis = Redis::start(&options.path, &options.tools).await?;
    redis.fill(&boards.big.pool).await?;
    let address = redis.address;
    let reference_ranks = Served::start(&Serve::Ranks { redis: address }).await?;
    let members: Arc<[String]> = boards.big.paths(|member| format!("/{member}")).into();
    let paths = ranks(&boards.big);
    warm_up(api, &paths).await?;
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        let of_redis = ask(reference_ranks.address, CONNECTIONS, DURATION, &members).await?;
        let of_ours = ask(api.address, CONNECTIONS, DURATION, &paths).await?;
        println!(
            "  {:.0} ranks/s against {:.0}",
            of_ours.rate(),
            of_redis.rate()
        );
        reference.push(REQUESTS / of_redis.rate());
        ours.push(REQUESTS / of_ours.rate());
    }
    Ok(Row {
        name: "P9",
        what: "1000 × a rank / axum + Redis ZREVRANK".to_owned(),
        ours: median(ours),
        reference: median(reference),
        measure: Measure::Rate,
        goal: 1.0,
    })
}

/// P12: resident memory of the API after questions about many members.
async fn memory(api: &Served, started: u64, boards: &Boards) -> anyhow::Result<Row> {
    let paths = ranks(&boards.big);
    warm_up(api, &paths).await?;
    ask(api.address, CONNECTIONS, DURATION, &paths).await?;
    let resident = api.resident_bytes()?;
    println!(
        "  {:.1} MB resident, {:.1} MB when it had started",
        resident as f64 / 1e6,
        started as f64 / 1e6
    );
    Ok(Row {
        name: "P12",
        what: "bytes of the API / members of the board".to_owned(),
        ours: resident as f64,
        reference: boards.big.members as f64,
        measure: Measure::Memory,
        goal: 64.0,
    })
}
