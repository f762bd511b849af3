//! Tables with a partition for each month: made before rows need them, thrown away
//! whole when they are kept for no longer.

use std::fmt;

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use crate::generations::quoted;

/// How long it is waited for whoever reads a partition that is to go. Nobody waits
/// meanwhile.
const DETACH_LIMIT: &str = "SET lock_timeout = '60s'";

/// A calendar month in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    /// The month that holds an instant.
    #[must_use]
    pub fn of(instant: DateTime<Utc>) -> Self {
        Self {
            year: instant.year(),
            month: instant.month(),
        }
    }

    /// Reads a month such as 2026-11.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        if year.len() != 4 || month.len() != 2 {
            return None;
        }
        let found = Self {
            year: year.parse().ok()?,
            month: month.parse().ok()?,
        };
        found.first_day().map(|_| found)
    }

    /// The month `count` months later.
    #[must_use]
    pub fn plus(self, count: u32) -> Option<Self> {
        let first = self.first_day()?.checked_add_months(Months::new(count))?;
        Some(Self {
            year: first.year(),
            month: first.month(),
        })
    }

    fn first_day(self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year, self.month, 1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:04}-{:02}", self.year, self.month)
    }
}

/// A table with a partition for each month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MonthlyTable {
    /// Contributions, by when they happened.
    ContributionEvents,
    /// Entries of ledgers, by the month of the ledger.
    LedgerEntries,
}

impl MonthlyTable {
    fn name(self) -> &'static str {
        match self {
            Self::ContributionEvents => "contribution_events",
            Self::LedgerEntries => "ledger_entries",
        }
    }

    /// Where the partition of a month begins.
    fn bound(self, month: Month) -> String {
        match self {
            Self::ContributionEvents => format!("{month}-01 00:00:00+00"),
            Self::LedgerEntries => month.to_string(),
        }
    }

    fn partition(self, month: Month) -> String {
        format!("{}_{:04}_{:02}", self.name(), month.year, month.month)
    }

    /// The month that a partition is of.
    fn month_of(self, partition: &str) -> Option<Month> {
        let month = partition.strip_prefix(self.name())?.strip_prefix('_')?;
        Month::read(&month.replace('_', "-"))
    }
}

/// Makes the partitions of the months that have none yet. The new table is
/// attached after it is made, which blocks neither readers nor writers.
///
/// # Errors
/// What the database answers.
pub async fn ensure_months(
    connection: &mut PgConnection,
    table: MonthlyTable,
    months: impl IntoIterator<Item = Month>,
) -> Result<(), sqlx::Error> {
    // Makers wait for each other here and then find the work done.
    let lock = format!("{} partitions", table.name());
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext($1))", lock)
        .execute(&mut *connection)
        .await?;
    for month in months {
        let Some(next) = month.plus(1) else { continue };
        let partition = table.partition(month);
        let is_attached = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass($1)) AS "is!""#,
            partition
        );
        if is_attached.fetch_one(&mut *connection).await? {
            continue;
        }
        let (name, first, end) = (table.name(), table.bound(month), table.bound(next));
        // Built from a year and a month only: nothing of a user's is in it. One that
        // is there though it is not attached was on its way out.
        let statement = format!(
            "DROP TABLE IF EXISTS {partition};
             CREATE TABLE {partition} (LIKE {name} INCLUDING DEFAULTS);
             ALTER TABLE {name} ATTACH PARTITION {partition} FOR VALUES FROM ('{first}') TO ('{end}');"
        );
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
        tracing::info!(table = partition, "partition_created");
    }
    Ok(())
}

/// Takes the partitions of the months before one off a table of a generation, and
/// drops them: however many rows are in them, and nobody who reads or writes the table
/// waits. What an attempt that was broken off left is taken up. Returns how many rows
/// are gone.
///
/// It cannot be part of a transaction.
///
/// # Errors
/// What the database answers.
pub async fn drop_months_before(
    pool: &PgPool,
    schema: &str,
    table: MonthlyTable,
    before: Month,
) -> Result<u64, sqlx::Error> {
    let partitions = partitions(pool, schema, table).await?;
    let mut old = partitions
        .into_iter()
        .filter(|partition| {
            table
                .month_of(&partition.name)
                .is_some_and(|of| of < before)
        })
        .peekable();
    if old.peek().is_none() {
        return Ok(0);
    }
    // A connection that nobody gets after this: the limit is the session's.
    let mut connection = pool.acquire().await?.detach();
    run(&mut connection, DETACH_LIMIT.to_owned()).await?;
    let mut rows = 0;
    for partition in old {
        rows += drop_partition(&mut connection, schema, table, &partition).await?;
    }
    connection.close().await?;
    Ok(rows)
}

/// A partition of a month.
#[derive(Debug)]
struct Partition {
    name: String,
    is_attached: bool,
    /// Whether an attempt to detach it was broken off.
    is_pending: bool,
}

/// The partitions of a table, and those that were detached and not dropped.
async fn partitions(
    pool: &PgPool,
    schema: &str,
    table: MonthlyTable,
) -> Result<Vec<Partition>, sqlx::Error> {
    sqlx::query_as!(
        Partition,
        r#"SELECT relname::text AS "name!", inhrelid IS NOT NULL AS "is_attached!",
                  coalesce(inhdetachpending, false) AS "is_pending!"
           FROM pg_class
           JOIN pg_namespace ON pg_namespace.oid = relnamespace
           LEFT JOIN pg_inherits ON inhrelid = pg_class.oid
           WHERE nspname = $1 AND relkind = 'r' AND relname ~ ('^' || $2 || '_\d{4}_\d{2}$')
           ORDER BY 1"#,
        schema,
        table.name(),
    )
    .fetch_all(pool)
    .await
}

async fn drop_partition(
    connection: &mut PgConnection,
    schema: &str,
    table: MonthlyTable,
    partition: &Partition,
) -> Result<u64, sqlx::Error> {
    let within = |name: &str| format!("{}.{}", quoted(schema), quoted(name));
    let (whole, part) = (within(table.name()), within(&partition.name));
    if partition.is_attached {
        let how = if partition.is_pending {
            "FINALIZE"
        } else {
            "CONCURRENTLY"
        };
        run(
            connection,
            format!("ALTER TABLE {whole} DETACH PARTITION {part} {how}"),
        )
        .await?;
    }
    let rows: i64 = sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {part}")))
        .fetch_one(&mut *connection)
        .await?;
    run(connection, format!("DROP TABLE {part}")).await?;
    tracing::info!(table = partition.name, rows, "partition_dropped");
    Ok(rows.unsigned_abs())
}

async fn run(connection: &mut PgConnection, statement: String) -> Result<(), sqlx::Error> {
    // Made of our own words and quoted identifiers.
    let statement = sqlx::raw_sql(AssertSqlSafe(statement));
    statement.execute(connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_as_they_are_shown() {
        let month = Month::read("2026-11").unwrap();
        assert_eq!(month.to_string(), "2026-11");
        assert_eq!(month.plus(2).unwrap().to_string(), "2027-01");
        for wrong in [
            "2026-13",
            "2026-00",
            "26-11",
            "2026-1",
            "2026",
            "",
            "2026-11-01",
        ] {
            assert_eq!(Month::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn partitions_tell_their_month() {
        for table in [
            MonthlyTable::ContributionEvents,
            MonthlyTable::LedgerEntries,
        ] {
            let month = Month::read("2016-02").unwrap();
            assert_eq!(table.month_of(&table.partition(month)), Some(month));
            assert_eq!(table.month_of("other_2016_02"), None);
        }
    }
}
