//! Jobs of the database, on a database that holds something.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use decisions::Author;
use decisions::counting::{Terms, publish_policy};
use decisions::tracking::define_group;
use domain::RepositoryName;
use domain::jobs::{Cause, JobQueued, Overlap, Queue, Severity};
use event_log::EventLog;
use jobs::{Finished, Handler, QueueLog, Run, WorkerSettings, work};
use postgres::{Month, MonthlyTable, ensure_months};
use projector::{
    AuditScores, CheckBoards, CleanUp, FullRecalculation, KeepPartitions, MaintenanceParts, Vacuum,
};
use runtime::{Clock, SystemClock};
use sqlx::{AssertSqlSafe, PgPool};
use tests::{Servers, events_of, generated_documents, project_until, projector_settings, publish};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

fn asked(name: &str) -> JobQueued {
    JobQueued {
        job: Uuid::now_v7(),
        name: name.to_owned(),
        queue: Queue::Maintenance,
        cause: Cause::Hand {
            actor: "ann".to_owned(),
            reason: "a test".to_owned(),
        },
        arguments: BTreeMap::new(),
        attempts: 1,
        time_limit: 60,
        overlap: Overlap::Forbidden,
        queued_at: SystemClock.now(),
    }
}

fn run() -> Run {
    Run::new(CancellationToken::new())
}

fn parts(pool: &PgPool) -> MaintenanceParts {
    MaintenanceParts {
        pool: pool.clone(),
        clock: Arc::new(SystemClock),
    }
}

