//! The projector against the naive model, on made-up histories of a small
//! universe: any order, any repetition, any batches, any mix of sources give
//! the read models that the counting rules ask for.
//!
//! A failing history is shrunk and printed, and its seed is kept in
//! `main.regressions`, which later runs replay first. What it shows belongs
//! into `regressions.rs`, in words. More histories:
//! `PROPTEST_CASES=20000 cargo test -p tests --test model`.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod database;
mod decision;
mod event;
mod history;
mod regressions;
mod telling;
mod universe;

use database::Database;
use history::{History, history};
use proptest::strategy::BoxedStrategy;
use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
    contextualize_config,
};
use regressions::{orders, regressions};
use tokio::runtime::Runtime;

/// Checks made-up histories until one fails.
fn run(
    mut runner: TestRunner,
    histories: &BoxedStrategy<History>,
    runtime: &Runtime,
    database: &Database,
) -> Result<(), TestError<History>> {
    runner.run(histories, |history| {
        runtime
            .block_on(database.check(&history))
            .map_err(|error| TestCaseError::fail(format!("{error:#}")))
    })
}

/// Checks so many histories, or as many as `PROPTEST_CASES` says.
fn check(cases: u32, longest: usize) {
    let runtime = Runtime::new().unwrap();
    let database = runtime.block_on(Database::start()).unwrap();
    let persistence = FileFailurePersistence::WithSource("regressions");
    let config = contextualize_config(Config {
        cases,
        max_shrink_iters: 4_000,
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(persistence)),
        ..Config::default()
    });
    let histories = history(longest);
    let outcome = run(TestRunner::new(config), &histories, &runtime, &database);
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

/// Few events, so that each of them matters.
#[test]
fn short_histories_give_the_read_models_of_the_rules() {
    check(900, 8);
}

/// Many events, so that each of them meets many others.
#[test]
fn long_histories_give_the_read_models_of_the_rules() {
    check(250, 30);
}

/// What once went wrong, in every order: all in one batch, and one by one.
#[tokio::test(flavor = "multi_thread")]
async fn what_went_wrong_once_goes_well_in_every_order() {
    let database = Database::start().await.unwrap();
    let mut wrong = Vec::new();
    for (name, events) in regressions() {
        for places in orders(events.len()) {
            let history = History::of(&events, &places);
            if let Err(error) = database.check(&history).await {
                wrong.push(format!("{name}: {error:#}{history:?}"));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// A database that loses a few rows of any of these tables stands for a
/// projector with a fault: some history must show it.
#[test]
fn a_projector_that_forgets_something_is_found_out() {
    let runtime = Runtime::new().unwrap();
    let database = runtime.block_on(Database::start()).unwrap();
    for table in ["daily_counts", "board_rows", "pushes", "references_by_name"] {
        let statement = format!(
            "CREATE FUNCTION forget_{table}() RETURNS trigger LANGUAGE plpgsql AS
             $$BEGIN RETURN CASE WHEN hashtext(NEW::text) % 5 <> 0 THEN NEW END; END$$;
             CREATE TRIGGER forget BEFORE INSERT ON {table}
             FOR EACH ROW EXECUTE FUNCTION forget_{table}();"
        );
        runtime.block_on(database.execute(statement)).unwrap();
        let config = Config {
            cases: 500,
            max_shrink_iters: 0,
            failure_persistence: None,
            ..Config::default()
        };
        let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let runner = TestRunner::new_with_rng(config, random);
        let outcome = run(runner, &history(20), &runtime, &database);
        let fault = outcome.expect_err("nobody noticed").to_string();
        println!("{table}: {}", fault.lines().next().unwrap_or_default());
        let statement = format!("DROP TRIGGER forget ON {table}");
        runtime.block_on(database.execute(statement)).unwrap();
    }
}
