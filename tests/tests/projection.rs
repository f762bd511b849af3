//! The projector's read models equal the naive model of the counting rules:
//! for real events of every era, in any order, with any repetition.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use rand::SeedableRng;
use rand::seq::SliceRandom;
use sqlx::Connection;
use tests::{
    Document, Servers, check_read_models, documents_of, events_of, generated_documents,
    project_until, projector_settings, publish, read_model_dump, real_data, tally_of,
};

/// Projects the documents in batches and compares all read models.
async fn check(documents: &[Document], batch: usize) {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let log = servers.log().await.unwrap();
    let events = events_of(documents).unwrap();
    publish(&log, &events, 1_000).await.unwrap();
    project_until(&pool, &log, projector_settings("projector", batch))
        .await
        .unwrap();
    check_read_models(&pool, &tally_of(&events)).await.unwrap();
}

async fn check_real(test: &str, files: &[&str]) {
    let mut documents = Vec::new();
    for file in files {
        let Some(path) = real_data(test, file) else {
            return;
        };
        documents.extend(documents_of(&path).unwrap());
    }
    check(&documents, 10_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn made_up_events() {
    check(&generated_documents(1, 3_000).unwrap(), 500).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_events_of_2011() {
    check_real("real_events_of_2011", &["sample/2011-02-15-0.json.gz"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_events_of_the_timeline_era_with_2011_and_2015_beside_them() {
    let files = [
        "sample/2011-02-15-0.json.gz",
        "sample/2012-06-14-15.json.gz",
        "sample/2014-02-15-0.json.gz",
        "sample/2015-01-01-15.json.gz",
    ];
    check_real(
        "real_events_of_the_timeline_era_with_2011_and_2015_beside_them",
        &files,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_events_of_one_organisation() {
    let files = ["sample/2017-07-24_25-kubernetes.ndjson.gz"];
    check_real("real_events_of_one_organisation", &files).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn real_events_before_and_after_the_trimming() {
    let files = [
        "sample/2019-01-01-23.head534.json.gz",
        "sample/2021-07-21-few-hours.json.gz",
        "sample/2025-01-01-15.head1024.json.gz",
        "sample/2025-09_2026-06.both-shapes-7.ndjson",
        "sample/2025-11-01-10.devstats13.ndjson",
        "sample/2026-05-07.events-api-20.ndjson",
        "sample/2026-06-01-15.head2500.json.gz",
        "sample/2026-07-19.events-api-5.ndjson",
        "sample/2026-08-12-14.examples4.ndjson",
    ];
    check_real("real_events_before_and_after_the_trimming", &files).await;
}

/// Postgres warns of a transaction that is to end and was never begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_nobody_waits_for_leaves_nothing_to_roll_back() {
    let servers = Servers::start().await.unwrap();
    let (_, url) = servers.fresh_database().await.unwrap();
    let one = postgres::connect(&postgres::PoolSettings {
        url,
        max_connections: 1,
        application_name: "tests".to_owned(),
    });
    let one = one.unwrap();
    for _ in 0..20 {
        let transaction = one.begin().await.unwrap();
        let mut commit = Box::pin(postgres::commit(transaction));
        let _ = futures::poll!(&mut commit);
        drop(commit);
    }
    // Whatever was left to be said on the connection is said before this.
    sqlx::query("SELECT 1").execute(&one).await.unwrap();
    let log = std::fs::read_to_string(servers.postgres.log()).unwrap();
    assert!(!log.contains("no transaction in progress"), "{log}");
}

/// The driver does not know of it, and others would go on in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_was_given_up_as_it_began_is_nobody_elses() {
    let servers = Servers::start().await.unwrap();
    let (pool, url) = servers.fresh_database().await.unwrap();
    let one = postgres::connect(&postgres::PoolSettings {
        url,
        max_connections: 1,
        application_name: "tests".to_owned(),
    });
    let one = one.unwrap();
    sqlx::query("CREATE TABLE written (number int)")
        .execute(&one)
        .await
        .unwrap();
    let mut given_up = 0;
    for number in 0..50 {
        let mut connection = one.acquire().await.unwrap();
        let mut begin = Box::pin(connection.begin());
        // Some are there at once.
        given_up += usize::from(futures::poll!(&mut begin).is_pending());
        drop(begin);
        drop(connection);
        sqlx::query("INSERT INTO written VALUES ($1)")
            .bind(number)
            .execute(&one)
            .await
            .unwrap();
        let written: i64 = sqlx::query_scalar("SELECT count(*) FROM written")
            .fetch_one(&pool)
            .await
            .unwrap();
        assert_eq!(written, i64::from(number) + 1);
    }
    assert!(given_up > 0);
}

/// The same events in another order, some of them twice, in batches of other
/// sizes, give the same rows.
#[tokio::test(flavor = "multi_thread")]
async fn order_repetition_and_batching_do_not_matter() {
    let servers = Servers::start().await.unwrap();
    let mut documents = generated_documents(2, 1_500).unwrap();
    if let Some(path) = real_data(
        "order_repetition_and_batching_do_not_matter",
        "sample/2026-06-01-15.head2500.json.gz",
    ) {
        documents.extend(documents_of(&path).unwrap());
    }
    if let Some(path) = real_data(
        "order_repetition_and_batching_do_not_matter",
        "sample/2011-02-15-0.json.gz",
    ) {
        documents.extend(documents_of(&path).unwrap());
    }
    let events = events_of(&documents).unwrap();
    let expected = tally_of(&events);
    let mut dumps = Vec::new();
    for (seed, batch) in [(None, 10_000), (Some(1), 700), (Some(2), 97)] {
        let (pool, _) = servers.fresh_database().await.unwrap();
        let log = servers.log().await.unwrap();
        let mut shuffled = events.clone();
        if let Some(seed) = seed {
            let mut random = rand::rngs::ChaCha8Rng::seed_from_u64(seed);
            shuffled.extend(events.iter().take(events.len() / 5).cloned());
            shuffled.shuffle(&mut random);
        }
        // Each round adds to the one log, so later rounds meet everything the
        // earlier ones published as repetition too.
        publish(&log, &shuffled, 333).await.unwrap();
        project_until(&pool, &log, projector_settings("projector", batch))
            .await
            .unwrap();
        check_read_models(&pool, &expected).await.unwrap();
        dumps.push(read_model_dump(&pool).await.unwrap());
    }
    assert!(
        dumps.windows(2).all(|pair| pair[0] == pair[1]),
        "the dumps differ"
    );
}