async fn count(pool: &PgPool, of: &'static str) -> i64 {
    sqlx::query_scalar(of).fetch_one(pool).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn boards_are_the_sums_of_their_counts_and_it_is_noticed_when_they_are_not() {
    let servers = Servers::start().await.unwrap();
    let (log, (pool, _)) = (
        servers.log().await.unwrap(),
        servers.fresh_database().await.unwrap(),
    );
    let events = events_of(&generated_documents(11, 400).unwrap()).unwrap();
    publish(&log, &events, 1_000).await.unwrap();
    project_until(&pool, &log, projector_settings("projector", 1_000))
        .await
        .unwrap();
    let checking = CheckBoards(parts(&pool));
    checking.run(&asked("check-boards"), &run()).await.unwrap();

    let changed = sqlx::query("UPDATE board_rows SET commit = commit + 1 WHERE commit > 0")
        .execute(&pool)
        .await
        .unwrap();
    assert!(changed.rows_affected() > 0);
    let failure = checking
        .run(&asked("check-boards"), &run())
        .await
        .unwrap_err();
    assert_eq!(failure.severity, Severity::High);
    assert!(
        failure.message.contains("commit of "),
        "{}",
        failure.message
    );

    // Made again from the log, by projectors that run; what differs is left to
    // a person, who finds the new rows right.
    let stop = CancellationToken::new();
    let settings = projector_settings("recalculation", 1_000);
    let projecting = tokio::spawn(projector::run(pool.clone(), log, settings, stop.clone()));
    let recalculating = FullRecalculation(parts(&pool));
    let asked = asked("full-recalculation");
    let failure = recalculating.run(&asked, &run()).await.unwrap_err();
    assert!(failure.message.contains("differ"), "{}", failure.message);
    let author = projector::replay::Author {
        actor: "ann".to_owned(),
        reason: "somebody had changed rows by hand".to_owned(),
    };
    projector::replay::switch(&pool, &author, true)
        .await
        .unwrap();
    checking.run(&asked, &run()).await.unwrap();
    stop.cancel();
    projecting.await.unwrap().unwrap();
}

/// An audit that leaves nothing out.
fn thorough() -> JobQueued {
    let mut thorough = asked("audit-scores");
    for argument in ["boards", "contributors"] {
        let all = "100000".to_owned();
        thorough.arguments.insert(argument.to_owned(), all);
    }
    thorough
}

/// Somebody in the middle of the board of all time, by the order of scores, and
/// a day on which they committed something.
async fn somebody(pool: &PgPool) -> String {
    sqlx::query_scalar(
        "SELECT contributor FROM boards JOIN board_rows USING (board)
         WHERE period = 'all' AND commit > 0 ORDER BY score DESC OFFSET 7 LIMIT 1",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// Makes a group of the repositories that somebody works in, on whose boards
/// other things count.
async fn a_group_of_their_own(pool: &PgPool, log: &EventLog, who: &str) {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT name FROM daily_counts JOIN repositories USING (repository)
         WHERE contributor = $1",
    )
    .bind(who)
    .fetch_all(pool)
    .await
    .unwrap();
    let names = names
        .iter()
        .map(|name| RepositoryName::parse(name).unwrap());
    let names: Vec<RepositoryName> = names.collect();
    let author = Author {
        actor: "ann".to_owned(),
        reason: "a test".to_owned(),
        at: SystemClock.now(),
    };
    define_group(log, "web", &names, &author).await.unwrap();
    let entered = serde_json::json!({ "points": { "commit": "77" }, "commits_a_day": 2 });
    let terms = Terms::Entered(&entered);
    publish_policy(log, Some("web"), terms, &author)
        .await
        .unwrap();
    project_until(pool, log, projector_settings("projector", 1_000))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_objects_to_any_number_that_was_changed_and_names_it() {
    let servers = Servers::start().await.unwrap();
    let (log, (pool, _)) = (
        servers.log().await.unwrap(),
        servers.fresh_database().await.unwrap(),
    );
    let events = events_of(&generated_documents(12, 400).unwrap()).unwrap();
    publish(&log, &events, 1_000).await.unwrap();
    project_until(&pool, &log, projector_settings("projector", 1_000))
        .await
        .unwrap();
    let who = somebody(&pool).await;
    a_group_of_their_own(&pool, &log, &who).await;
    let auditing = AuditScores(parts(&pool));
    let done = auditing.run(&thorough(), &run()).await.unwrap();
    let places = "SELECT count(*) FROM board_rows";
    let places = count(&pool, places).await;
    assert!(
        done.summary.contains(&places.to_string()),
        "{}",
        done.summary
    );
    // Some of them, and the same ones when it is tried again.
    let some = asked("audit-scores");
    let (first, again) = (
        auditing.run(&some, &run()).await.unwrap(),
        auditing.run(&some, &run()).await.unwrap(),
    );
    assert_eq!(first, again);

    let mut told = Vec::new();
    for (change, undo) in [
        (
            "UPDATE board_rows SET score = score + 1 WHERE contributor = $1",
            "UPDATE board_rows SET score = score - 1 WHERE contributor = $1",
        ),
        (
            "UPDATE daily_counts SET quantity = quantity + 1 WHERE contributor = $1 AND kind = 'commit'",
            "UPDATE daily_counts SET quantity = quantity - 1 WHERE contributor = $1 AND kind = 'commit'",
        ),
        (
            "UPDATE contribution_events SET counted = 2 * counted WHERE contributor = $1 AND kind = 'commit'",
            "UPDATE contribution_events SET counted = counted / 2 WHERE contributor = $1 AND kind = 'commit'",
        ),
    ] {
        let changed = sqlx::query(change).bind(&who).execute(&pool).await.unwrap();
        assert!(changed.rows_affected() > 0, "{change}");
        let failure = auditing.run(&thorough(), &run()).await.unwrap_err();
        assert_eq!(failure.severity, Severity::High, "{change}");
        let named: Vec<&String> = failure
            .context
            .iter()
            .filter(|(what, _)| what.starts_with("difference"))
            .map(|(_, which)| which)
            .collect();
        assert!(!named.is_empty(), "{failure:?}");
        let is_theirs = |difference: &&String| difference.starts_with(&format!("{who} on "));
        assert!(named.iter().all(is_theirs), "{named:#?}");
        let of_group = named.iter().any(|one| one.contains(" on group web "));
        assert_eq!(of_group, !change.contains("board_rows"), "{named:#?}");
        told.push(failure.message);
        sqlx::query(undo).bind(&who).execute(&pool).await.unwrap();
        auditing.run(&thorough(), &run()).await.unwrap();
    }
    assert!(told[0].contains("full-recalculation"), "{told:?}");
}

/// What an audit objects to is told like every failure: the job fails, its
/// event names what differs, and it is a dead letter.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_audit_objects_to_is_an_event_and_a_dead_letter() {
    let servers = Servers::start().await.unwrap();
    let (log, (pool, _)) = (
        servers.log().await.unwrap(),
        servers.fresh_database().await.unwrap(),
    );
    let events = events_of(&generated_documents(12, 100).unwrap()).unwrap();
    publish(&log, &events, 1_000).await.unwrap();
    project_until(&pool, &log, projector_settings("projector", 1_000))
        .await
        .unwrap();
    sqlx::query("UPDATE board_rows SET score = score + 1 WHERE score > 0")
        .execute(&pool)
        .await
        .unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let stop = CancellationToken::new();
    let settings = WorkerSettings::usual("auditor".to_owned());
    let handlers: Vec<Arc<dyn Handler>> = vec![Arc::new(AuditScores(parts(&pool)))];
    let working = tokio::spawn(work(
        log.clone(),
        handlers,
        settings,
        clock.clone(),
        stop.clone(),
    ));
    let mut wanted = asked("audit-scores");
    wanted.queue = Queue::Calculations;
    let mut queue = QueueLog::new(log.clone(), Queue::Calculations, clock);
    queue.enqueue(&wanted).await.unwrap();
    let Finished::Failed(failed) = queue.wait(wanted.job).await.unwrap() else {
        panic!("the audit objects to nothing")
    };
    assert_eq!(failed.failure.severity, Severity::High);
    let named = &failed.failure.context["difference 01"];
    assert!(named.contains("score is"), "{named}");
    project_until(&pool, &log, projector_settings("projector", 1_000))
        .await
        .unwrap();
    let letters = "SELECT count(*) FROM dead_letters WHERE service = 'worker'
                   AND error LIKE '%not what they follow from%'";
    assert_eq!(count(&pool, letters).await, 1);
    stop.cancel();
    working.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_for_no_longer_is_deleted_and_nothing_else() {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let now = SystemClock.now();
    make_ledgers(
        &pool,
        [1, 89, 91, 400].map(|age| now - TimeDelta::days(age)),
    )
    .await;
    for age in [1, 89, 91, 400] {
        let ended: DateTime<Utc> = now - TimeDelta::days(age);
        sqlx::query(
            "INSERT INTO jobs (job, name, queue, state, cause, arguments, attempts, queued_at, ended_at)
             VALUES ($1, 'vacuum', 'maintenance', 'completed', '{}', '{}', 1, $2, $2)",
        )
        .bind(Uuid::now_v7())
        .bind(ended)
        .execute(&pool)
        .await
        .unwrap();
        sqlx::query("INSERT INTO ledger_entries (sequence, month, entry) VALUES ($1, $2, '{}')")
            .bind(age)
            .bind(ended.format("%Y-%m").to_string())
            .execute(&pool)
            .await
            .unwrap();
    }
    let cleaning = CleanUp(parts(&pool));
    cleaning.run(&asked("clean-up"), &run()).await.unwrap();
    assert_eq!(count(&pool, "SELECT count(*) FROM jobs").await, 2);
    assert_eq!(count(&pool, "SELECT count(*) FROM ledger_entries").await, 3);
}

/// Makes the partitions of the ledgers of some instants.
async fn make_ledgers(pool: &PgPool, instants: impl IntoIterator<Item = DateTime<Utc>>) {
    let months = instants.into_iter().map(Month::of);
    let mut transaction = pool.begin().await.unwrap();
    ensure_months(&mut transaction, MonthlyTable::LedgerEntries, months)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

const LEDGERS: &str = "SELECT count(*) FROM pg_class
                       WHERE relname ~ '^ledger_entries_[0-9]{4}_[0-9]{2}$'";

async fn soon<T>(doing: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(Duration::from_secs(10), doing).await;
    done.unwrap()
}

/// A ledger goes with its partition, while others read the table and write to it; and
/// what was broken off is taken up.
#[tokio::test(flavor = "multi_thread")]
async fn ledgers_are_dropped_whole_and_nobody_waits_for_it() {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let now = SystemClock.now();
    let ages = [1, 400, 500, 600].map(TimeDelta::days);
    make_ledgers(&pool, ages.map(|age| now - age)).await;
    for age in ages {
        sqlx::query("INSERT INTO ledger_entries (sequence, month, entry) VALUES ($1, $2, '{}')")
            .bind(age.num_days())
            .bind(Month::of(now - age).to_string())
            .execute(&pool)
            .await
            .unwrap();
    }
    let mut reading = pool.begin().await.unwrap();
    let all = sqlx::query("SELECT count(*) FROM ledger_entries");
    all.execute(&mut *reading).await.unwrap();

    // Somebody else began to, and was ended while it waited for the reader.
    let month = Month::of(now - TimeDelta::days(600)).to_string();
    let partition = format!("ledger_entries_{}", month.replace('-', "_"));
    let mut cut_off = pool.acquire().await.unwrap().detach();
    let statement = format!("ALTER TABLE ledger_entries DETACH PARTITION {partition} CONCURRENTLY");
    for statement in ["SET lock_timeout = '100ms'".to_owned(), statement] {
        let done = sqlx::raw_sql(AssertSqlSafe(statement.clone()));
        let done = done.execute(&mut cut_off).await;
        assert_eq!(done.is_ok(), statement.starts_with("SET"), "{done:?}");
    }
    let cleaning = CleanUp(parts(&pool));
    let cleaning = tokio::spawn(async move { cleaning.run(&asked("clean-up"), &run()).await });
    let waits = "SELECT count(*) FROM pg_stat_activity
                 WHERE wait_event_type = 'Lock' AND query LIKE '%DETACH PARTITION%'";
    let mut looks = tokio::time::interval(Duration::from_millis(10));
    soon(async {
        while count(&pool, waits).await == 0 {
            looks.tick().await;
        }
    })
    .await;
    soon(count(&pool, "SELECT count(*) FROM ledger_entries")).await;
    let write = "INSERT INTO ledger_entries (sequence, month, entry)
                 SELECT 9999, max(month), '{}' FROM ledger_entries";
    soon(sqlx::query(write).execute(&pool)).await.unwrap();
    reading.commit().await.unwrap();

    let done = cleaning.await.unwrap().unwrap();
    assert!(
        done.summary.starts_with("3 entries of ledgers"),
        "{}",
        done.summary
    );
    assert_eq!(count(&pool, "SELECT count(*) FROM ledger_entries").await, 2);
    assert_eq!(count(&pool, LEDGERS).await, 1);

    // What was detached and not dropped is in nobody's way.
    let left = format!(
        "ALTER TABLE ledger_entries DETACH PARTITION ledger_entries_{}",
        Month::of(now - TimeDelta::days(1))
            .to_string()
            .replace('-', "_")
    );
    sqlx::raw_sql(AssertSqlSafe(left))
        .execute(&pool)
        .await
        .unwrap();
    make_ledgers(&pool, [now - TimeDelta::days(1)]).await;
    sqlx::query("INSERT INTO ledger_entries (sequence, month, entry) VALUES (1, $1, '{}')")
        .bind(Month::of(now - TimeDelta::days(1)).to_string())
        .execute(&pool)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_made_ahead_and_tables_vacuumed() {
    let servers = Servers::start().await.unwrap();
    let (pool, _) = servers.fresh_database().await.unwrap();
    let mut six = asked("keep-partitions");
    six.arguments.insert("months".to_owned(), "6".to_owned());
    let keeping = KeepPartitions(parts(&pool));
    keeping.run(&six, &run()).await.unwrap();
    keeping.run(&six, &run()).await.unwrap();
    let made = "SELECT count(*) FROM pg_inherits
                WHERE inhparent = 'contribution_events'::regclass";
    assert_eq!(count(&pool, made).await, 7);
    assert_eq!(count(&pool, LEDGERS).await, 7);
    six.arguments.insert("months".to_owned(), "121".to_owned());
    let failure = keeping.run(&six, &run()).await.unwrap_err();
    assert!(failure.message.contains("120 at most"), "{failure:?}");
    assert_eq!(count(&pool, LEDGERS).await, 7, "nothing was made");
    let vacuumed = Vacuum(parts(&pool))
        .run(&asked("vacuum"), &run())
        .await
        .unwrap();
    assert!(vacuumed.summary.contains("vacuumed"));
}
