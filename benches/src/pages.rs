//! P7 and P8: the first page of a board, from memory and from the database.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::Options;
use crate::boards::{Boards, PAGE};
use crate::load::{Connection, Load};
use crate::pgbench::PgBench;
use crate::report::{Measure, Row, median};
use crate::serving::{Serve, Served};

/// Clients at the same time, and for how long they ask.
pub(crate) const CONNECTIONS: usize = 16;
pub(crate) const DURATION: Duration = Duration::from_secs(3);

/// Rates are told as the seconds that so many requests take.
pub(crate) const REQUESTS: f64 = 1_000.0;

fn load(address: SocketAddr) -> Load {
    Load {
        address,
        connections: CONNECTIONS,
        duration: DURATION,
        paths: Arc::new([PAGE.to_owned()]),
    }
}

/// P7: against axum answering the same bytes, with the same headers, from a
/// constant.
pub(crate) async fn against_a_constant(boards: &Boards, options: &Options) -> anyhow::Result<Row> {
    let api = boards.big.serve(false).await?;
    let answer = warm_up(&api).await?;
    let file = boards.directory.path().join("answer");
    std::fs::write(&file, answer)?;
    let constant = Served::start(&Serve::Answer { file }).await?;
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        let of_reference = load(constant.address).run().await?.rate();
        let of_ours = load(api.address).run().await?.rate();
        println!("  {of_ours:.0} requests/s against {of_reference:.0}");
        reference.push(REQUESTS / of_reference);
        ours.push(REQUESTS / of_ours);
    }
    Ok(Row {
        name: "P7",
        what: "1000 × top 50 from memory / axum sends a constant".to_owned(),
        ours: median(ours),
        reference: median(reference),
        measure: Measure::Rate,
        goal: 0.8,
    })
}

/// Asks until answers come from memory; returns the last one.
async fn warm_up(api: &Served) -> anyhow::Result<Vec<u8>> {
    // The version of the data has been heard of by then.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut connection = Connection::open(api.address).await?;
    connection.get(PAGE).await?;
    Ok(connection.get(PAGE).await?.to_vec())
}

/// P8: against pgbench running the statements that such a request makes.
pub(crate) async fn against_pgbench(boards: &Boards, options: &Options) -> anyhow::Result<Row> {
    let pgbench = PgBench::record(boards, &options.path, PAGE).await?;
    let api = boards.big.serve(true).await?;
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    for _ in 0..options.runs {
        let of_reference = pgbench.rate(CONNECTIONS, DURATION)?;
        let of_ours = load(api.address).run().await?.rate();
        println!("  {of_ours:.0} requests/s against {of_reference:.0} transactions/s");
        reference.push(REQUESTS / of_reference);
        ours.push(REQUESTS / of_ours);
    }
    Ok(Row {
        name: "P8",
        what: "1000 × top 50 computed / pgbench, same statements".to_owned(),
        ours: median(ours),
        reference: median(reference),
        measure: Measure::Rate,
        goal: 0.7,
    })
}
