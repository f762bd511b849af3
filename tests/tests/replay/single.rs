//! One projection alone is made again: its tables change places, and nothing
//! else does.

use projector::replay::{StartSettings, compare, drop_kept, rollback, start, switch};
use tests::{events_of, generated_documents};

use super::stage::{Stage, author};

/// A change of one row of each projection, and a query that finds it.
const DAMAGES: [(&str, &str, &str); 6] = [
    (
        "coverage",
        "UPDATE coverage_units SET events = 12345 WHERE unit = '2024-02-29-23.json.gz'",
        "SELECT count(*) FROM coverage_units WHERE events = 12345",
    ),
    (
        "dead_letters",
        "UPDATE dead_letters SET error = 'changed' WHERE origin = '2024-02-29-23.json.gz'",
        "SELECT count(*) FROM dead_letters WHERE error = 'changed'",
    ),
    (
        "costs",
        "CREATE TABLE ledger_entries_2026_11 PARTITION OF ledger_entries
             FOR VALUES FROM ('2026-11') TO ('2026-12');
         INSERT INTO ledger_entries (sequence, month, entry) VALUES (999, '2026-11', '{}')",
        "SELECT count(*) FROM ledger_entries WHERE sequence = 999",
    ),
    (
        "jobs",
        "INSERT INTO paused_queues VALUES ('changed', 'nobody', '', now())",
        "SELECT count(*) FROM paused_queues WHERE queue = 'changed'",
    ),
    (
        "schedule",
        "INSERT INTO schedule (job, covered_until) VALUES ('changed', now())",
        "SELECT count(*) FROM schedule WHERE job = 'changed'",
    ),
    (
        "contributions",
        "UPDATE contribution_events SET basis = 'changed' WHERE id =
             (SELECT id FROM contribution_events ORDER BY id LIMIT 1)",
        "SELECT count(*) FROM contribution_events WHERE basis = 'changed'",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_projection_can_be_made_again_alone() {
    let mut stage = Stage::start(400).await;
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    let all_letters = stage.value(1, "SELECT count(*) FROM dead_letters").await;
    assert_eq!(all_letters, 3);
    for (place, (projection, damage, found)) in DAMAGES.into_iter().enumerate() {
        stage.tamper(1, damage).await;
        let settings = StartSettings {
            projection: Some(projection.to_owned()),
            ..StartSettings::default()
        };
        let number = start(&stage.pool, &settings).await.unwrap();
        stage.wait_for(number).await;
        let report = compare(&stage.pool, 5).await.unwrap();
        assert_eq!(report.differences, 1, "{projection}: {report:#?}");
        switch(&stage.pool, &author(), true).await.unwrap();
        assert_eq!(stage.value(1, found).await, 0, "{projection}");
        let letters = stage.value(1, "SELECT count(*) FROM dead_letters").await;
        assert_eq!(letters, all_letters + place as i64, "{projection}");

        // The old tables follow the log still, and come back with a rollback.
        let seed = 50 + place as u64;
        let later = events_of(&generated_documents(seed, 60).unwrap()).unwrap();
        stage.publish(later).await;
        stage
            .publish_others(&format!("2024-03-0{place}-0.json.gz"))
            .await;
        stage.wait_for(1).await;
        stage.wait_for(number).await;
        let report = compare(&stage.pool, 5).await.unwrap();
        assert_eq!(report.differences, 1, "{projection}: {report:#?}");
        rollback(&stage.pool, &author()).await.unwrap();
        assert_eq!(stage.value(1, found).await, 1, "{projection}");
        rollback(&stage.pool, &author()).await.unwrap();
        assert_eq!(stage.value(1, found).await, 0, "{projection}");
        assert_eq!(drop_kept(&stage.pool).await.unwrap(), number);
        stage.wait_for(1).await;
        let units = stage.value(1, "SELECT count(*) FROM coverage_units").await;
        assert_eq!(units, place as i64 + 2, "{projection}");
        stage.check(1).await;
    }
}
