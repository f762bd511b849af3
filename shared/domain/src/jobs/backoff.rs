//! How long to wait before something is tried again.

use chrono::TimeDelta;

use super::JobId;

/// The first wait.
const SHORTEST: TimeDelta = TimeDelta::seconds(30);

/// The longest wait.
const LONGEST: TimeDelta = TimeDelta::hours(1);

/// How long a job waits after it failed for the nth time: twice as long each
/// time, an hour at most, and of that somewhere in the upper half. Where
/// exactly hangs on the job, so that jobs that failed together do not come
/// back together, and everybody computes the same.
#[must_use]
pub fn wait_before_retry(job: JobId, failures: u32) -> TimeDelta {
    let doublings = failures.saturating_sub(1).min(12);
    let whole = (SHORTEST * (1 << doublings)).min(LONGEST);
    let (high, low) = job.as_u64_pair();
    let mixed = (high ^ low ^ u64::from(failures)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let half = whole / 2;
    let part = i64::try_from(mixed >> 54).unwrap_or_default();
    half + half * i32::try_from(part).unwrap_or_default() / 1_024
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_differ_by_job() {
        let job = |number: u128| Uuid::from_u128(number << 64 | number);
        for failures in 1..20 {
            let whole = (SHORTEST * (1 << (failures - 1).min(12))).min(LONGEST);
            for number in 0..50 {
                let wait = wait_before_retry(job(number), failures);
                assert!(wait >= whole / 2 && wait <= whole, "{wait} of {whole}");
                assert_eq!(wait, wait_before_retry(job(number), failures));
            }
        }
        let mut waits: Vec<_> = (0..50)
            .map(|number| wait_before_retry(Uuid::from_u128(number), 5))
            .collect();
        waits.dedup();
        assert!(waits.len() > 20, "they spread");
    }
}
