//! What the day's and the month's money stands at, in dollars.

use chrono::{DateTime, Utc};
use domain::budget::{Ceiling, Entry, Ledger, Money, Spending, forecast};
use postgres::GenerationPool;
use sqlx::PgPool;

pub(super) async fn look(pool: &PgPool, now: DateTime<Utc>) -> Result<(), sqlx::Error> {
    let ledger = ledger(pool, now).await?;
    let day = ledger.of_day(now.date_naive(), now);
    show("daily", &ledger, Ceiling::Day, day);
    let month = ledger.of_month_until_now(now);
    show("monthly", &ledger, Ceiling::Month, month);
    metrics::gauge!("budget_forecast_dollars").set(dollars(forecast(&ledger, now)));
    Ok(())
}

/// The ledger of the present month. What may be spent is carried over when the
/// first entry of a month is written; until then it is what was last decided.
async fn ledger(pool: &PgPool, now: DateTime<Utc>) -> Result<Ledger, sqlx::Error> {
    let month = now.format("%Y-%m").to_string();
    let active = GenerationPool::active(pool).await?;
    let mut transaction = active.begin().await?;
    let entries = sqlx::query!(
        "SELECT month, entry FROM ledger_entries
         WHERE month = (SELECT max(month) FROM ledger_entries WHERE month <= $1)
         ORDER BY sequence",
        month,
    );
    let entries = entries.fetch_all(&mut *transaction).await?;
    postgres::commit(transaction).await?;
    let mut ledger = Ledger::of_month(now);
    for row in entries {
        match serde_json::from_value(row.entry) {
            Ok(entry @ Entry::Defined(_)) => ledger.apply(&entry),
            Ok(entry) if row.month == month => ledger.apply(&entry),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "ledger_entry_unreadable"),
        }
    }
    Ok(ledger)
}

fn show(period: &'static str, ledger: &Ledger, ceiling: Ceiling, spent: Spending) {
    let limit = ledger.definition();
    let limit = limit.map_or(Money::ZERO, |definition| definition.ceilings.of(ceiling));
    let gauge = |name: &'static str| metrics::gauge!(name, "period" => period);
    gauge("budget_settled_dollars").set(dollars(spent.settled));
    gauge("budget_reserved_dollars").set(dollars(spent.reserved));
    gauge("budget_limit_dollars").set(dollars(limit));
    let used = if limit > Money::ZERO {
        100.0 * dollars(spent.total()) / dollars(limit)
    } else {
        0.0
    };
    gauge("budget_utilization_percent").set(used);
}

fn dollars(money: Money) -> f64 {
    money.micros() as f64 / 1e6
}
