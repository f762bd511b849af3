//! `budget`: how much may be spent, and what was.

use anyhow::Context;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use domain::budget::{
    BudgetDefinition, Ceilings, Money, Price, Spending, Thresholds, attribute, forecast,
};
use runtime::{Clock, SystemClock};
use scraper::budget::LedgerLog;
use serde_json::{Value, json};

use super::tell::tell;
use crate::cli::Options;
use crate::cli::budget::{Budget, Report, SetBudget, Status};
use crate::tables::{separated, table};

/// Who writes what a person decides here.
const ORIGIN: &str = "/leaderboard/budget";

pub(super) async fn budget(options: &Options, budget: &Budget) -> anyhow::Result<()> {
    let log = options.connect_log().await?;
    log.declare_streams().await?;
    let ledgers = LedgerLog::new(log, ORIGIN);
    let now = SystemClock.now();
    match budget {
        Budget::Status(asked) => status(&ledgers, asked, now).await,
        Budget::Set(set) => define(&ledgers, set, now).await,
        Budget::Report(asked) => report(&ledgers, asked, now).await,
    }
}

async fn define(ledgers: &LedgerLog, set: &SetBudget, now: DateTime<Utc>) -> anyhow::Result<()> {
    let price = Price::default();
    let definition = BudgetDefinition {
        ceilings: Ceilings {
            day: set.daily,
            month: set.monthly,
            job: set.per_job.unwrap_or(set.daily),
        },
        thresholds: Thresholds {
            warning: set.warning,
            critical: set.critical,
        },
        price: Price {
            since: set.price_since.unwrap_or(price.since),
            of_a_tebibyte: set.price.unwrap_or(price.of_a_tebibyte),
            free_bytes: set.free_bytes.unwrap_or(price.free_bytes),
        },
        actor: set.actor.clone(),
        reason: set.reason.clone(),
        defined_at: now,
    };
    let outcome = json!({ "budget": definition });
    ledgers.define(definition).await?;
    let said = format!(
        "from now on at most ${} a day, ${} a month, ${} for a job",
        set.daily,
        set.monthly,
        set.per_job.unwrap_or(set.daily)
    );
    tell(set.json, &outcome, said);
    Ok(())
}

async fn status(ledgers: &LedgerLog, asked: &Status, now: DateTime<Utc>) -> anyhow::Result<()> {
    let ledger = ledgers.ledger(now).await?;
    let definition = ledger.definition().context(
        "no budget is defined, so nothing may be spent; define one with `leaderboard budget set`",
    )?;
    let today = ledger.of_day(now.date_naive(), now);
    let month = ledger.of_month_until_now(now);
    let expected = forecast(&ledger, now);
    let limits = [
        ("day", today, definition.ceilings.day),
        ("month", month, definition.ceilings.month),
    ];
    let waiting = ledger.outstanding(now).count();
    if asked.json {
        let [day, month] = limits.map(|(_, spent, limit)| spending(spent, limit));
        let document = json!({
            "day": day,
            "month": month,
            "job_limit_micros": definition.ceilings.job.micros(),
            "outstanding": waiting,
            "forecast_micros": expected.micros(),
            "definition": definition,
        });
        println!("{}", serde_json::to_string_pretty(&document)?);
        return Ok(());
    }
    let rows = limits.map(|(of, spent, limit)| {
        [
            of.to_owned(),
            spent.settled.to_string(),
            spent.reserved.to_string(),
            (limit - spent.total()).to_string(),
            limit.to_string(),
        ]
        .to_vec()
    });
    let columns = [
        ("", false),
        ("settled $", true),
        ("reserved $", true),
        ("left $", true),
        ("limit $", true),
    ];
    println!("{}", table(&columns, rows));
    println!(
        "a job may reserve ${}; {waiting} reservations are not settled, ${} of them assumed spent",
        definition.ceilings.job, month.assumed
    );
    println!(
        "at this pace the month will cost ${expected}; a tebibyte costs ${} since {}",
        definition.price.of_a_tebibyte, definition.price.since
    );
    Ok(())
}

fn spending(spent: Spending, limit: Money) -> Value {
    json!({
        "settled_micros": spent.settled.micros(),
        "reserved_micros": spent.reserved.micros(),
        "assumed_micros": spent.assumed.micros(),
        "left_micros": (limit - spent.total()).micros(),
        "limit_micros": limit.micros(),
    })
}

async fn report(ledgers: &LedgerLog, asked: &Report, now: DateTime<Utc>) -> anyhow::Result<()> {
    let month = match &asked.month {
        Some(month) => first_instant(month)?,
        None => now,
    };
    let ledger = ledgers.ledger(month).await?;
    let by = asked.by.into();
    let sums = attribute(&ledger, by);
    if asked.json {
        let rows: Vec<Value> = sums
            .iter()
            .map(|(to, sum)| {
                json!({
                    "to": to,
                    "settled_micros": sum.settled.micros(),
                    "reserved_micros": sum.reserved.micros(),
                    "queries": sum.queries,
                    "bytes": sum.bytes,
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let rows = sums.into_iter().map(|(to, sum)| {
        let queries = separated(i64::try_from(sum.queries).unwrap_or(i64::MAX));
        let megabytes = separated(i64::try_from(sum.bytes / 1_000_000).unwrap_or(i64::MAX));
        [
            to,
            queries,
            megabytes,
            sum.settled.to_string(),
            sum.reserved.to_string(),
        ]
        .to_vec()
    });
    let columns = [
        (by.as_str(), false),
        ("queries", true),
        ("reserved MB", true),
        ("settled $", true),
        ("reserved $", true),
    ];
    println!("{}", table(&columns, rows));
    Ok(())
}

fn first_instant(month: &str) -> anyhow::Result<DateTime<Utc>> {
    let day: NaiveDate = format!("{month}-01")
        .parse()
        .with_context(|| format!("{month:?} is no month; write it as 2026-11"))?;
    Ok(day.and_time(NaiveTime::MIN).and_utc())
}
