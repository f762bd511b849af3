//! Reservations of scrapers that are gone: what they came to is looked up.

use chrono::{DateTime, Months, Utc};
use domain::Source;
use domain::budget::Reservation;

use super::spending::settle;
use super::{PassError, PassServices};

/// Looks up what nobody settled before it expired, of this month and the one
/// before: what BigQuery charged is settled, and what it never heard of is
/// released. Returns how many were.
///
/// # Errors
/// [`PassError`] when BigQuery or the log does not answer.
pub async fn settle_expired(services: &PassServices) -> Result<usize, PassError> {
    let now = services.clock.now();
    let mut settled = 0;
    for month in [Some(now), now.checked_sub_months(Months::new(1))] {
        let Some(month) = month else { continue };
        for reservation in expired(services, month, now).await? {
            services.check()?;
            let known = settle(services, &reservation).await?;
            if known.is_some() {
                let reservation = reservation.reservation;
                tracing::info!(%reservation, "expired_reservation_settled");
                settled += 1;
            }
        }
    }
    Ok(settled)
}

async fn expired(
    services: &PassServices,
    month: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Reservation>, PassError> {
    let ledger = services.ledger.ledger(month).await?;
    let outstanding = ledger.outstanding(now);
    Ok(outstanding
        .filter(|(found, is_expired)| *is_expired && found.source == Source::Bigquery)
        .map(|(found, _)| found.clone())
        .collect())
}
