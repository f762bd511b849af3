//! `job`: asking for jobs, and seeing what becomes of them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use domain::jobs::{Cause, Failure};
use domain::schedule::JobSchedule;
use event_log::EventLog;
use jobs::{Finished, QueueLog};
use runtime::SystemClock;
use scheduler::{SchedulerError, Timekeeper, usual_schedule};
use serde_json::{Value, json};
use uuid::Uuid;

use super::ask::{list, paging, print, show_next};
use super::tell::tell;
use crate::api_client::get;
use crate::cli::Options;
use crate::cli::jobs::{Job, JobStatus, QueueDecision, RunJob};
use crate::exit::ExitWith;
use crate::tables::{cell, table};

pub(super) async fn job(options: &Options, job: &Job) -> anyhow::Result<()> {
    match job {
        Job::List(json) => list_jobs(options, json.json).await,
        Job::Run(run) => run_job(options, run).await,
        Job::Status(status) => show_status(options, status).await,
        Job::Circuits(json) => show_circuits(options, json.json).await,
        Job::Pause(decision) => {
            let mut queue = queue(options, decision).await?;
            queue.pause(&decision.actor, &decision.reason).await?;
            let outcome = json!({ "queue": decision.queue.as_str(), "paused": true });
            let said = format!("no job of {} is started any more", decision.queue);
            tell(decision.json, &outcome, said);
            Ok(())
        }
        Job::Resume(decision) => {
            let mut queue = queue(options, decision).await?;
            queue.resume(&decision.actor, &decision.reason).await?;
            let outcome = json!({ "queue": decision.queue.as_str(), "paused": false });
            let said = format!("jobs of {} are started again", decision.queue);
            tell(decision.json, &outcome, said);
            Ok(())
        }
    }
}

async fn log(options: &Options) -> anyhow::Result<EventLog> {
    let log = options.connect_log().await?;
    log.declare_streams().await?;
    Ok(log)
}

async fn queue(options: &Options, decision: &QueueDecision) -> anyhow::Result<QueueLog> {
    let log = log(options).await?;
    Ok(QueueLog::new(log, decision.queue, Arc::new(SystemClock)))
}

async fn list_jobs(options: &Options, as_json: bool) -> anyhow::Result<()> {
    let answer = get(&options.api_url()?, &["schedule"], &[]).await?;
    if as_json {
        return print(&answer);
    }
    let rows = list(&answer["schedule"]).map(|job| {
        let definition = &job["definition"];
        let is_on = definition["enabled"] == true;
        let next = if is_on {
            cell(&job["next_due_at"])
        } else {
            "off".to_owned()
        };
        vec![
            cell(&job["name"]),
            cell(&definition["queue"]),
            cell(&definition["cron"]),
            cell(&definition["time_zone"]),
            next,
            cell(&job["last_fired_at"]),
            cell(&job["last_state"]),
        ]
    });
    let columns = [
        ("job", false),
        ("queue", false),
        ("due", false),
        ("zone", false),
        ("next", false),
        ("last", false),
        ("became", false),
    ];
    println!("{}", table(&columns, rows));
    Ok(())
}

async fn show_circuits(options: &Options, as_json: bool) -> anyhow::Result<()> {
    let answer = get(&options.api_url()?, &["circuits"], &[]).await?;
    if as_json {
        return print(&answer);
    }
    let rows = list(&answer["circuits"]).map(|circuit| {
        let members = [
            "dependency",
            "state",
            "failures",
            "open_until",
            "changed_at",
            "worker",
        ];
        members.map(|member| cell(&circuit[member])).to_vec()
    });
    let columns = [
        ("asked", false),
        ("state", false),
        ("failures", true),
        ("open until", false),
        ("changed", false),
        ("worker", false),
    ];
    println!("{}", table(&columns, rows));
    Ok(())
}

