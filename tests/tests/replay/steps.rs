//! Steps that are refused, taken again, or taken all at once.

use std::time::Duration;

use postgres::{GenerationState, generations};
use projector::replay::{
    Outcome, PATIENCE, Recalculation, ReplayError, StartSettings, abort, compare, drop_kept,
    recalculate, rollback, start, status, switch,
};

use super::stage::{Stage, author, everything};

#[tokio::test(flavor = "multi_thread")]
async fn steps_out_of_order_are_refused() {
    let mut stage = Stage::start(100).await;
    let pool = stage.pool.clone();
    for outcome in [
        compare(&pool, 5).await.map(drop),
        switch(&pool, &author(), true).await.map(drop),
        rollback(&pool, &author()).await.map(drop),
        abort(&pool).await.map(drop),
        drop_kept(&pool).await.map(drop),
    ] {
        assert!(
            matches!(outcome, Err(ReplayError::Nothing(_))),
            "{outcome:?}"
        );
    }
    let unknown = StartSettings {
        projection: Some("weather".to_owned()),
        ..everything()
    };
    let refused = start(&pool, &unknown).await.unwrap_err();
    assert!(refused.to_string().contains("coverage"), "{refused}");

    assert_eq!(start(&pool, &everything()).await.unwrap(), 2);
    let refused = start(&pool, &everything()).await.unwrap_err();
    assert!(matches!(refused, ReplayError::Running(2)), "{refused}");
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    stage.wait_for(2).await;
    let refused = switch(&pool, &author(), false).await.unwrap_err();
    assert!(matches!(refused, ReplayError::NotCompared(2)), "{refused}");
    compare(&pool, 5).await.unwrap();
    switch(&pool, &author(), false).await.unwrap();
    let refused = start(&pool, &everything()).await.unwrap_err();
    assert!(matches!(refused, ReplayError::Kept(1)), "{refused}");
    // What was compared before the switch says nothing after it.
    rollback(&pool, &author()).await.unwrap();
    let refused = switch(&pool, &author(), false).await.unwrap_err();
    assert!(matches!(refused, ReplayError::NotCompared(2)), "{refused}");
    assert_eq!(drop_kept(&pool).await.unwrap(), 2);
    stage.check(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_is_behind_is_not_switched_to() {
    let mut stage = Stage::start(100).await;
    stage.project("projector", 1_000);
    start(&stage.pool, &everything()).await.unwrap();
    stage.wait_for(1).await;
    stage.wait_for(2).await;
    compare(&stage.pool, 5).await.unwrap();
    // As one that has a long way to go.
    stage
        .tamper(
            1,
            "UPDATE projections SET sequence = sequence + 100000 WHERE projection = 'costs'",
        )
        .await;
    let refused = switch(&stage.pool, &author(), false).await.unwrap_err();
    let ReplayError::Behind {
        generation,
        projection,
        behind,
    } = refused
    else {
        panic!("{refused}")
    };
    assert_eq!(
        (generation, projection.as_str(), behind),
        (2, "costs", 100_000)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_replay_leaves_nothing_and_another_can_begin() {
    let mut stage = Stage::start(600).await;
    stage.project("projector", 20);
    start(&stage.pool, &everything()).await.unwrap();
    let total = stage.log.last_sequence(event_log::LogStream::Contributions);
    let total = total.await.unwrap();
    stage.wait_until(2, |behind| behind < total).await;
    assert_eq!(abort(&stage.pool).await.unwrap(), 2);
    let schemas: i64 =
        sqlx::query_scalar("SELECT count(*) FROM pg_namespace WHERE nspname = 'generation_2'")
            .fetch_one(&stage.pool)
            .await
            .unwrap();
    assert_eq!(schemas, 0);
    // As if whoever started the next was killed before its tables were there.
    sqlx::raw_sql(
        "INSERT INTO control.generations (generation, schema, state)
         VALUES (3, 'generation_3', 'creating')",
    )
    .execute(&stage.pool)
    .await
    .unwrap();
    let throttled = StartSettings {
        throttle: Some(20_000),
        ..everything()
    };
    assert_eq!(start(&stage.pool, &throttled).await.unwrap(), 4);
    stage.wait_for(1).await;
    stage.wait_for(4).await;
    let now = status(&stage.pool).await.unwrap();
    let building = now.building().unwrap();
    assert_eq!((building.generation, building.behind()), (4, 0));
    assert_eq!(building.throttle, Some(20_000));
    assert!(building.projections.iter().all(|one| one.is_running));
    let rate = building.projections[0].messages_per_second;
    assert!(rate > 0.0, "{building:#?}");
    assert_eq!(stage.check(1).await, stage.check(4).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalculation_does_not_take_over_a_replay_of_less() {
    let mut stage = Stage::start(50).await;
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    let alone = StartSettings {
        projection: Some("costs".to_owned()),
        ..everything()
    };
    start(&stage.pool, &alone).await.unwrap();
    let recalculation = Recalculation {
        start: everything(),
        sample: 5,
        author: author(),
        patience: PATIENCE,
    };
    let outcome = recalculate(&stage.pool, &recalculation, |_| {}).await;
    let refused = outcome.unwrap_err().to_string();
    assert!(refused.contains("holds costs alone"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalculation_that_nobody_works_on_says_so_and_goes_on_later() {
    let mut stage = Stage::start(100).await;
    let mut recalculation = Recalculation {
        start: everything(),
        sample: 5,
        author: author(),
        patience: Duration::ZERO,
    };
    let outcome = recalculate(&stage.pool, &recalculation, |_| {}).await;
    let refused = outcome.unwrap_err();
    assert!(matches!(refused, ReplayError::NoProjector(0)), "{refused}");
    stage.project("projector", 1_000);
    recalculation.patience = PATIENCE;
    let outcome = recalculate(&stage.pool, &recalculation, |_| {}).await;
    assert!(matches!(outcome.unwrap(), Outcome::Switched(..)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalculation_switches_when_all_is_equal_and_leaves_the_rest_to_a_person() {
    let mut stage = Stage::start(300).await;
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    let recalculation = Recalculation {
        start: StartSettings {
            drop_kept: true,
            ..everything()
        },
        sample: 5,
        author: author(),
        patience: PATIENCE,
    };
    let mut reports = 0;
    for number in [2, 3] {
        let outcome = recalculate(&stage.pool, &recalculation, |_| reports += 1);
        let Outcome::Switched(switched, parity) = outcome.await.unwrap() else {
            panic!("the generations differ")
        };
        assert_eq!(switched.to, number);
        assert_eq!(parity.differences, 0);
        stage.check(number).await;
    }
    assert!(reports >= 2);
    stage
        .tamper(3, "UPDATE coverage_units SET events = events + 1")
        .await;
    // One that is under way, as of somebody who was killed, is taken over.
    start(&stage.pool, &recalculation.start).await.unwrap();
    let outcome = recalculate(&stage.pool, &recalculation, |_| {}).await;
    let Outcome::Differs(parity) = outcome.unwrap() else {
        panic!("the difference was overlooked")
    };
    assert_eq!((parity.other, parity.differences), (4, 1));
    let found = generations(&stage.pool).await.unwrap();
    let states: Vec<_> = found.iter().map(|one| (one.number, one.state)).collect();
    assert_eq!(
        states,
        [(3, GenerationState::Active), (4, GenerationState::Building)]
    );
}

/// The program's own commands, on a database whose projector runs.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_replays() {
    let mut stage = Stage::start(100).await;
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    let command = |arguments: &[&str]| {
        let said = std::process::Command::new(tests::program().unwrap())
            .args(["--database-url", &stage.url, "replay"])
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            said.status.success(),
            text(&said.stdout),
            text(&said.stderr),
        )
    };
    let (done, said, error) = command(&["run", "--actor", "me", "--reason", "weekly"]);
    assert!(done, "{said} {error}");
    assert!(said.contains("readers read generation 2 now"), "{said}");
    let (done, said, _) = command(&["status", "--json"]);
    assert!(done);
    let status: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(status["switches"], 1);
    assert_eq!(status["generations"][1]["state"], "active");
    assert_eq!(status["generations"][1]["parity"]["differences"], 0);
    stage.tamper(1, "DELETE FROM coverage_units").await;
    let (done, said, error) = command(&["parity"]);
    assert!(!done, "{said}");
    assert!(said.contains("coverage_units"), "{said}");
    assert!(error.contains("1 rows differ"), "{error}");
    let (done, said, error) = command(&["rollback"]);
    assert!(done, "{said} {error}");
    let (done, said, error) = command(&["drop"]);
    assert!(done, "{said} {error}");
    let (done, _, error) = command(&["abort"]);
    assert!(!done);
    assert!(error.contains("no generation is being built"), "{error}");
}

/// A migration that comes while there are two generations is applied to both.
#[tokio::test(flavor = "multi_thread")]
async fn migrations_reach_every_generation() {
    let mut stage = Stage::start(50).await;
    start(&stage.pool, &everything()).await.unwrap();
    stage
        .tamper(
            2,
            "DELETE FROM _sqlx_migrations WHERE version = 20261126000401;
             ALTER TABLE projections DROP COLUMN pending, DROP COLUMN messages_per_second,
                 DROP COLUMN pause_at, DROP COLUMN paused_until",
        )
        .await;
    postgres::migrate(&stage.pool).await.unwrap();
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    stage.wait_for(2).await;
    assert_eq!(stage.check(1).await, stage.check(2).await);
}

/// A hold whose owner is gone runs out.
#[tokio::test(flavor = "multi_thread")]
async fn a_hold_runs_out_by_itself() {
    let mut stage = Stage::start(100).await;
    start(&stage.pool, &everything()).await.unwrap();
    stage.project("projector", 10);
    stage.wait_until(2, |behind| behind > 0).await;
    stage
        .tamper(
            2,
            "UPDATE projections SET pause_at = sequence,
                 paused_until = clock_timestamp() + interval '1 second'",
        )
        .await;
    stage.wait_for(2).await;
    stage.check(2).await;
}
