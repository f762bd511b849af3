//! P11: a new scoring policy, against changing the scores of the same rows by
//! hand.

use std::time::Instant;

use domain::Policy;
use event_log::Delivered;
use events::{Envelope, Event, PolicyPublished};
use leaderboard::parts::Binaries;
use postgres::GenerationPool;
use projector::{Decisions, apply_batch};
use runtime::{Clock as _, SystemClock};
use serde_json::json;

use crate::Options;
use crate::end_to_end::{ingest_all, start_servers};
use crate::input::Input;
use crate::project::{connect, fresh_database, project};
use crate::report::{Measure, Row, as_seconds, median};

/// Every score as another expression of the counts beside it.
const BY_HAND: &str = "UPDATE board_rows
    SET score = coalesce(commit, 0) * $1 + coalesce(push, 0) * $1
              + coalesce(pull_request_opened, 0) * 15000 + pull_request_merged * 25000
              + pull_request_reviewed * 20000 + coalesce(review_comment, 0) * 5000
              + coalesce(issue_opened, 0) * 8000 + coalesce(issue_closed, 0) * 5000
              + coalesce(comment, 0) * 3000 + coalesce(release_published, 0) * 30000";

pub(crate) async fn against_an_update(input: &Input, options: &Options) -> anyhow::Result<Row> {
    let binaries = Binaries::locate(&options.path, &options.tools)?;
    let (_directory, postgres, nats) = start_servers(&binaries).await?;
    let log = connect(&nats).await?;
    ingest_all(input, &log).await?;
    let pool = fresh_database(&postgres, 0).await?;
    project(&pool, &log).await?;
    let home = GenerationPool::active(&pool).await?;
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM board_rows")
        .fetch_one(&pool)
        .await?;
    let (mut ours, mut by_hand) = (Vec::new(), Vec::new());
    for run in 0..options.runs {
        for worth in [4 + run as i64, 5 + run as i64] {
            sqlx::raw_sql("VACUUM ANALYZE board_rows, rank_histogram")
                .execute(&pool)
                .await?;
            if worth % 2 == 0 {
                let message = published(worth, run)?;
                let started = Instant::now();
                let mut transaction = home.begin().await?;
                let mut decisions = Decisions::default();
                apply_batch(&mut decisions, &home, &mut transaction, &[message]).await?;
                transaction.commit().await?;
                ours.push(as_seconds(started.elapsed()));
            } else {
                let started = Instant::now();
                let mut transaction = home.begin().await?;
                let update = sqlx::query(BY_HAND).bind(worth * 1_000);
                update.execute(&mut *transaction).await?;
                transaction.commit().await?;
                by_hand.push(as_seconds(started.elapsed()));
            }
        }
    }
    Ok(Row {
        name: "P11",
        what: format!("a new policy on {rows} board rows / UPDATE of them by hand"),
        ours: median(ours),
        reference: median(by_hand),
        measure: Measure::Time,
        goal: 1.5,
    })
}

/// A policy in which commits are worth so many points, as it comes from the log.
fn published(worth: i64, run: usize) -> anyhow::Result<Delivered> {
    let sequence = run as u64 + 1;
    let version = u32::try_from(sequence + 1)?;
    let policy = Policy::default().entered(version, &json!({ "points": { "commit": worth } }))?;
    let now = SystemClock.now();
    let event = Event::PolicyPublished(PolicyPublished {
        group: None,
        policy,
        actor: "bench".to_owned(),
        reason: String::new(),
        decided_at: now,
    });
    Ok(Delivered {
        sequence,
        recorded_at: now,
        subject: String::new(),
        pending: 0,
        payload: Envelope::wrap("/bench", event)?.encode()?.into(),
        published_in: None,
    })
}
