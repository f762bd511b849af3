//! `doctor`: the likeliest faults of a deployment, and what to do about them.

mod disk;
mod work;

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use comfy_table::{Cell, Color};
use event_log::{EventLog, LogStream};
use postgres::GenerationPool;
use serde_json::json;
use sqlx::PgPool;

use crate::catch_up::{Progress, progress};
use crate::causes::with_causes;
use crate::cli::{Json, Options};
use crate::parts::Binaries;
use crate::services::open_pool;
use crate::tables::{separated, table};

/// How long a check may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// More messages than a projector that keeps up leaves: some seconds of its work.
const FAR_BEHIND: u64 = 100_000;

/// What a check found: what is well, or what is wrong and what to do.
struct Finding {
    check: &'static str,
    outcome: anyhow::Result<String>,
}

pub(super) async fn doctor(options: &Options, json: &Json) -> anyhow::Result<()> {
    let findings = examine(options).await;
    let ill = findings
        .iter()
        .filter(|finding| finding.outcome.is_err())
        .count();
    if json.json {
        let list: Vec<_> = findings
            .iter()
            .map(|finding| json!({ "check": finding.check, "well": finding.outcome.is_ok(), "detail": detail(finding) }))
            .collect();
        println!(
            "{}",
            serde_json::to_string_pretty(&json!({ "checks": list }))?
        );
    } else {
        let rows = findings.iter().map(|finding| {
            let verdict = if finding.outcome.is_ok() {
                Cell::new("well").fg(Color::Green)
            } else {
                Cell::new("ILL").fg(Color::Red)
            };
            vec![
                Cell::new(finding.check),
                verdict,
                Cell::new(detail(finding)),
            ]
        });
        println!(
            "{}",
            table(&[("check", false), ("", false), ("found", false)], rows)
        );
    }
    if ill > 0 {
        bail!("{ill} of {} checks found something wrong", findings.len());
    }
    Ok(())
}

fn detail(finding: &Finding) -> String {
    match &finding.outcome {
        Ok(detail) => detail.clone(),
        Err(error) => with_causes(error),
    }
}

async fn examine(options: &Options) -> Vec<Finding> {
    let found = |check, outcome| Finding { check, outcome };
    let mut findings = vec![
        found("programs", programs(options)),
        found("data directory", data_directory(options)),
        found("disk", disk::disk(&options.data_dir)),
    ];
    let database = connected(connect_database(options)).await;
    let log = connected(connect_log(options)).await;
    findings.push(found("database", summary(&database)));
    findings.push(found("event log", summary(&log)));
    if let Ok((pool, _)) = &database {
        findings.extend([
            found("schema", limited(schema(pool)).await),
            found("projector", limited(projector(pool)).await),
            found("scheduler", limited(work::scheduler(pool)).await),
            found("worker", limited(work::worker(pool)).await),
            found("jobs", limited(work::failures(pool)).await),
            found("dead letters", limited(dead_letters(pool)).await),
            found("coverage", limited(coverage(pool)).await),
        ]);
        if let Ok((log, _)) = &log {
            findings.push(found("lag", limited(lag(pool, log)).await));
        }
    }
    findings.push(found("query API", limited(query_api(options)).await));
    findings
}

/// What connecting comes to, unless it takes longer than a check may.
async fn connected<T>(
    connecting: impl Future<Output = anyhow::Result<(T, String)>>,
) -> anyhow::Result<(T, String)> {
    tokio::time::timeout(PATIENCE, connecting)
        .await
        .with_context(|| {
            let seconds = PATIENCE.as_secs();
            format!("no answer within {seconds} s; is it running, and is the address right?")
        })?
}

fn summary<T>(outcome: &anyhow::Result<(T, String)>) -> anyhow::Result<String> {
    match outcome {
        Ok((_, detail)) => Ok(detail.clone()),
        Err(error) => bail!("{}", with_causes(error)),
    }
}

async fn limited(check: impl Future<Output = anyhow::Result<String>>) -> anyhow::Result<String> {
    tokio::time::timeout(PATIENCE, check)
        .await
        .with_context(|| format!("no answer within {} s", PATIENCE.as_secs()))?
}

fn programs(options: &Options) -> anyhow::Result<String> {
    if options.database_url.is_some() && options.nats_url.is_some() {
        return Ok("not needed: servers are given".to_owned());
    }
    let found = Binaries::locate(&options.path, &options.tools)?;
    Ok(format!(
        "{} and {}",
        found.postgres.display(),
        found.nats_server.display()
    ))
}

fn data_directory(options: &Options) -> anyhow::Result<String> {
    let directory = &options.data_dir;
    if directory.exists() {
        let probe = directory.join(".probe");
        std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).with_context(
            || format!("{} cannot be written; give this user the right to, or choose another with --data-dir", directory.display()),
        )?;
    }
    Ok(directory.display().to_string())
}

async fn connect_database(options: &Options) -> anyhow::Result<(PgPool, String)> {
    let pool = open_pool(&options.database()?).await?;
    let (version, encryption): (String, Option<String>) = sqlx::query_as(
        "SELECT current_setting('server_version'),
                (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid())",
    )
    .fetch_one(&pool)
    .await
    .map_err(|error| match error {
        sqlx::Error::Database(refusal) => anyhow!(
            "Postgres refuses: {}; are user, password and database in the address those that it \
             knows?",
            refusal.message()
        ),
        other => anyhow::Error::from(other)
            .context("Postgres does not answer; is it running, and is the address right?"),
    })?;
    let encryption = encryption.unwrap_or_else(|| "not encrypted".to_owned());
    Ok((pool, format!("PostgreSQL {version}, {encryption}")))
}

