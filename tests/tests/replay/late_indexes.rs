//! Indexes for readers: left out while a generation is filled, there when it is read.

use projector::replay::{compare, start, status, switch};
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

async fn left_out(pool: &PgPool) -> usize {
    let now = status(pool).await.unwrap();
    now.building().unwrap().late_indexes
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_of_boards_are_made_when_little_is_left_of_the_log() {
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
    assert_eq!(left_out(&pool).await, orders);
    let without = indexes(&pool, "generation_2").await;
    let kept = without
        .iter()
        .filter(|index| index.contains(" ON ONLY board_rows "));
    assert_eq!(kept.count(), 1, "{without:#?}");

    stage.project("second", 1_000);
    stage.wait_for(1).await;
    stage.wait_for(2).await;
    let mut looks = tokio::time::interval(std::time::Duration::from_millis(20));
    let made = async {
        while left_out(&pool).await > 0 {
            looks.tick().await;
        }
    };
    let patience = std::time::Duration::from_secs(60);
    tokio::time::timeout(patience, made).await.unwrap();
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
    for index in ["board_rows_by_score", "board_rows_by_star"] {
        let drop = format!("DROP INDEX IF EXISTS generation_2.{index}");
        sqlx::raw_sql(AssertSqlSafe(drop))
            .execute(&pool)
            .await
            .unwrap();
    }
    switch(&pool, &author(), false).await.unwrap();
    assert_eq!(indexes(&pool, "generation_2").await, complete);
}
