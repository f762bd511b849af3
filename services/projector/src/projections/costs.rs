//! What was written down in the ledgers of money.

use std::collections::BTreeSet;

use domain::budget::Entry;
use event_log::{Delivered, LogStream};
use events::{Event, Subject, ledger_entry};
use postgres::{GenerationPool, Month, MonthlyTable, ensure_months};
use sqlx::PgConnection;

use super::{Projection, Unreadable, json, read_events};
use crate::ProjectionError;

/// An entry, and the month of its ledger.
pub struct Written {
    month: Month,
    entry: Entry,
}

/// The projection of costs.
pub struct Costs;

impl Projection for Costs {
    const NAME: &'static str = "costs";
    const STREAM: LogStream = LogStream::Costs;
    const TABLES: &'static [&'static str] = &["ledger_entries"];
    // What is older may have been cleaned up.
    const EFFECTIVE_ROWS: &'static [(&'static str, &'static str)] = &[(
        "ledger_entries",
        "here.month >= to_char(now() - interval '365 days', 'YYYY-MM')",
    )];

    type Facts = Vec<(u64, Written)>;

    fn read(batch: &[Delivered]) -> (Self::Facts, Unreadable) {
        read_events(batch, "entry of a ledger", |event: Event| {
            let entry = ledger_entry(&event)?;
            let subject = Subject::of(&event).to_string();
            let (_, month) = subject.rsplit_once('.')?;
            let month = Month::read(month)?;
            Some(Written { month, entry })
        })
    }

    /// Makes the partitions that the entries belong to. It is looked each time: what is
    /// kept for no longer may have been dropped.
    async fn prepare(
        &mut self,
        home: &GenerationPool,
        written: &Self::Facts,
    ) -> Result<(), ProjectionError> {
        let months: BTreeSet<Month> = written.iter().map(|(_, entry)| entry.month).collect();
        if !months.is_empty() {
            let mut transaction = home.begin().await?;
            ensure_months(&mut transaction, MonthlyTable::LedgerEntries, months).await?;
            postgres::commit(transaction).await?;
        }
        Ok(())
    }

    async fn apply(
        &mut self,
        transaction: &mut PgConnection,
        written: Self::Facts,
    ) -> Result<(), ProjectionError> {
        for (sequence, written) in &written {
            sqlx::query!(
                "INSERT INTO ledger_entries (sequence, month, entry) VALUES ($1, $2, $3)
                 ON CONFLICT (month, sequence) DO NOTHING",
                sequence.cast_signed(),
                written.month.to_string(),
                json(&written.entry)?,
            )
            .execute(&mut *transaction)
            .await?;
        }
        Ok(())
    }
}
