//! `replay`: the read models made again from the log, and given to readers.

use anyhow::bail;
use projector::replay::{
    self, Author, Difference, GenerationStatus, Outcome, ParityReport, ProjectionStatus,
    Recalculation, StartSettings, Switched,
};
use runtime::{Clock, SystemClock};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::tell::tell;
use crate::cli::replay::{Deciding, Parity, Replay, Run, Start, Switch};
use crate::cli::{Json, Options};
use crate::services::open_pool;
use crate::tables::{separated, table};

pub(super) async fn replay(options: &Options, asked: &Replay) -> anyhow::Result<()> {
    let pool = open_pool(&options.database()?).await?;
    match asked {
        Replay::Start(asked) => {
            let number = replay::start(&pool, &settings(&asked.start)).await?;
            let said = format!(
                "generation {number} is being built; follow it with: leaderboard replay status"
            );
            tell_generation(&asked.printing, number, "building", said);
            Ok(())
        }
        Replay::Status(json) => status(&pool, json.json).await,
        Replay::Parity(parity) => compare(&pool, parity).await,
        Replay::Switch(switch) => give(&pool, switch).await,
        Replay::Rollback(rollback) => {
            let switched = replay::rollback(&pool, &author(&rollback.deciding)).await?;
            say_switched(&switched, true, rollback.printing.json);
            Ok(())
        }
        Replay::Abort(printing) => {
            let dropped = replay::abort(&pool).await?;
            let said = format!("generation {dropped} is given up and its tables are gone");
            tell_generation(printing, dropped, "gone", said);
            Ok(())
        }
        Replay::Drop(printing) => {
            let dropped = replay::drop_kept(&pool).await?;
            let said = format!("the tables of generation {dropped} are gone");
            tell_generation(printing, dropped, "gone", said);
            Ok(())
        }
        Replay::AsOf(wanted) => {
            let log = super::tracking::log(options).await?;
            let number = replay::recall(&pool, &log, wanted.instant, SystemClock.now()).await?;
            let said = format!(
                "generation {number} holds what was known at {}, once projectors have filled it; \
                 follow it with: leaderboard replay status",
                wanted.instant
            );
            tell_generation(&wanted.printing, number, "recalling", said);
            Ok(())
        }
        Replay::Forget(wanted) => {
            let number = replay::forget(&pool, wanted.instant).await?;
            let said = format!("the tables of generation {number} are gone");
            tell_generation(&wanted.printing, number, "gone", said);
            Ok(())
        }
        Replay::Run(run) => run_whole(&pool, run).await,
    }
}

/// Says what became of a generation.
fn tell_generation(printing: &Json, generation: i32, state: &str, said: String) {
    let outcome = json!({ "generation": generation, "state": state });
    tell(printing.json, &outcome, said);
}

fn settings(start: &Start) -> StartSettings {
    StartSettings {
        projection: start.projection.clone(),
        throttle: start.throttle,
        drop_kept: start.drop_kept,
    }
}

fn author(deciding: &Deciding) -> Author {
    Author {
        actor: deciding.actor.clone(),
        reason: deciding.reason.clone(),
    }
}

async fn status(pool: &PgPool, as_json: bool) -> anyhow::Result<()> {
    let now = replay::status(pool).await?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&now)?);
        return Ok(());
    }
    let rows = now.generations.iter().flat_map(|generation| {
        let rows = generation.projections.iter();
        rows.map(|projection| status_row(generation, projection))
    });
    let columns = [
        ("generation", true),
        ("state", false),
        ("projection", false),
        ("sequence", true),
        ("of", true),
        ("behind", true),
        ("per second", true),
        ("left", true),
        ("projector", false),
    ];
    println!("{}", table(&columns, rows));
    for generation in &now.generations {
        if generation.lacks_boards {
            println!(
                "the boards of generation {} are made when it has nearly caught up",
                generation.generation
            );
        }
        if let Some(parity) = &generation.parity {
            let at = parity.compared_at.format("%Y-%m-%d %H:%M");
            println!(
                "generation {} differed from generation {} in {} rows when they were compared on {at}",
                parity.other,
                parity.active,
                separated(parity.differences)
            );
        }
    }
    Ok(())
}

fn status_row(generation: &GenerationStatus, projection: &ProjectionStatus) -> Vec<String> {
    vec![
        generation.generation.to_string(),
        generation.state.to_owned(),
        projection.projection.clone(),
        separated(projection.sequence),
        separated(projection.end),
        separated(projection.behind),
        separated(projection.messages_per_second as i64),
        projection.eta_seconds.map(duration).unwrap_or_default(),
        if projection.is_running {
            "runs"
        } else {
            "none"
        }
        .to_owned(),
    ]
}

/// Seconds as a person reads them.
fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

async fn compare(pool: &PgPool, asked: &Parity) -> anyhow::Result<()> {
    let report = replay::compare(pool, asked.sample).await?;
    show_parity(&report, asked.json)?;
    if report.differences > 0 {
        bail!("{} rows differ", separated(report.differences));
    }
    Ok(())
}

