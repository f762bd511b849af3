//! A replayed generation is equal to the one that followed the log, whatever
//! was published meanwhile; a row that was changed is named and repaired.

use domain::{Source, SourceReference};
use projector::replay::{ParityReport, ReplayError, compare, rollback, start, switch};
use serde_json::json;
use tests::{
    documents_of, events_of, generated_documents, project_until, projector_settings, real_data,
};

use super::stage::{Stage, author, everything};

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_equal_row_for_row_and_rollback_loses_nothing() {
    let mut stage = Stage::start(1_500).await;
    // What is read was projected in other batches than the replay is.
    stage.project("projector", 170);
    stage.wait_for(1).await;
    assert_eq!(start(&stage.pool, &everything()).await.unwrap(), 2);
    let meanwhile = events_of(&generated_documents(12, 900).unwrap()).unwrap();
    stage.publish(meanwhile).await;
    stage.publish_others("2024-03-01-0.json.gz").await;
    stage.publish_poison("no event either").await;
    stage.wait_for(2).await;

    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!(report.differences, 0, "{report:#?}");
    let rows: i64 = report.tables.iter().map(|table| table.rows_other).sum();
    assert!(rows > 5_000, "{report:#?}");
    let letters = report.tables.iter().find(|one| one.table == "dead_letters");
    assert_eq!(letters.unwrap().rows_other, 6);
    assert_eq!(left_out(&stage, &report).await, APART);
    stage.wait_for(1).await;
    let first = stage.check(1).await;
    assert_eq!(first, stage.check(2).await);

    let switched = switch(&stage.pool, &author(), false).await.unwrap();
    assert_eq!((switched.from, switched.to), (1, 2));
    // The one that was read before goes on.
    let later = events_of(&generated_documents(13, 300).unwrap()).unwrap();
    stage.publish(later).await;
    stage.wait_for(2).await;
    stage.check(2).await;
    let back = rollback(&stage.pool, &author()).await.unwrap();
    assert_eq!((back.from, back.to), (2, 1));
    stage.wait_for(1).await;
    stage.wait_for(2).await;
    let first = stage.check(1).await;
    assert_eq!(first, stage.check(2).await);
    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!((report.active, report.other, report.differences), (1, 2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn real_events_replay_to_the_same_rows() {
    let test = "real_events_replay_to_the_same_rows";
    let mut stage = Stage::start(10).await;
    for file in [
        "sample/2012-06-14-15.json.gz",
        "sample/2015-01-01-15.json.gz",
        "sample/2026-06-01-15.head2500.json.gz",
    ] {
        let Some(path) = real_data(test, file) else {
            return;
        };
        let documents = documents_of(&path).unwrap();
        stage.publish(events_of(&documents).unwrap()).await;
    }
    project_until(&stage.pool, &stage.log, projector_settings("first", 700))
        .await
        .unwrap();
    start(&stage.pool, &everything()).await.unwrap();
    stage.project("second", 40_000);
    stage.wait_for(2).await;
    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!(report.differences, 0, "{report:#?}");
    assert_eq!(stage.check(1).await, stage.check(2).await);
}

/// A pull request that was merged before anything was heard of its repository by its
/// name alone, and after that.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_learned_by_a_later_batch_makes_no_difference() {
    let mut stage = Stage::start(10).await;
    let merge = json!({
        "id": "2", "type": "PullRequestEvent", "created_at": "2016-01-02T03:41:13Z",
        "actor": { "id": 1, "login": "ann" }, "repo": { "id": 7, "name": "octo/hello" },
        "payload": { "action": "closed", "number": 4, "pull_request": {
            "id": 40, "number": 4, "merged": true, "additions": 2, "deletions": 2,
            "user": { "id": 2, "login": "bob", "type": "User" },
            "merged_at": "2016-01-02T03:41:13Z", "merge_commit_sha": "d".repeat(40) } },
    });
    let by_name = json!({
        "id": "1", "type": "WatchEvent", "created_at": "2011-02-12T00:00:00Z", "public": true,
        "actor": { "login": "ann" }, "repo": { "name": "octo/hello" },
        "payload": { "action": "started" },
    });
    for (number, event) in [merge, by_name].into_iter().enumerate() {
        let source = SourceReference {
            source: Source::Archive,
            reference: format!("2016-01-02-3.json.gz:{}", number + 1),
        };
        let events = events_of(&[(source, event.to_string().into_bytes())]).unwrap();
        assert!(!events.is_empty(), "{event}");
        stage.publish(events).await;
        project_until(&stage.pool, &stage.log, projector_settings("first", 700))
            .await
            .unwrap();
    }
    start(&stage.pool, &everything()).await.unwrap();
    stage.project("second", 40_000);
    stage.wait_for(2).await;
    let keys = "SELECT array_agg(key ORDER BY key) FROM pull_request_contributions";
    let later: Vec<String> = sqlx::query_scalar(keys)
        .fetch_one(&stage.pool)
        .await
        .unwrap();
    assert!(!later.contains(&"@octo/hello#4".to_owned()), "{later:?}");
    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!(report.differences, 0, "{report:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_is_named_and_the_switch_repairs_it() {
    let mut stage = Stage::start(400).await;
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    stage
        .tamper(
            1,
            "UPDATE board_rows SET score = score + 1 WHERE (board, contributor) IN
                 (SELECT board, contributor FROM boards JOIN board_rows USING (board)
                  WHERE period = 'all' AND score <> 0 ORDER BY score DESC LIMIT 1);
             DELETE FROM daily_counts WHERE (repository, contributor, day, kind) IN
                 (SELECT repository, contributor, day, kind FROM daily_counts LIMIT 2);
             INSERT INTO names (subject, reference, name, first_seen, last_seen, is_current)
             VALUES ('account', '1', 'ghost''s', now(), now(), true)",
        )
        .await;
    start(&stage.pool, &everything()).await.unwrap();
    stage.wait_for(2).await;
    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!(report.differences, 4, "{report:#?}");
    let of = |name: &str| report.tables.iter().find(|one| one.table == name).unwrap();
    let boards = of("board_rows");
    assert_eq!((boards.changed, boards.differences()), (1, 1));
    let difference = &boards.sample[0];
    assert_eq!(difference.key["board"], "all/global", "{difference:?}");
    let score = |side: &Option<serde_json::Value>| side.as_ref().unwrap()["score"].as_i64();
    assert_eq!(
        score(&difference.active).unwrap(),
        score(&difference.other).unwrap() + 1
    );
    assert_eq!(of("daily_counts").only_other, 2);
    assert_eq!(of("names").only_active, 1);
    assert_eq!(of("names").sample[0].key["name"], "ghost's");

    let refused = switch(&stage.pool, &author(), false).await.unwrap_err();
    assert!(matches!(refused, ReplayError::Differs(2, 4)), "{refused}");
    switch(&stage.pool, &author(), true).await.unwrap();
    let accepted: i64 = sqlx::query_scalar("SELECT differences FROM control.switches")
        .fetch_one(&stage.pool)
        .await
        .unwrap();
    assert_eq!(accepted, 4);
    stage.check(2).await;
}

/// A message that an earlier version set aside is read by this one: the
/// difference has a name.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_version_could_not_read_is_named_as_the_cause() {
    let mut stage = Stage::start(50).await;
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    stage
        .tamper(
            1,
            "INSERT INTO dead_letters (id, recorded_at, service, origin, error, content, bytes)
             VALUES ('00000000-0000-0000-0000-000000000001', now(), 'projector',
                     'stream CONTRIBUTIONS, sequence 3, projection contributions', 'too new',
                     '{}', 2);
             INSERT INTO dead_letter_resolutions
             VALUES ('00000000-0000-0000-0000-000000000001', 'redriven', 'me', 'upgraded', now())",
        )
        .await;
    start(&stage.pool, &everything()).await.unwrap();
    stage.wait_for(2).await;
    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!(report.causes.len(), 1, "{report:#?}");
    let cause = &report.causes[0];
    assert!(cause.cause.contains("generation 2 reads"), "{cause:?}");
    assert!(cause.sample[0].contains("sequence 3"), "{cause:?}");
    assert!(cause.sample[0].contains("redriven since"), "{cause:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_when_the_log_holds_other_messages_even_where_no_row_differs() {
    let mut stage = Stage::start(50).await;
    stage.project("projector", 1_000);
    stage.wait_for(1).await;
    start(&stage.pool, &everything()).await.unwrap();
    stage.wait_for(2).await;
    let report = compare(&stage.pool, 5).await.unwrap();
    assert!(report.causes.is_empty(), "{report:#?}");
    let other = "UPDATE input_chain SET digest = decode(repeat('ab', 32), 'hex')";
    stage.tamper(1, other).await;
    let report = compare(&stage.pool, 5).await.unwrap();
    assert_eq!(report.differences, 0, "{report:#?}");
    assert_eq!(report.causes.len(), 1, "{report:#?}");
    let cause = &report.causes[0].cause;
    assert!(cause.contains("other messages"), "{cause}");
}

/// Tables that say how rows came about, and nothing of what they are.
const APART: [&str; 6] = [
    "_sqlx_migrations",
    "board_changes",
    "contribution_changes",
    "input_chain",
    "job_steps",
    "projections",
];

/// The tables of a generation that a report says nothing of.
async fn left_out(stage: &Stage, report: &ParityReport) -> Vec<String> {
    let compared: Vec<&str> = report.tables.iter().map(|one| one.table.as_str()).collect();
    let tables = "SELECT relname::text FROM pg_class
                  WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                    AND NOT relispartition AND relname <> ALL ($1)
                  ORDER BY relname COLLATE \"C\"";
    let tables = sqlx::query_scalar(tables).bind(&compared);
    tables.fetch_all(&stage.pool).await.unwrap()
}
