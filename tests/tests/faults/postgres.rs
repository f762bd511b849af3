//! Postgres: away, read-only, out of connections, its disk full, and in conflict.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::jobs::{Cause, JobId, JobQueued, Overlap, Queue};
use event_log::LogStream;
use events::{Envelope, Event};
use jobs::{Finished, QueueLog};
use runtime::{Clock, SystemClock};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tests::torture::servers::DATABASE;
use tests::{events_of, generated_documents, program};
use uuid::Uuid;

use crate::process::{PATIENCE, Process, free_address, until};
use crate::stage::{ROLE, Seen, Stage};
use crate::table::{Row, hold};

/// What a projector says of a fault.
struct Told {
    cause: String,
    severity: String,
    level: String,
}

impl std::fmt::Display for Told {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            cause,
            severity,
            level,
        } = self;
        write!(
            out,
            "{severity}: `projection_restarting` ({level}), `projection_restarts_total` of `{cause}`"
        )
    }
}

/// Waits until the projector says that contributions are not projected for a cause.
async fn told(projector: &Process, since: usize, cause: &str) -> Told {
    let of_cause = |line: &Value| line["projection"] == "contributions" && line["cause"] == cause;
    let line = projector
        .waits_to_say(since, "projection_restarting", of_cause)
        .await;
    let counted =
        format!("projection_restarts_total{{projection=\"contributions\",cause=\"{cause}\"}}");
    assert!(projector.metric(&counted).await > 0.0, "{counted}");
    let word = |name: &str| line[name].as_str().unwrap().to_lowercase();
    Told {
        cause: cause.to_owned(),
        severity: word("severity"),
        level: word("level"),
    }
}

async fn execute(stage: &Stage, statement: &str) {
    let statement = AssertSqlSafe(statement.to_owned());
    sqlx::raw_sql(statement).execute(&stage.pool).await.unwrap();
}

/// Ends every connection of our services.
async fn end_connections(stage: &Stage) {
    let end =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{ROLE}'");
    execute(stage, &end).await;
}

/// Lets writing to the days fail with an error of Postgres', `times` times.
async fn fail_days(stage: &Stage, code: &str, message: &str, times: u32) {
    let make = format!(
        "CREATE SEQUENCE IF NOT EXISTS faults;
         SELECT setval('faults', 1, false);
         CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
         BEGIN
             IF nextval('faults') <= {times} THEN
                 RAISE EXCEPTION '{message}' USING ERRCODE = '{code}';
             END IF;
             RETURN NEW;
         END $$;
         CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON daily_counts
         FOR EACH ROW EXECUTE FUNCTION fail()"
    );
    execute(stage, &make).await;
}

async fn unfail_days(stage: &Stage) {
    execute(stage, "DROP TRIGGER fail ON daily_counts").await;
}

/// A job of the database, asked for and not waited for.
async fn ask_for_a_job(stage: &Stage) -> JobId {
    let wanted = JobQueued {
        job: Uuid::now_v7(),
        name: "keep-partitions".to_owned(),
        queue: Queue::Maintenance,
        cause: Cause::Hand {
            actor: "ann".to_owned(),
            reason: "a test".to_owned(),
        },
        arguments: BTreeMap::new(),
        attempts: 3,
        time_limit: 60,
        overlap: Overlap::Allowed,
        queued_at: SystemClock.now(),
    };
    queue(stage).enqueue(&wanted).await.unwrap();
    wanted.job
}

fn queue(stage: &Stage) -> QueueLog {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    QueueLog::new(stage.log.clone(), Queue::Maintenance, clock)
}

