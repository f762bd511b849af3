//! One pass's money: a dry run, a reservation, a job that may charge no more,
//! and what it came to.

use bigquery::{BigQueryError, JobState};
use chrono::TimeDelta;
use domain::Source;
use domain::budget::{Request, Reservation};
use uuid::Uuid;

use super::window::kind;
use super::{Pass, PassError, PassOptions, PassServices};
use crate::budget::Decision;

/// Namespace of the ids of reservations.
const RESERVATIONS: Uuid = Uuid::from_u128(0x6c3c_5a0e_3a49_4d0b_9f4c_1f1d_2b0a_77e5);

/// BigQuery ends queries after six hours ("Quotas and limits", read in November
/// 2026): after that, whoever reserved is gone.
const LONGEST: TimeDelta = TimeDelta::hours(6);

/// The least a query is charged for, for each table ("Pricing", read in
/// November 2026).
const LEAST: u64 = 10 * 1_024 * 1_024;

/// Charges are in whole mebibytes.
const MEBIBYTE: u64 = 1_024 * 1_024;

/// A job that was paid for, and how many bytes of it are charged.
pub(super) struct Paid {
    /// Its name at BigQuery.
    pub(super) job: String,
    /// Bytes.
    pub(super) billed: u64,
}

/// The name of a reservation's job.
fn job_name(reservation: Uuid) -> String {
    format!("leaderboard-{}", reservation.simple())
}

/// What a query can be charged at most, by what a dry run said: the table may
/// grow in between, by less than a hundredth.
fn most_bytes(estimate: u64) -> u64 {
    let grown = estimate.saturating_add(estimate / 100);
    grown.max(LEAST).div_ceil(MEBIBYTE) * MEBIBYTE
}

/// Runs the query of a pass, within the budget. The job of an earlier attempt
/// that is still known is not run, or paid for, again.
pub(super) async fn run_paid(
    pass: &Pass,
    services: &PassServices,
    options: &PassOptions,
    estimate: u64,
) -> Result<Paid, PassError> {
    let mut attempt = 0;
    loop {
        let request = request(pass, services, options, estimate, attempt);
        attempt += 1;
        let at = request.at;
        let ledger = services.ledger.ledger(at).await?;
        if ledger.is_closed(request.reservation) {
            // Paid for, or found to have failed: what it found is kept for a
            // day, and needs no paying again.
            match kept(services, &request.reference).await? {
                Some(paid) => return Ok(paid),
                None => continue,
            }
        }
        let reservation = match services.ledger.reserve(&request).await? {
            Decision::Reserved(reservation) => reservation,
            Decision::Refused(refusal) => return Err(PassError::Refused(Box::new(refusal))),
        };
        return run(pass, services, options, &reservation).await;
    }
}

/// The id of what is to be reserved follows from what is read, and when within
/// a day: the same pass is paid for again on another day only.
fn request(
    pass: &Pass,
    services: &PassServices,
    options: &PassOptions,
    estimate: u64,
    attempt: u32,
) -> Request {
    let at = services.clock.now();
    let query = pass.query(options.depth);
    let what = format!(
        "{} {} {} {:?} {} {attempt}",
        services.client.project(),
        kind(options.depth),
        query.text,
        query.parameters,
        at.date_naive(),
    );
    let reservation = Uuid::new_v5(&RESERVATIONS, what.as_bytes());
    let repositories = pass.repositories.iter();
    Request {
        reservation,
        job: options.job.clone(),
        source: Source::Bigquery,
        reference: job_name(reservation),
        repositories: repositories
            .map(|part| part.wanted.name.to_string())
            .collect(),
        bytes: most_bytes(estimate),
        at,
        expires_at: at + LONGEST,
    }
}

/// A job that is done and whose rows are still kept.
async fn kept(services: &PassServices, job: &str) -> Result<Option<Paid>, PassError> {
    let state = services.ask(services.client.look_up(job)).await?;
    let Some(JobState::Done { billed }) = state else {
        return Ok(None);
    };
    match services.ask(services.client.rows(job, None)).await {
        Ok(_) => Ok(Some(Paid {
            job: job.to_owned(),
            billed,
        })),
        Err(PassError::BigQuery(BigQueryError::NotFound(_))) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Runs the job of a reservation to its end, and writes down what it came to.
async fn run(
    pass: &Pass,
    services: &PassServices,
    options: &PassOptions,
    reservation: &Reservation,
) -> Result<Paid, PassError> {
    let job = &reservation.reference;
    let query = pass.query(options.depth);
    let starting = services.client.start(job, &query, reservation.bytes);
    match services.ask(starting).await {
        Ok(()) => {}
        // It is not known whether it runs: what is reserved stays so.
        Err(PassError::BigQuery(error)) if error.is_transient() => return Err(error.into()),
        Err(error @ PassError::CircuitOpen(_)) => return Err(error),
        // Another scraper may have started the same all the same.
        Err(error) => {
            settle(services, reservation).await?;
            return Err(error);
        }
    }
    loop {
        services.check()?;
        if let Some(outcome) = settle(services, reservation).await? {
            return outcome;
        }
        // Waits at BigQuery until there are rows, or says that there are none yet.
        match services.ask(services.client.rows(job, None)).await {
            Ok(_)
            | Err(PassError::BigQuery(
                BigQueryError::Refused { .. } | BigQueryError::NotFound(_),
            )) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Looks a job up and writes down what it came to; `None` while it runs.
pub(super) async fn settle(
    services: &PassServices,
    reservation: &Reservation,
) -> Result<Option<Result<Paid, PassError>>, PassError> {
    let job = &reservation.reference;
    let now = services.clock.now();
    let ledger = &services.ledger;
    match services.ask(services.client.look_up(job)).await? {
        Some(JobState::Running) => Ok(None),
        Some(JobState::Done { billed }) => {
            ledger.settle(reservation, billed, now).await?;
            let job = job.clone();
            Ok(Some(Ok(Paid { job, billed })))
        }
        Some(JobState::Failed {
            billed,
            reason,
            message,
        }) => {
            if billed == 0 {
                ledger.release(reservation, &message, now).await?;
            } else {
                ledger.settle(reservation, billed, now).await?;
            }
            Ok(Some(Err(PassError::Failed { reason, message })))
        }
        None => {
            let reason = "the job never was";
            ledger.release(reservation, reason, now).await?;
            Ok(Some(Err(PassError::Failed {
                reason: "notFound".to_owned(),
                message: format!("BigQuery knows of no job {job}"),
            })))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_is_never_less_than_what_can_be_charged() {
        assert_eq!(most_bytes(0), LEAST);
        assert_eq!(most_bytes(LEAST), 11 * MEBIBYTE);
        assert_eq!(most_bytes(100 * MEBIBYTE), 101 * MEBIBYTE);
        assert!(most_bytes(u64::MAX / 2) >= u64::MAX / 2);
    }
}
