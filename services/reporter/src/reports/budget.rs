//! The money of a day and of its month so far.

use chrono::{Days, NaiveDate};
use domain::budget::{
    Attribution, Ledger, Refusal, Spending, ThresholdReached, attribute, forecast,
};
use event_log::{EventLog, LogError, LogStream};
use events::{Event, Fold, Subject};
use serde_json::{Value, json};

use super::markdown::table;
use super::{Made, beginning};

/// Rows of a table at most.
const ROWS: usize = 10;

/// A month's ledger up to a day's end, and what was said on that day.
struct Day {
    ledger: Ledger,
    refusals: Vec<Refusal>,
    thresholds: Vec<ThresholdReached>,
}

pub(super) async fn make(log: &EventLog, day: NaiveDate) -> Result<Made, LogError> {
    let read = read(log, day).await?;
    // As of the last instant of the day, whenever the report is made.
    let end = beginning(day + Days::new(1)) - chrono::TimeDelta::milliseconds(1);
    let today = read.ledger.of_day(day, end);
    let month = read.ledger.of_month_until_now(end);
    let expected = forecast(&read.ledger, end);
    let assumed = read.ledger.outstanding(end).filter(|(_, expired)| *expired);
    let assumed = assumed.count();
    let limits = read.ledger.definition().map(|defined| defined.ceilings);
    let document = json!({
        "day": spending(today, limits.map(|limits| limits.day.micros())),
        "month": spending(month, limits.map(|limits| limits.month.micros())),
        "forecast_micros": expected.micros(),
        "assumed_spent_reservations": assumed,
        "by_job": shares(&read.ledger, Attribution::Job),
        "by_source": shares(&read.ledger, Attribution::Source),
        "by_repository": shares(&read.ledger, Attribution::Repository),
        "refusals": read.refusals,
        "thresholds": read.thresholds,
    });
    let mut markdown = format!("## Money on {day}\n\n");
    match limits {
        Some(limits) => markdown.push_str(&format!(
            "${} of ${} were spent or reserved on the day, ${} of ${} in the month so far; \
             at this pace the month will cost ${expected}.\n",
            today.total(),
            limits.day,
            month.total(),
            limits.month,
        )),
        None => markdown.push_str("No budget is defined, so nothing may be spent.\n"),
    }
    if assumed > 0 {
        markdown.push_str(&format!(
            "\n{assumed} reservations expired and count as spent (${}) until they are looked up.\n",
            month.assumed
        ));
    }
    markdown.push_str(&shares_table(&read.ledger, Attribution::Job));
    markdown.push_str(&shares_table(&read.ledger, Attribution::Repository));
    let refusals: Vec<_> = read.refusals.iter().take(ROWS).map(refusal_row).collect();
    markdown.push_str(&table("Refused", &["job", "needed $", "limit"], &refusals));
    Ok(Made { document, markdown })
}

async fn read(log: &EventLog, day: NaiveDate) -> Result<Day, LogError> {
    let (begin, end) = (beginning(day), beginning(day + Days::new(1)));
    let mut read = Day {
        ledger: Ledger::of_month(begin),
        refusals: Vec::new(),
        thresholds: Vec::new(),
    };
    let subject = Subject::of_ledger(begin);
    for said in log.read_all(LogStream::Costs, subject.as_str(), 0).await? {
        let event = said.envelope.event;
        // What was said later is of later days, but for what came of the
        // reservations of this one.
        if event.time() >= end && !matches!(event, Event::CostSettled(_) | Event::CostReleased(_)) {
            continue;
        }
        read.ledger.fold(&event);
        match event {
            Event::CostRefused(refusal) if refusal.refused_at >= begin => {
                read.refusals.push(refusal);
            }
            Event::BudgetThresholdReached(reached) if reached.reached_at >= begin => {
                read.thresholds.push(reached);
            }
            _ => {}
        }
    }
    Ok(read)
}

fn spending(spent: Spending, limit: Option<u64>) -> Value {
    json!({
        "settled_micros": spent.settled.micros(),
        "reserved_micros": spent.reserved.micros(),
        "assumed_micros": spent.assumed.micros(),
        "limit_micros": limit,
    })
}

fn shares(ledger: &Ledger, by: Attribution) -> Vec<Value> {
    let shares = attribute(ledger, by).into_iter().map(|(to, share)| {
        json!({
            "to": to,
            "queries": share.queries,
            "settled_micros": share.settled.micros(),
            "reserved_micros": share.reserved.micros(),
        })
    });
    shares.collect()
}

fn shares_table(ledger: &Ledger, by: Attribution) -> String {
    let mut shares: Vec<_> = attribute(ledger, by).into_iter().collect();
    shares.sort_by_key(|(_, share)| std::cmp::Reverse((share.settled + share.reserved).micros()));
    let rows: Vec<_> = shares
        .into_iter()
        .take(ROWS)
        .map(|(to, share)| {
            let (settled, reserved) = (share.settled.to_string(), share.reserved.to_string());
            vec![to, share.queries.to_string(), settled, reserved]
        })
        .collect();
    let heading = format!("The month, by {}", by.as_str());
    table(
        &heading,
        &[by.as_str(), "queries", "settled $", "reserved $"],
        &rows,
    )
}

fn refusal_row(refusal: &Refusal) -> Vec<String> {
    let limit = format!("${}, ${} left", refusal.limit_in_words(), refusal.left);
    vec![refusal.job.clone(), refusal.amount.to_string(), limit]
}