/// Waits until a job is said to be tried again; how bad what happened is.
async fn retried(stage: &Stage, job: JobId) -> &'static str {
    let mut said = stage.log.subscribe(LogStream::Jobs, 0).await.unwrap();
    let waiting = async {
        loop {
            for delivered in said.next_batch(100).await.unwrap() {
                match Envelope::decode(&delivered.payload).unwrap().event {
                    Event::JobRetrying(retrying) if retrying.job == job => {
                        return retrying.failure.severity.as_str();
                    }
                    _ => {}
                }
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap()
}

/// A batch holds the row of `counting` and wants its checkpoint; whoever holds the
/// checkpoint wants `counting`.
async fn deadlock(stage: &mut Stage, events: &[Envelope]) {
    let mut other = PgConnection::connect(&stage.servers.database_url)
        .await
        .unwrap();
    // The batch is the one that finds out, and is broken off.
    let begin = "SET deadlock_timeout = '1h'; BEGIN;
                 SELECT FROM projections WHERE projection = 'contributions' FOR UPDATE";
    sqlx::raw_sql(begin).execute(&mut other).await.unwrap();
    stage.publish(events).await;
    let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                                AND query LIKE '%SET sequence = %')";
    let waited = until(async || {
        let waits = sqlx::query_scalar(waits).fetch_one(&stage.pool).await;
        waits.unwrap()
    });
    assert!(waited.await, "no batch waits for its checkpoint");
    let crossed = "SELECT FROM counting FOR UPDATE; ROLLBACK";
    sqlx::raw_sql(crossed).execute(&mut other).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    let mut stage = Stage::start(1, async |_| None).await;
    let events = events_of(&generated_documents(51, 1_200).unwrap()).unwrap();
    let mut parts = events.chunks(events.len() / 9 + 1);
    let mut next = || parts.next().unwrap();
    let mut rows = Vec::new();
    stage.publish(next()).await;
    stage.is_whole().await;
    let worker = {
        let (metrics, nats) = (free_address(), stage.servers.nats_urls.join(","));
        let database = &stage.servers.database_url;
        let more = [
            "--metrics-listen",
            &metrics,
            "--database-url",
            database,
            "--nats-url",
            &nats,
        ];
        Process::start(stage.path(), "worker", &metrics, &more)
    };
    worker.is_well("/health").await;

    // Away.
    stage.servers.postgres.lock().await.stop().await;
    let since = stage.projector.mark();
    let job = ask_for_a_job(&stage).await;
    stage.publish(next()).await;
    let taken = stage.deliver(1).await;
    let seen = stage.read().await;
    let asked = std::process::Command::new(program().unwrap())
        .args(["--api", stage.api(), "top"])
        .output()
        .unwrap();
    let code = asked.status.code().unwrap();
    let tell = told(&stage.projector, since, "database_away").await;
    let severity = retried(&stage, job).await;
    stage.servers.postgres.lock().await.restart().await.unwrap();
    rows.push(Row {
        fault: "away",
        happens: format!(
            "the log takes everything (a delivery is answered {taken}); nothing is projected; \
             jobs that need the database are tried again ({severity})"
        ),
        seen: format!("{seen}; `leaderboard top` exits with {code}"),
        over: "within two seconds of its return; jobs after half a minute".to_owned(),
        told: format!("{tell}; `dependency_available{{dependency=\"database\"}}` 0"),
        kept: stage.is_whole().await,
    });

    // Its connections are ended, and it is there.
    let since = stage.projector.mark();
    end_connections(&stage).await;
    stage.publish(next()).await;
    let seen = stage.read().await;
    let kept = stage.is_whole().await;
    let lost = stage
        .projector
        .said(since, "projection_restarting", |_| true);
    let causes: std::collections::BTreeSet<String> =
        lost.iter().map(|line| line["cause"].to_string()).collect();
    assert!(
        causes.iter().all(|cause| cause == "\"database_away\""),
        "{causes:?}"
    );
    rows.push(Row {
        fault: "every connection is ended",
        happens: "connections are made anew; a batch under way is given up whole".to_owned(),
        seen: seen.to_string(),
        over: "at once".to_owned(),
        told: "low, if a batch was under way: `projection_restarting` with `database_away`"
            .to_owned(),
        kept,
    });

    rows.push(read_only(&mut stage, next()).await);
    rows.push(out_of_connections(&mut stage, next()).await);

    // Its disk is full.
    let since = stage.projector.mark();
    let message = "could not extend file: No space left on device";
    fail_days(&stage, "53100", message, u32::MAX).await;
    stage.publish(next()).await;
    let tell = told(&stage.projector, since, "database_full").await;
    let seen = stage.read().await;
    unfail_days(&stage).await;
    rows.push(Row {
        fault: "its disk is full",
        happens: "the batch is given up and tried again, nothing of it is set aside".to_owned(),
        seen: format!("{seen}, boards as of before"),
        over: "within two seconds of there being room".to_owned(),
        told: tell.to_string(),
        kept: stage.is_whole().await,
    });

    // A deadlock.
    let since = stage.projector.mark();
    deadlock(&mut stage, next()).await;
    let tell = told(&stage.projector, since, "database_conflict").await;
    let seen = stage.read().await;
    rows.push(Row {
        fault: "a deadlock",
        happens: "Postgres breaks the batch off; it is tried again".to_owned(),
        seen: seen.to_string(),
        over: "with the next attempt, by itself".to_owned(),
        told: tell.to_string(),
        kept: stage.is_whole().await,
    });

    // A serialisation failure.
    let since = stage.projector.mark();
    let message = "could not serialize access due to concurrent update";
    fail_days(&stage, "40001", message, 1).await;
    stage.publish(next()).await;
    let tell = told(&stage.projector, since, "database_conflict").await;
    let seen = stage.read().await;
    let kept = stage.is_whole().await;
    unfail_days(&stage).await;
    rows.push(Row {
        fault: "a serialisation failure",
        happens: "the batch is given up and tried again".to_owned(),
        seen: seen.to_string(),
        over: "with the next attempt, by itself".to_owned(),
        told: tell.to_string(),
        kept,
    });

    // Nothing of all that was the fault of a message.
    let letters: i64 = sqlx::query_scalar("SELECT count(*) FROM dead_letters")
        .fetch_one(&stage.pool)
        .await
        .unwrap();
    assert_eq!(letters, 0);
    let waiting = async { queue(&stage).wait(job).await.unwrap() };
    match tokio::time::timeout(PATIENCE, waiting).await.unwrap() {
        Finished::Completed(done) => assert_eq!(done.attempt, 2, "{done:?}"),
        other => panic!("{other:?}"),
    }
    hold("Postgres", &rows);
}

async fn read_only(stage: &mut Stage, events: &[Envelope]) -> Row {
    let since = stage.projector.mark();
    execute(
        stage,
        &format!("ALTER DATABASE {DATABASE} SET default_transaction_read_only = on"),
    )
    .await;
    end_connections(stage).await;
    stage.publish(events).await;
    let tell = told(&stage.projector, since, "database_read_only").await;
    let seen: Seen = stage.read().await;
    // Sessions of before know nothing of it.
    execute(
        stage,
        &format!("ALTER DATABASE {DATABASE} RESET default_transaction_read_only"),
    )
    .await;
    end_connections(stage).await;
    Row {
        fault: "read-only",
        happens: "nothing is projected".to_owned(),
        seen: format!("{seen}, boards as of before"),
        over: "within two seconds of its taking writes again".to_owned(),
        told: tell.to_string(),
        kept: stage.is_whole().await,
    }
}

async fn out_of_connections(stage: &mut Stage, events: &[Envelope]) -> Row {
    let since = stage.projector.mark();
    execute(
        stage,
        &format!("ALTER DATABASE {DATABASE} CONNECTION LIMIT 0"),
    )
    .await;
    end_connections(stage).await;
    stage.publish(events).await;
    let seen: Seen = stage.read().await;
    let of_pool = |line: &Value| {
        line["cause"] == "database_away"
            && line["error"].as_str().unwrap().contains("pool timed out")
    };
    let line = stage
        .projector
        .waits_to_say(since, "projection_restarting", of_pool)
        .await;
    let (severity, level) = (line["severity"].clone(), line["level"].clone());
    execute(
        stage,
        &format!("ALTER DATABASE {DATABASE} CONNECTION LIMIT -1"),
    )
    .await;
    Row {
        fault: "out of connections",
        happens: "whoever has none waits five seconds for one; nothing is projected".to_owned(),
        seen: seen.to_string(),
        over: "within two seconds of there being some".to_owned(),
        told: format!(
            "{}: `projection_restarting` ({}), `database_away`, “pool timed out”",
            severity.as_str().unwrap(),
            level.as_str().unwrap().to_lowercase()
        ),
        kept: stage.is_whole().await,
    }
}