async fn show_status(options: &Options, status: &JobStatus) -> anyhow::Result<()> {
    let api = options.api_url()?;
    if let Some(id) = status.id {
        return print(&get(&api, &["jobs", &id.to_string()], &[]).await?);
    }
    let mut parameters = paging(&status.page);
    parameters.extend(status.name.clone().map(|name| ("name", name)));
    parameters.extend(status.queue.map(|queue| ("queue", queue.to_string())));
    parameters.extend(status.state.clone().map(|state| ("state", state)));
    let answer = get(&api, &["jobs"], &parameters).await?;
    if status.page.json {
        return print(&answer);
    }
    for paused in list(&answer["meta"]["paused"]) {
        println!(
            "queue {} stands still since {}: {} ({})",
            cell(&paused["queue"]),
            cell(&paused["paused_at"]),
            cell(&paused["reason"]),
            cell(&paused["actor"]),
        );
    }
    let rows = list(&answer["jobs"]).map(|job| {
        vec![
            cell(&job["id"]),
            cell(&job["name"]),
            cell(&job["state"]),
            cell(&job["attempt"]),
            cell(&job["queued_at"]),
            cell(&job["ended_at"]),
            what_became(job),
        ]
    });
    let columns = [
        ("id", false),
        ("job", false),
        ("state", false),
        ("attempt", true),
        ("asked for", false),
        ("ended", false),
        ("", false),
    ];
    println!("{}", table(&columns, rows));
    show_next(&answer["meta"]);
    Ok(())
}

fn what_became(job: &Value) -> String {
    let failure = cell(&job["failure"]["message"]);
    let texts = [cell(&job["summary"]), failure, cell(&job["note"])];
    let found = texts.into_iter().find(|text| !text.is_empty());
    found.unwrap_or_default()
}

async fn run_job(options: &Options, asked: &RunJob) -> anyhow::Result<()> {
    let schedule = usual_schedule();
    let known = schedule.iter().find(|job| job.name == asked.name);
    let known = known.ok_or_else(|| SchedulerError::Unknown(asked.name.clone()))?;
    let log = log(options).await?;
    let mut keeper = Timekeeper::new(log, Arc::new(SystemClock));
    let cause = Cause::Hand {
        actor: asked.actor.clone(),
        reason: asked.reason.clone(),
    };
    let arguments = asked.arguments.iter().cloned().collect();
    let id = keeper.fire_by_hand(known, &arguments, cause).await?;
    if !asked.wait {
        if asked.json {
            println!("{}", json!({ "job": id }));
        } else {
            println!("{id} is asked for; see: leaderboard job status {id}");
        }
        return Ok(());
    }
    wait_for(&mut keeper, known, id, asked).await
}

async fn wait_for(
    keeper: &mut Timekeeper,
    known: &JobSchedule,
    id: Uuid,
    asked: &RunJob,
) -> anyhow::Result<()> {
    let queue = keeper.queue(known.queue).context("the queue is not read")?;
    let limit = asked.timeout.unwrap_or(Duration::MAX);
    let Ok(finished) = tokio::time::timeout(limit, queue.wait(id)).await else {
        let seconds = limit.as_secs();
        let message = format!("{id} had not ended after {seconds} s; it goes on");
        return Err(ExitWith::new(4, message).into());
    };
    match finished? {
        Finished::Completed(completed) => {
            if asked.json {
                println!("{}", json!({ "job": id, "completed": completed }));
                return Ok(());
            }
            println!("{}", completed.summary);
            completed.left_out.iter().for_each(show_left_out);
            Ok(())
        }
        Finished::Failed(failed) => {
            if asked.json {
                println!("{}", json!({ "job": id, "failed": failed }));
            }
            Err(ExitWith::new(1, failed.failure.message).into())
        }
        Finished::Skipped(skipped) => {
            if asked.json {
                println!("{}", json!({ "job": id, "skipped": skipped }));
            }
            let because_of = skipped.because_of;
            let message = format!("{id} was skipped: {because_of} is not done yet");
            Err(ExitWith::new(3, message).into())
        }
    }
}

fn show_left_out(failure: &Failure) {
    let place = failure.context.values().cloned().collect::<Vec<_>>();
    eprintln!("left out {}: {}", place.join(" "), failure.message);
}
