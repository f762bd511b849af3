//! Boards and their orders: left out while a generation is filled, there when it is read.

use projector::replay::{compare, start, switch};
use sqlx::{AssertSqlSafe, PgPool};

use super::stage::{Stage, author, everything};

/// The indexes of a schema as they are defined. Those of partitions are named by the
/// database, in the order in which they come.
async fn indexes(pool: &PgPool, schema: &str) -> Vec<String> {
    sqlx::query_scalar(
        r"SELECT regexp_replace(replace(indexdef, schemaname || '.', ''), 'INDEX \S+_\d+_\S+ ON', 'INDEX ON')
          FROM pg_indexes WHERE schemaname = $1 ORDER BY 1",
    )
    .bind(schema)
    .fetch_all(pool)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_are_made_when_little_is_left_of_the_log() {
    let mut stage = Stage::start(400).await;
    let pool = stage.pool.clone();
    stage.project("first", 1_000);
    stage.wait_for(1).await;
    stage.abort_projector().await;
    let complete = indexes(&pool, "public").await;
    let orders = complete
        .iter()
        .filter(|index| index.contains(" ON ONLY board_rows "));
    // And the primary key.
    let orders = orders.count() - 1;
    assert!(orders > 10, "{complete:#?}");

    start(&pool, &everything()).await.unwrap();
    assert!(stage.lacks_boards(2).await);
    let without = indexes(&pool, "generation_2").await;
    let kept = without
        .iter()
        .filter(|index| index.contains(" ON ONLY board_rows "));
    assert_eq!(kept.count(), 1, "{without:#?}");

    stage.project("second", 1_000);
    stage.wait_for(1).await;
    stage.wait_for(2).await;
    assert_eq!(indexes(&pool, "generation_2").await, complete);
    assert_eq!(stage.check(1).await, stage.check(2).await);
}

/// Readers are never given a generation without them, whatever became of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_switch_makes_what_is_missing() {
    let mut stage = Stage::start(100).await;
    let pool = stage.pool.clone();
    stage.project("projector", 1_000);
    start(&pool, &everything()).await.unwrap();
    stage.wait_for(1).await;
    stage.wait_for(2).await;
    compare(&pool, 5).await.unwrap();
    let complete = indexes(&pool, "public").await;
    stage.abort_projector().await;
    let nothing = "UPDATE generation_2.counting SET boards_follow = false;
                   DELETE FROM generation_2.board_rows WHERE contributor LIKE '%1';
                   UPDATE generation_2.board_rows SET score = 1;
                   DELETE FROM generation_2.rank_histogram";
    sqlx::raw_sql(nothing).execute(&pool).await.unwrap();
    for index in ["board_rows_by_score", "board_rows_by_star"] {
        let drop = format!("DROP INDEX IF EXISTS generation_2.{index}");
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&pool)
            .await
            .unwrap();
    }
    stage.project("second", 1_000);
    switch(&pool, &author(), false).await.unwrap();
    assert_eq!(indexes(&pool, "generation_2").await, complete);
    assert_eq!(stage.check(1).await, stage.check(2).await);
}
