//! Migrations while others read and write.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgPool};
use tests::migration_rules::objections;
use tests::{Servers, workspace};

/// The last migration that was written before there were rules.
const LAST_BEFORE: u64 = 20_261_126_001_101;

/// How long somebody who comes meanwhile may have to wait.
const PATIENCE: Duration = Duration::from_secs(10);

#[test]
fn no_migration_keeps_others_waiting() {
    let mut checked = 0;
    for entry in std::fs::read_dir(workspace().join("migrations")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let version: u64 = name.split('_').next().unwrap().parse().unwrap();
        if version > LAST_BEFORE {
            let found = objections(&std::fs::read_to_string(&path).unwrap());
            assert_eq!(found, Vec::<String>::new(), "{name}");
            checked += 1;
        }
    }
    assert!(checked > 0);
}

async fn run(pool: &PgPool, statements: &str) {
    let statements = AssertSqlSafe(statements.to_owned());
    sqlx::raw_sql(statements).execute(pool).await.unwrap();
}

async fn holds(pool: &PgPool, condition: &str) -> bool {
    let query = AssertSqlSafe(format!("SELECT {condition}"));
    sqlx::query_scalar(query).fetch_one(pool).await.unwrap()
}

async fn soon<T>(what: &str, doing: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(PATIENCE, doing).await;
    done.unwrap_or_else(|_| panic!("{what} had to wait"))
}

/// Somebody reads a table for long that a migration wants to change: those who come
/// after the migration do not wait for that somebody, and it gets its turn in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_gives_way_to_those_who_come_after_it() {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    run(
        &pool,
        "ALTER TABLE projections DROP COLUMN refused;
         DELETE FROM _sqlx_migrations WHERE version = 20261126001301",
    )
    .await;
    let mut reading = pool.begin().await.unwrap();
    let read = sqlx::query("SELECT count(*) FROM projections");
    read.execute(&mut *reading).await.unwrap();

    let migrating = tokio::spawn({
        let pool = pool.clone();
        async move { postgres::migrate(&pool).await }
    });
    let waits = "EXISTS (SELECT FROM pg_locks WHERE NOT granted
                         AND relation = 'projections'::regclass)";
    let mut looks = tokio::time::interval(Duration::from_millis(10));
    soon("the migration", async {
        while !holds(&pool, waits).await {
            looks.tick().await;
        }
    })
    .await;
    for _ in 0..3 {
        soon("a reader", holds(&pool, "count(*) >= 0 FROM projections")).await;
    }
    assert!(!migrating.is_finished());
    reading.commit().await.unwrap();
    migrating.await.unwrap().unwrap();
    assert!(holds(&pool, "count(refused) = 0 FROM projections").await);
}

/// Indexes of tables with rows are built concurrently, on each partition of one that has
/// some, and what an attempt left unfinished is built anew.
#[tokio::test(flavor = "multi_thread")]
async fn indexes_are_built_while_others_write() {
    let servers = Servers::start().await.unwrap();
    let (pool, url) = servers.fresh_database().await.unwrap();
    let sql = workspace().join("migrations/20261126001302_indexes_for_every_question.sql");
    let sql = std::fs::read_to_string(sql).unwrap();
    let words: Vec<&str> = sql.split_whitespace().collect();
    let made = words
        .windows(4)
        .filter(|words| words[..3] == ["IF", "NOT", "EXISTS"])
        .map(|words| words[3]);
    // A later migration may have taken one away.
    let drop: Vec<String> = made
        .map(|index| format!("DROP INDEX IF EXISTS {index};"))
        .collect();
    assert!(drop.len() > 10, "{drop:?}");
    run(
        &pool,
        &format!(
            "{} DELETE FROM _sqlx_migrations WHERE version = 20261126001302;
             CREATE INDEX daily_counts_days ON daily_counts USING brin (day);
             INSERT INTO daily_counts SELECT 'r' || n, '2024-01-01', 'c', 'commit', 1, 0, 0
             FROM generate_series(1, 100) AS n;
             INSERT INTO jobs (job, name, queue, state, cause, arguments, attempts, queued_at)
             SELECT gen_random_uuid(), 'vacuum', 'maintenance', 'completed', '{{}}', '{{}}', 1, now()
             FROM generate_series(1, 100);
             CREATE INDEX jobs_by_queue ON jobs (queue);
             UPDATE pg_index SET indisvalid = false
             WHERE indexrelid = 'jobs_by_queue'::regclass",
            drop.concat()
        ),
    )
    .await;
    let name = url.rsplit('/').next().unwrap();
    run(
        &pool,
        &format!("ALTER DATABASE {name} SET log_statement = 'ddl'"),
    )
    .await;
    let telling = postgres::connect(&postgres::PoolSettings {
        url,
        max_connections: 2,
        application_name: "tests".to_owned(),
    })
    .unwrap();

    let mut writing = pool.begin().await.unwrap();
    let write = sqlx::query("UPDATE jobs SET note = 'written'");
    write.execute(&mut *writing).await.unwrap();
    let migrating = tokio::spawn(async move { postgres::migrate(&telling).await });
    let builds = "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                          AND query LIKE 'CREATE INDEX CONCURRENTLY%')";
    let mut looks = tokio::time::interval(Duration::from_millis(10));
    soon("the migration", async {
        while !holds(&pool, builds).await {
            looks.tick().await;
        }
    })
    .await;
    let another = "UPDATE daily_counts SET quantity = 2";
    soon("a writer", run(&pool, another)).await;
    writing.commit().await.unwrap();
    migrating.await.unwrap().unwrap();

    let built = "count(*) = 8 FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid
                 WHERE inhparent = 'daily_counts_by_day'::regclass AND indisvalid
                   AND inhrelid::regclass::text ~ '^daily_counts_by_day_[0-7]$'";
    assert!(holds(&pool, built).await);
    let rebuilt = "indisvalid AND indnatts = 3 FROM pg_index
                   WHERE indexrelid = 'jobs_by_queue'::regclass";
    assert!(holds(&pool, rebuilt).await);
    let told = std::fs::read_to_string(servers.postgres.log()).unwrap();
    for index in ["jobs_by_queue", "jobs_ended", "daily_counts_by_day_0"] {
        let concurrently = format!("CREATE INDEX CONCURRENTLY IF NOT EXISTS \"{index}\"");
        assert!(told.contains(&concurrently), "{index}");
    }
    // Nobody waits for a table without rows.
    assert!(!told.contains("CREATE INDEX CONCURRENTLY IF NOT EXISTS \"decisions_decided\""));
}