async fn connect_log(options: &Options) -> anyhow::Result<(EventLog, String)> {
    let log = options.connect_log().await?;
    let last = log.last_sequence(LogStream::Contributions).await.context(
        "the stream of contributions cannot be read; if it is not declared, run: \
             leaderboard declare; if it is, may this user read it?",
    )?;
    Ok((
        log,
        format!(
            "{} messages of contributions",
            separated(last.cast_signed())
        ),
    ))
}

/// A transaction in the generation that is read.
async fn read_generation(pool: &PgPool) -> anyhow::Result<sqlx::PgTransaction<'static>> {
    let active = GenerationPool::active(pool).await;
    let active = active.context("the schema is missing; run: leaderboard migrate")?;
    Ok(active.begin().await?)
}

async fn schema(pool: &PgPool) -> anyhow::Result<String> {
    let mut transaction = read_generation(pool).await?;
    let applied: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE success")
        .fetch_one(&mut *transaction)
        .await
        .context("the schema is missing; run: leaderboard migrate")?;
    let known = postgres::known_migrations();
    if applied != i64::try_from(known)? {
        bail!("{applied} of {known} migrations are applied; run: leaderboard migrate");
    }
    Ok(format!("all {known} migrations are applied"))
}

async fn projector(pool: &PgPool) -> anyhow::Result<String> {
    let mut transaction = read_generation(pool).await?;
    let orphaned: Vec<String> = sqlx::query_scalar(
        "SELECT projection FROM projections WHERE lease_expires_at < now() ORDER BY 1",
    )
    .fetch_all(&mut *transaction)
    .await?;
    let owned: i64 = sqlx::query_scalar("SELECT count(*) FROM projections")
        .fetch_one(&mut *transaction)
        .await?;
    if owned == 0 {
        bail!("no projector has run yet; start one: leaderboard serve projector");
    }
    if !orphaned.is_empty() {
        bail!(
            "no projector runs {}; start one: leaderboard serve projector",
            orphaned.join(", ")
        );
    }
    let refused: Option<String> =
        sqlx::query_scalar("SELECT refused FROM projections WHERE refused IS NOT NULL LIMIT 1")
            .fetch_optional(&mut *transaction)
            .await?;
    if let Some(why) = refused {
        bail!("{why}");
    }
    Ok(format!("{owned} projections are running"))
}

async fn lag(pool: &PgPool, log: &EventLog) -> anyhow::Result<String> {
    judge_lag(&progress(pool, log).await?)
}

fn judge_lag(progress: &[Progress]) -> anyhow::Result<String> {
    if let Some(ahead) = progress.iter().find(|one| one.checkpoint > one.last) {
        bail!(
            "projection {} is at message {} of the stream {}, which ends at {}: the log is another \
             one, or older than the database; projectors refuse to go on \
             (docs/operations.md, Restore)",
            ahead.projection,
            ahead.checkpoint,
            ahead.stream.name(),
            ahead.last
        );
    }
    let behind: u64 = progress.iter().map(|one| one.last - one.checkpoint).sum();
    if behind > FAR_BEHIND {
        bail!(
            "{} messages are still to be projected; if the number does not fall, see why: \
             leaderboard replay status, and the projector's log",
            separated(behind.cast_signed())
        );
    }
    Ok(format!(
        "{} messages are still to be projected",
        separated(behind.cast_signed())
    ))
}

async fn dead_letters(pool: &PgPool) -> anyhow::Result<String> {
    let mut transaction = read_generation(pool).await?;
    let parked: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM dead_letters
         WHERE NOT EXISTS (SELECT FROM dead_letter_resolutions WHERE letter = id)",
    )
    .fetch_one(&mut *transaction)
    .await?;
    if parked > 0 {
        bail!(
            "{} are parked; look at them: leaderboard dead-letters",
            separated(parked)
        );
    }
    Ok("none".to_owned())
}

async fn coverage(pool: &PgPool) -> anyhow::Result<String> {
    let mut transaction = read_generation(pool).await?;
    let partial: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM coverage_units WHERE verdict IN ('partial', 'missing')",
    )
    .fetch_one(&mut *transaction)
    .await?;
    if partial > 0 {
        bail!("{partial} units were read in part; see: leaderboard coverage");
    }
    let units: i64 = sqlx::query_scalar("SELECT count(*) FROM coverage_units")
        .fetch_one(&mut *transaction)
        .await?;
    Ok(format!("{units} units were read whole"))
}

async fn query_api(options: &Options) -> anyhow::Result<String> {
    let api = options.api_url()?;
    let response = reqwest::get(format!("{api}/health/ready"))
        .await
        .with_context(|| {
            format!("nothing answers at {api}; start it: leaderboard serve query-api")
        })?;
    if !response.status().is_success() {
        bail!(
            "{api} is not ready: {}",
            response.text().await.unwrap_or_default()
        );
    }
    Ok(api)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(checkpoint: u64, last: u64) -> [Progress; 2] {
        let of = |checkpoint, last| Progress {
            projection: "contributions",
            stream: LogStream::Contributions,
            checkpoint,
            last,
        };
        [of(7, 7), of(checkpoint, last)]
    }

    #[test]
    fn a_projector_that_does_not_keep_up_is_told_of() {
        assert!(judge_lag(&progress(5, FAR_BEHIND + 5)).is_ok());
        let told = judge_lag(&progress(5, FAR_BEHIND + 6)).unwrap_err();
        let told = told.to_string();
        assert!(told.contains("leaderboard replay status"), "{told}");
    }

    #[test]
    fn a_database_that_is_ahead_of_its_log_is_told_of() {
        let told = judge_lag(&progress(6, 5)).unwrap_err().to_string();
        let expected = "contributions is at message 6 of the stream CONTRIBUTIONS, which ends at 5";
        assert!(told.contains(expected), "{told}");
    }
}
