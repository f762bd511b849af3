//! Monthly partitions of `contribution_events`, made before rows need them.

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use sqlx::{AssertSqlSafe, PgConnection};

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

/// Makes the partitions of the months that have none yet. The new table is
/// attached after it is made, which blocks neither readers nor writers.
///
/// # Errors
/// What the database answers.
pub async fn ensure_months(
    connection: &mut PgConnection,
    months: impl IntoIterator<Item = Month>,
) -> Result<(), sqlx::Error> {
    // Makers wait for each other here and then find the work done.
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtext('contribution_events partitions'))")
        .execute(&mut *connection)
        .await?;
    for month in months {
        let (Some(first), Some(next)) =
            (month.first_day(), month.plus(1).and_then(Month::first_day))
        else {
            continue;
        };
        let table = format!("contribution_events_{:04}_{:02}", month.year, month.month);
        let exists =
            sqlx::query_scalar!(r#"SELECT to_regclass($1) IS NOT NULL AS "exists!""#, table)
                .fetch_one(&mut *connection)
                .await?;
        if exists {
            continue;
        }
        // Built from a year and a month only: nothing of a user's is in it.
        let statement = format!(
            "CREATE TABLE {table} (LIKE contribution_events INCLUDING DEFAULTS);
             ALTER TABLE contribution_events ATTACH PARTITION {table}
             FOR VALUES FROM ('{first} 00:00:00+00') TO ('{next} 00:00:00+00');"
        );
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
        tracing::info!(table, "partition_created");
    }
    Ok(())
}
