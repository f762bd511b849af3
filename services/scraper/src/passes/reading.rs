//! One pass: estimated, paid for, read page by page, published.

use super::publication::Reading;
use super::spending::run_paid;
use super::{Pass, PassError, PassOptions, PassReport, PassServices};

pub(super) async fn read(
    pass: &Pass,
    services: &PassServices,
    options: &PassOptions,
) -> PassReport {
    let names = pass
        .repositories
        .iter()
        .map(|part| part.wanted.name.clone());
    let mut report = PassReport {
        day: pass.day,
        repositories: names.collect(),
        estimate: None,
        billed: None,
        events: 0,
        contributions: 0,
        error: None,
    };
    let mut reading = Reading::new(pass, services, options.depth);
    let mut outcome = read_whole(pass, services, options, &mut reading, &mut report).await;
    (report.events, report.contributions) = reading.counts();
    let whole = outcome.is_ok();
    // What stopped by itself or never could begin leaves no word: nothing is
    // known of the day that was not known before.
    if whole || leaves_a_hole(&outcome) {
        let said = reading.publish_coverage(whole).await;
        outcome = outcome.and(said);
    }
    report.error = outcome.err();
    report
}

fn leaves_a_hole(outcome: &Result<(), PassError>) -> bool {
    matches!(
        outcome,
        Err(PassError::BigQuery(_)
            | PassError::CircuitOpen(_)
            | PassError::Failed { .. }
            | PassError::Refused(_))
    )
}

async fn read_whole(
    pass: &Pass,
    services: &PassServices,
    options: &PassOptions,
    reading: &mut Reading<'_>,
    report: &mut PassReport,
) -> Result<(), PassError> {
    services.check()?;
    let query = pass.query(options.depth);
    let estimate = services.ask(services.client.estimate(&query)).await?;
    report.estimate = Some(estimate);
    let paid = run_paid(pass, services, options, estimate).await?;
    report.billed = Some(paid.billed);
    reading.begin(&paid.job);
    let mut page = None;
    loop {
        services.check()?;
        let rows = services.client.rows(&paid.job, page.as_deref());
        let Some(rows) = services.ask(rows).await? else {
            continue;
        };
        reading.publish_rows(&rows.rows).await?;
        let Some(next) = rows.next else {
            return Ok(());
        };
        page = Some(next);
    }
}