fn show_parity(report: &ParityReport, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(report)?);
        return Ok(());
    }
    let places: Vec<String> = report
        .positions
        .iter()
        .map(|(projection, at)| format!("{projection} {}", separated(*at)))
        .collect();
    println!(
        "generation {} (active) and generation {} at {}",
        report.active,
        report.other,
        places.join(", ")
    );
    let rows = report.tables.iter().map(|compared| {
        vec![
            compared.table.clone(),
            separated(compared.rows_active),
            separated(compared.rows_other),
            separated(compared.only_active),
            separated(compared.only_other),
            separated(compared.changed),
        ]
    });
    let columns = [
        ("table", false),
        ("rows active", true),
        ("rows other", true),
        ("only active", true),
        ("only other", true),
        ("changed", true),
    ];
    println!("{}", table(&columns, rows));
    for compared in &report.tables {
        for difference in &compared.sample {
            println!("{} {}", compared.table, describe(difference));
        }
    }
    for cause in &report.causes {
        println!("{} {}", separated(cause.count), cause.cause);
        for example in &cause.sample {
            println!("  {example}");
        }
    }
    Ok(())
}

/// A row that differs, in one line: of rows that both have, what differs.
fn describe(difference: &Difference) -> String {
    let key = &difference.key;
    match (&difference.active, &difference.other) {
        (Some(Value::Object(active)), Some(Value::Object(other))) => {
            let changed = active.iter().filter_map(|(column, before)| {
                let after = other.get(column).unwrap_or(&Value::Null);
                (before != after).then(|| format!("{column}: {before} / {after}"))
            });
            format!("{key} {}", changed.collect::<Vec<_>>().join(", "))
        }
        (Some(active), _) => format!("{key} only active: {active}"),
        (None, Some(other)) => format!("{key} only other: {other}"),
        (None, None) => key.to_string(),
    }
}

async fn give(pool: &PgPool, asked: &Switch) -> anyhow::Result<()> {
    let author = author(&asked.deciding);
    let switched = replay::switch(pool, &author, asked.accept_differences).await?;
    say_switched(&switched, false, asked.printing.json);
    Ok(())
}

/// Tells what readers read now. Tables of one projection that were exchanged are
/// back in their own generation after a rollback, whose number then says nothing.
fn say_switched(switched: &Switched, is_back: bool, as_json: bool) {
    let outcome = json!({
        "projection": switched.projection,
        "from": switched.from,
        "to": switched.to,
    });
    let said = match &switched.projection {
        Some(projection) if is_back => format!(
            "readers read {projection} from the tables of before again; \
             `leaderboard replay rollback` takes that back, `leaderboard replay drop` makes it final"
        ),
        Some(projection) => format!(
            "readers read {projection} from the tables of generation {} now; \
             `leaderboard replay rollback` goes back, `leaderboard replay drop` makes it final",
            switched.to
        ),
        None => format!(
            "readers read generation {} now; generation {} is kept: \
             `leaderboard replay rollback` goes back, `leaderboard replay drop` makes it final",
            switched.to, switched.from
        ),
    };
    tell(as_json, &outcome, said);
}

async fn run_whole(pool: &PgPool, asked: &Run) -> anyhow::Result<()> {
    let recalculation = Recalculation {
        start: settings(&asked.start),
        sample: asked.sample,
        author: author(&asked.deciding),
        patience: replay::PATIENCE,
    };
    let mut said = None;
    let outcome = replay::recalculate(pool, &recalculation, |generation| {
        let line = progress(generation);
        if !asked.json && said.as_ref() != Some(&line) {
            println!("{line}");
            said = Some(line);
        }
    });
    match outcome.await? {
        Outcome::Switched(switched, report) => {
            show_parity(&report, asked.json)?;
            if !asked.json {
                say_switched(&switched, false, asked.json);
            }
            Ok(())
        }
        Outcome::Differs(report) => {
            show_parity(&report, asked.json)?;
            bail!(
                "{} rows differ, so readers read what they did; decide with \
                 `leaderboard replay switch --accept-differences` or `leaderboard replay abort`",
                separated(report.differences)
            )
        }
    }
}

fn progress(generation: &GenerationStatus) -> String {
    let behind = separated(generation.behind());
    let longest = generation
        .projections
        .iter()
        .filter_map(|projection| projection.eta_seconds)
        .reduce(f64::max);
    let left = longest.map_or_else(String::new, |left| format!(", {} left", duration(left)));
    format!(
        "generation {} is {behind} messages behind{left}",
        generation.generation
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_readable() {
        assert_eq!(duration(0.2), "1 s");
        assert_eq!(duration(125.0), "2 min 5 s");
        assert_eq!(duration(7_500.0), "2 h 5 min");
    }

    #[test]
    fn of_a_changed_row_only_what_changed_is_said() {
        let difference = Difference {
            key: serde_json::json!({"account": "1"}),
            active: Some(serde_json::json!({"account": "1", "score": 7, "star": 1})),
            other: Some(serde_json::json!({"account": "1", "score": 8, "star": 1})),
        };
        assert_eq!(describe(&difference), r#"{"account":"1"} score: 7 / 8"#);
    }
}
