//! `doctor`: the likeliest faults of a deployment, and what to do about them.

use std::time::Duration;

use anyhow::{Context, bail};
use event_log::{EventLog, LogStream};
use postgres::GenerationPool;
use serde_json::json;
use sqlx::PgPool;

use crate::catch_up::messages_behind;
use crate::cli::{Json, Options};
use crate::parts::Binaries;
use crate::services::open_pool;
use crate::tables::{separated, table};

/// How long a check may take.
const PATIENCE: Duration = Duration::from_secs(5);

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
                "well"
            } else {
                "ILL"
            };
            vec![
                finding.check.to_owned(),
                verdict.to_owned(),
                detail(finding),
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
        Err(error) => format!("{error:#}"),
    }
}

async fn examine(options: &Options) -> Vec<Finding> {
    let mut findings = vec![
        Finding {
            check: "programs",
            outcome: programs(options),
        },
        Finding {
            check: "data directory",
            outcome: data_directory(options),
        },
    ];
    let database = connect_database(options).await;
    let log = connect_log(options).await;
    findings.push(Finding {
        check: "database",
        outcome: summary(&database),
    });
    findings.push(Finding {
        check: "event log",
        outcome: summary(&log),
    });
    if let Ok((pool, _)) = &database {
        findings.push(Finding {
            check: "schema",
            outcome: limited(schema(pool)).await,
        });
        findings.push(Finding {
            check: "projector",
            outcome: limited(projector(pool)).await,
        });
        findings.push(Finding {
            check: "dead letters",
            outcome: limited(dead_letters(pool)).await,
        });
        findings.push(Finding {
            check: "coverage",
            outcome: limited(coverage(pool)).await,
        });
        if let Ok((log, _)) = &log {
            findings.push(Finding {
                check: "lag",
                outcome: limited(lag(pool, log)).await,
            });
        }
    }
    findings.push(Finding {
        check: "query API",
        outcome: limited(query_api(options)).await,
    });
    findings
}

fn summary<T>(outcome: &anyhow::Result<(T, String)>) -> anyhow::Result<String> {
    match outcome {
        Ok((_, detail)) => Ok(detail.clone()),
        Err(error) => bail!("{error:#}"),
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
    let pool = open_pool(&options.database()?)?;
    let version: String = sqlx::query_scalar("SHOW server_version")
        .fetch_one(&pool)
        .await
        .context("Postgres does not answer; is it running, and is the address right?")?;
    Ok((pool, format!("PostgreSQL {version}")))
}

async fn connect_log(options: &Options) -> anyhow::Result<(EventLog, String)> {
    let log = options.connect_log().await?;
    let last = log
        .last_sequence(LogStream::Contributions)
        .await
        .context("the streams are not declared; start a projector, which declares them")?;
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
    if owned == 0 || !orphaned.is_empty() {
        bail!(
            "no projector runs {}; start one: leaderboard serve projector",
            orphaned.join(", ")
        );
    }
    Ok(format!("{owned} projections are running"))
}

async fn lag(pool: &PgPool, log: &EventLog) -> anyhow::Result<String> {
    let behind = messages_behind(pool, log).await?;
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
