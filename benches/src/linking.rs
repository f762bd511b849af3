//! Two busy accounts that turn out to be one person, and two after all,
//! against projecting what they did anew.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use domain::AccountReference;
use event_log::Delivered;
use events::{AccountsLinked, AccountsUnlinked, Envelope, Event};
use flate2::Compression;
use flate2::write::GzEncoder;
use leaderboard::parts::Binaries;
use postgres::GenerationPool;
use projector::{Decisions, apply_batch};
use runtime::{Clock as _, SystemClock};
use serde_json::json;

use crate::Options;
use crate::end_to_end::{ingest_all, start_servers};
use crate::input::Input;
use crate::program::directory;
use crate::project::{connect, fresh_database, project};
use crate::report::{Measure, Row, as_seconds, median};

/// What each of the two did: so much a day, on so many days.
const A_DAY: u64 = 274;
const DAYS: i64 = 365;

/// The repositories that it was done in.
const REPOSITORIES: u64 = 200;

/// The two accounts.
const ONE: u64 = 1;
const OTHER: u64 = 2;

pub(crate) async fn against_projecting(options: &Options) -> anyhow::Result<Vec<Row>> {
    let directory = directory()?;
    let input = Input::choose(Some(&make_up(directory.path())?))?;
    let binaries = Binaries::locate(&options.path, &options.tools)?;
    let (_servers, postgres, nats) = start_servers(&binaries).await?;
    let log = connect(&nats).await?;
    let report = ingest_all(&input, &log).await?;
    println!("  {} contributions of two accounts", report.contributions());
    let pool = fresh_database(&postgres, 0).await?;
    let anew = project(&pool, &log).await?;
    let home = GenerationPool::active(&pool).await?;
    let before = scores(&home).await?;
    ensure!(before.len() == 2, "there are {} contributors", before.len());
    let (mut linking, mut unlinking) = (Vec::new(), Vec::new());
    for run in 0..options.runs {
        let sequence = 2 * run as u64;
        linking.push(decide(&home, sequence + 1, linked()).await?);
        ensure!(scores(&home).await?.len() == 1, "they are two still");
        unlinking.push(decide(&home, sequence + 2, unlinked()).await?);
        ensure!(scores(&home).await? == before, "unlinking is not exact");
    }
    let row = |what: &str, took| Row {
        name: "linking",
        what: format!("{what} of {} each / projecting them", A_DAY * DAYS as u64),
        ours: median(took),
        reference: anew,
        measure: Measure::Time,
        goal: 1.0,
    };
    Ok(vec![
        row("linking two accounts", linking),
        row("unlinking two accounts", unlinking),
    ])
}

/// What each contributor has on the board of everything.
async fn scores(home: &GenerationPool) -> anyhow::Result<Vec<(String, i64)>> {
    let mut transaction = home.begin().await?;
    let rows = sqlx::query_as(
        "SELECT contributor, sum(score)::bigint FROM board_rows
         WHERE score <> 0 GROUP BY contributor ORDER BY contributor",
    );
    Ok(rows.fetch_all(&mut *transaction).await?)
}

/// Applies a decision as the projector does, and says how long it took.
async fn decide(home: &GenerationPool, sequence: u64, event: Event) -> anyhow::Result<f64> {
    let message = Delivered {
        sequence,
        recorded_at: SystemClock.now(),
        subject: String::new(),
        pending: 0,
        payload: Envelope::wrap("/bench", event)?.encode()?.into(),
        published_in: None,
    };
    let started = Instant::now();
    let mut transaction = home.begin().await?;
    apply_batch(
        &mut Decisions::default(),
        home,
        &mut transaction,
        &[message],
    )
    .await?;
    transaction.commit().await?;
    Ok(as_seconds(started.elapsed()))
}

fn linked() -> Event {
    Event::AccountsLinked(AccountsLinked {
        account: AccountReference::from_id(OTHER),
        into: AccountReference::from_id(ONE),
        actor: "bench".to_owned(),
        reason: String::new(),
        decided_at: SystemClock.now(),
    })
}

fn unlinked() -> Event {
    Event::AccountsUnlinked(AccountsUnlinked {
        account: AccountReference::from_id(OTHER),
        actor: "bench".to_owned(),
        reason: String::new(),
        decided_at: SystemClock.now(),
    })
}

/// A file of comments for each day, and the pattern that finds them.
fn make_up(directory: &Path) -> anyhow::Result<String> {
    let begin: DateTime<Utc> = "2023-01-01T12:00:00Z".parse().context("an hour")?;
    for day in 0..DAYS {
        let hour = begin + TimeDelta::days(day);
        let path = directory.join(format!("{}.json.gz", hour.format("%Y-%m-%d-%-H")));
        write_day(path, hour, day as u64)?;
    }
    Ok(directory.join("*.json.gz").display().to_string())
}

fn write_day(path: PathBuf, hour: DateTime<Utc>, day: u64) -> anyhow::Result<()> {
    let mut output = GzEncoder::new(std::fs::File::create(path)?, Compression::fast());
    for number in 0..A_DAY {
        let created_at = hour + TimeDelta::seconds(number as i64);
        for account in [ONE, OTHER] {
            let id = (day * A_DAY + number) * 2 + account;
            let repository = id * 7 % REPOSITORIES + 1;
            let document = json!({
                "id": (1_000_000 + id).to_string(),
                "type": "IssueCommentEvent",
                "actor": { "id": account, "login": format!("account-{account}") },
                "repo": { "id": repository, "name": format!("made-up/repository-{repository}") },
                "payload": {
                    "action": "created",
                    "issue": { "id": repository, "number": 1, "user": { "id": 3, "login": "third" } },
                    "comment": {
                        "id": id,
                        "user": { "id": account, "login": format!("account-{account}") },
                        "created_at": created_at,
                    },
                },
                "public": true,
                "created_at": created_at,
            });
            writeln!(output, "{document}")?;
        }
    }
    output.finish()?.flush()?;
    Ok(())
}
