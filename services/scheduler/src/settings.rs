//! What a deployment changes of the usual schedule, in a file.

use std::collections::BTreeMap;

use domain::jobs::Overlap;
use domain::schedule::{CatchUp, JobSchedule};
use serde::Deserialize;
use thiserror::Error;

use crate::Calendar;

/// Why a schedule cannot be.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("the schedule's file cannot be read")]
    Toml(#[from] toml::de::Error),
    /// What it says cannot be.
    #[error("this schedule cannot be: {}", .0.join("; "))]
    Faults(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    time_zone: Option<String>,
    jitter: Option<u32>,
    #[serde(default)]
    jobs: BTreeMap<String, Changes>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    cron: Option<String>,
    time_zone: Option<String>,
    jitter: Option<u32>,
    catch_up: Option<CatchUp>,
    overlap: Option<Overlap>,
    attempts: Option<u32>,
    time_limit: Option<u32>,
    enabled: Option<bool>,
    arguments: Option<BTreeMap<String, String>>,
}

/// A schedule with what a file changes of it.
///
/// # Errors
/// [`SettingsError`], with every fault.
pub fn with_settings(
    usual: Vec<JobSchedule>,
    text: &str,
) -> Result<Vec<JobSchedule>, SettingsError> {
    let Settings {
        time_zone,
        jitter,
        jobs: mut changes,
    } = toml::from_str(text)?;
    let mut faults = Vec::new();
    // Of a zone that every job would have, once is enough.
    let time_zone = time_zone.filter(|zone| match Calendar::parse("0 0 * * *", zone) {
        Ok(_) => true,
        Err(error) => {
            faults.push(format!("time_zone: {error}"));
            false
        }
    });
    let mut schedule = usual;
    for job in &mut schedule {
        job.time_zone = time_zone.clone().unwrap_or_else(|| job.time_zone.clone());
        job.jitter = jitter.unwrap_or(job.jitter);
        if let Some(changes) = changes.remove(&job.name) {
            change(job, changes);
        }
        faults.extend(faults_of(job));
    }
    let known: Vec<_> = schedule.iter().map(|job| job.name.as_str()).collect();
    let known = known.join(", ");
    faults.extend(
        changes
            .keys()
            .map(|name| format!("there is no job {name:?}; there are {known}")),
    );
    if faults.is_empty() {
        return Ok(schedule);
    }
    Err(SettingsError::Faults(faults))
}

fn change(job: &mut JobSchedule, changes: Changes) {
    fn set<T>(place: &mut T, value: Option<T>) {
        if let Some(value) = value {
            *place = value;
        }
    }
    set(&mut job.cron, changes.cron);
    set(&mut job.time_zone, changes.time_zone);
    set(&mut job.jitter, changes.jitter);
    set(&mut job.catch_up, changes.catch_up);
    set(&mut job.overlap, changes.overlap);
    set(&mut job.attempts, changes.attempts);
    set(&mut job.time_limit, changes.time_limit);
    set(&mut job.enabled, changes.enabled);
    set(&mut job.arguments, changes.arguments);
}

fn faults_of(job: &JobSchedule) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |text: String| faults.push(format!("{}: {text}", job.name));
    if let Err(error) = Calendar::parse(&job.cron, &job.time_zone) {
        fault(error.to_string());
    }
    if job.attempts == 0 {
        fault("attempts must be 1 or more".to_owned());
    }
    if job.time_limit == 0 {
        fault("time_limit must be 1 second or more".to_owned());
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::usual_schedule;

    #[test]
    fn a_file_changes_what_it_names() {
        let text = r#"
            time_zone = "Europe/Berlin"
            [jobs.refresh-stale]
            cron = "30 1 * * *"
            catch_up = "skip"
            [jobs.read-archive]
            enabled = true
            time_zone = "UTC"
        "#;
        let schedule = with_settings(usual_schedule(), text).unwrap();
        let job = |name: &str| schedule.iter().find(|job| job.name == name).unwrap();
        let stale = job("refresh-stale");
        assert_eq!(
            (stale.cron.as_str(), stale.catch_up),
            ("30 1 * * *", CatchUp::Skip)
        );
        assert_eq!(stale.time_zone, "Europe/Berlin");
        assert!(job("read-archive").enabled);
        assert_eq!(job("read-archive").time_zone, "UTC");
        assert_eq!(job("vacuum").time_zone, "Europe/Berlin");
    }

    #[test]
    fn every_fault_is_named() {
        let text = r#"
            [jobs.refresh-stale]
            cron = "at noon"
            attempts = 0
            [jobs.refresh-stales]
            enabled = true
        "#;
        let faults_of = |text: &str| match with_settings(usual_schedule(), text).unwrap_err() {
            SettingsError::Faults(faults) => faults,
            error @ SettingsError::Toml(_) => panic!("{error}"),
        };
        let faults = faults_of(text);
        assert_eq!(faults.len(), 3, "{faults:?}");
        let faults = faults_of(r#"time_zone = "Mars""#);
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(with_settings(usual_schedule(), "colour = 3").is_err());
    }
}
