//! A slice of `make torture`.

#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::sync::atomic::Ordering::Relaxed;

use tests::torture::fault::{Link, Trouble};
use tests::torture::material::Material;
use tests::torture::stage::Stage;
use tests::torture::{RoundReport, Shape, run_round};
use tests::{publish, wait_until_projected};

/// Runs a round, or says how to run it again.
async fn round(seed: u64, shape: Shape) -> RoundReport {
    let report = run_round(seed, shape).await;
    let report = report.unwrap_or_else(|failure| panic!("{failure}\nshape: {shape:?}"));
    println!("seed {seed}: {report}");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_of_each_and_every_fault_change_nothing() {
    let shape = Shape {
        kills: 16,
        projectors: 2,
        log_servers: 1,
        disks: true,
    };
    let report = round(11, shape).await;
    assert!(report.faults["killed"] >= 12, "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_loses_its_leader_changes_nothing() {
    let shape = Shape {
        kills: 14,
        projectors: 2,
        log_servers: 3,
        disks: false,
    };
    let report = round(12, shape).await;
    assert!(report.faults["killed"] >= 10, "{report}");
}

/// The connections of a projector that runs alone are swallowed, to the log and
/// to Postgres, more often than its pool has room for lost ones.
#[tokio::test(flavor = "multi_thread")]
async fn a_projector_alone_gets_over_a_network_that_swallows_everything() {
    let shape = Shape {
        kills: 0,
        projectors: 1,
        log_servers: 1,
        disks: false,
    };
    let (stage, _orders) = Stage::start(shape).await.unwrap();
    let log = stage.servers.log().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let material = Material::make(31, 4, directory.path()).unwrap();
    for batch in material.own_events.chunks(material.own_events.len() / 2) {
        publish(&log, batch, 10).await.unwrap();
        stage.trouble(Link::ProjectorDatabase(0), Some(Trouble::Swallow));
        stage.trouble(Link::ProjectorLog(0), Some(Trouble::Swallow));
        publish(&log, batch, 10).await.unwrap();
        stage.trouble(Link::ProjectorDatabase(0), None);
        stage.trouble(Link::ProjectorLog(0), None);
        wait_until_projected(&stage.pool, &log).await.unwrap();
    }
    assert_eq!(stage.projectors[0].handle.lives.failures.load(Relaxed), 0);
}
