//! BigQuery, as jobs reach it.

use bigquery::BigQuery;
use domain::jobs::{Failure, Severity};
use tokio_util::sync::CancellationToken;

use super::ScrapingParts;
use crate::budget::LedgerLog;
use crate::passes::PassServices;

/// Who writes to the ledger.
const ORIGIN: &str = "/scraper/bigquery";

/// What passes need, where somebody pays for them.
pub(super) async fn services(
    parts: &ScrapingParts,
    cancellation: &CancellationToken,
) -> Result<Option<PassServices>, Failure> {
    let Some(settings) = parts.bigquery.clone() else {
        return Ok(None);
    };
    let client = BigQuery::connect(settings)
        .await
        .map_err(|error| Failure::new(Severity::High, error))?;
    Ok(Some(PassServices {
        client,
        circuit: parts.bigquery_circuit.clone(),
        log: parts.log.clone(),
        publisher: parts.log.publisher(),
        ledger: LedgerLog::new(parts.log.clone(), ORIGIN),
        clock: parts.clock.clone(),
        cancellation: cancellation.clone(),
    }))
}
