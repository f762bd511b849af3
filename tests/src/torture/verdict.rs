//! The verdict after a round: what must hold, whatever happened.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, ensure};
use domain::{ClassFilter, Metric, Period, Policy, Scope, Tally};
use event_log::{EventLog, LogStream};
use events::Envelope;
use sqlx::PgPool;
use uuid::Uuid;

use super::feed::Acknowledged;
use super::material::{Material, contributions_of};
use super::reader::{Seen, Sight};
use crate::{check_read_models, tally_of};

/// Boards of the past that are computed anew, of each metric.
const COMPARED: usize = 12;

/// Rows of a board that the reader asks for.
const SHOWN: usize = 100;

/// The stream of contributions as it is: each message with its sequence, and
/// the event in it unless it is poison.
pub struct Written {
    messages: Vec<(u64, Option<Envelope>)>,
}

impl Written {
    /// Reads the stream from its beginning to its end.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn read(log: &EventLog) -> anyhow::Result<Self> {
        let mut backlog = log.backlog(LogStream::Contributions, 0).await?;
        let mut messages = Vec::new();
        while let Some(batch) = backlog.next_batch(1_000).await? {
            for message in batch {
                let envelope = Envelope::decode(&message.payload).ok();
                messages.push((message.sequence, envelope));
            }
        }
        Ok(Self { messages })
    }

    /// The last sequence.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.messages.last().map_or(0, |(sequence, _)| *sequence)
    }

    /// Messages that are no events.
    #[must_use]
    pub fn poison(&self) -> usize {
        self.messages
            .iter()
            .filter(|(_, event)| event.is_none())
            .count()
    }

    fn events(&self, until: u64) -> Vec<Envelope> {
        let messages = self.messages.iter();
        let upto = messages.take_while(|(sequence, _)| *sequence <= until);
        upto.filter_map(|(_, event)| event.clone()).collect()
    }
}

/// Everything that was acknowledged is on the log, and nothing else is.
///
/// # Errors
/// What is missing, or came from nowhere.
pub fn check_log(
    written: &Written,
    material: &Material,
    acknowledged: &Acknowledged,
) -> anyhow::Result<()> {
    let found = contributions_of(&written.events(u64::MAX));
    let acknowledged = acknowledged.contributions();
    let lost: Vec<_> = acknowledged.difference(&found).take(5).collect();
    ensure!(
        lost.is_empty(),
        "acknowledged, but not on the log: {lost:?}"
    );
    let known = contributions_of(&material.all_events);
    let unknown: Vec<_> = found.difference(&known).take(5).collect();
    ensure!(
        unknown.is_empty(),
        "on the log, but fed by nobody: {unknown:?}"
    );
    let untold: Vec<_> = known.difference(&acknowledged).take(5).collect();
    ensure!(
        untold.is_empty(),
        "the round ended before these were acknowledged: {untold:?}"
    );
    Ok(())
}

/// Everything that is checked of a database.
///
/// # Errors
/// The first difference.
pub async fn check_database(
    pool: &PgPool,
    material: &Material,
    acknowledged: &Acknowledged,
    written: &Written,
) -> anyhow::Result<()> {
    check_tables(pool, material, acknowledged).await?;
    check_dead_letters_and_coverage(pool, material, written).await
}

/// Every read model says what the naive model says of what was fed, and every
/// acknowledged contribution is in the tables once.
///
/// # Errors
/// The first difference.
async fn check_tables(
    pool: &PgPool,
    material: &Material,
    acknowledged: &Acknowledged,
) -> anyhow::Result<()> {
    let tally = tally_of(&material.all_events);
    check_read_models(pool, &tally).await?;
    for table in ["contribution_identities", "contribution_events"] {
        // The table's name is one of two written here.
        let statement = format!("SELECT id FROM {table}");
        let ids: Vec<Uuid> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_all(pool)
            .await?;
        let distinct: BTreeSet<Uuid> = ids.iter().copied().collect();
        ensure!(
            ids.len() == distinct.len(),
            "{table} holds a contribution twice"
        );
        // Under canonical references an id may differ from the one published.
        let canonical = canonical_ids(&tally, &acknowledged.contributions());
        let lost: Vec<_> = canonical.difference(&distinct).take(5).collect();
        ensure!(
            lost.is_empty(),
            "acknowledged, but not in {table}: {lost:?}"
        );
    }
    Ok(())
}

/// Those that the naive model knows under the id they were published with.
fn canonical_ids(tally: &Tally, published: &BTreeSet<Uuid>) -> BTreeSet<Uuid> {
    let known: BTreeSet<Uuid> = tally.contributions().into_keys().collect();
    known.intersection(published).copied().collect()
}

/// Every damaged line and every poisonous message is a dead letter, once, and
/// every file's coverage says what was in it.
///
/// # Errors
/// The first difference.
async fn check_dead_letters_and_coverage(
    pool: &PgPool,
    material: &Material,
    written: &Written,
) -> anyhow::Result<()> {
    let counts: Vec<(String, i64)> =
        sqlx::query_as("SELECT service, count(*) FROM dead_letters GROUP BY service")
            .fetch_all(pool)
            .await?;
    let counts: BTreeMap<String, i64> = counts.into_iter().collect();
    let found = |service: &str| counts.get(service).copied().unwrap_or(0);
    let (damaged, poison) = (material.files.len(), written.poison());
    ensure!(
        found("scraper") == i64::try_from(damaged)?,
        "{damaged} damaged lines, {} dead letters of the scraper",
        found("scraper")
    );
    ensure!(
        found("projector") == i64::try_from(poison)?,
        "{poison} messages are no events, {} dead letters of the projector",
        found("projector")
    );
    let units: Vec<(String, i64, i64)> =
        sqlx::query_as("SELECT unit, events, damaged FROM coverage_units ORDER BY unit")
            .fetch_all(pool)
            .await?;
    let mut expected = Vec::new();
    for file in &material.files {
        let name = file.path.file_name().unwrap_or_default();
        expected.push((
            name.to_string_lossy().into_owned(),
            i64::try_from(file.lines)?,
            1,
        ));
    }
    expected.sort();
    ensure!(
        units == expected,
        "coverage differs: {units:?}, expected {expected:?}"
    );
    Ok(())
}

/// What a reader saw was never wrong: each board it was shown is the board of
/// the log up to the sequence the answer named.
///
/// # Errors
/// The first wrong answer.
pub fn check_sight(sight: &Sight, written: &Written) -> anyhow::Result<()> {
    if let Some(wrong) = &sight.wrong {
        anyhow::bail!("a reader saw: {wrong}");
    }
    for (metric, board) in &sight.boards {
        let every = board.versions.len().div_ceil(COMPARED).max(1);
        for (version, seen) in board.versions.iter().step_by(every) {
            let tally = tally_of(&written.events(*version));
            let metric: Metric = metric.parse()?;
            let expected = board_of(&tally, metric);
            ensure!(
                expected == *seen,
                "board {metric} at version {version} was {seen:?}, the log says {expected:?}"
            );
        }
    }
    Ok(())
}

fn board_of(tally: &Tally, metric: Metric) -> Seen {
    let rows = tally.board(
        &tally.daily_counts(),
        &Policy::default(),
        &Scope::Global,
        Period::All,
        metric,
        ClassFilter::Everyone,
    );
    Seen {
        members: i64::try_from(rows.len()).unwrap_or(i64::MAX),
        rows: rows
            .into_iter()
            .take(SHOWN)
            .map(|(rank, standing)| super::reader::Row {
                rank,
                account: standing.contributor.to_string(),
                value: standing.value,
                merged: standing.merged,
                reviews: standing.reviews,
            })
            .collect(),
    }
}

/// Waits until the API answers from the end of the log.
///
/// # Errors
/// When it does not within the patience.
pub async fn wait_until_answered(api: &str, last: u64, patience: Duration) -> anyhow::Result<()> {
    let caught_up = async {
        let mut looks = tokio::time::interval(Duration::from_millis(50));
        loop {
            looks.tick().await;
            if matches!(super::reader::answered_version(api).await, Ok(version) if version == last)
            {
                return;
            }
        }
    };
    tokio::time::timeout(patience, caught_up)
        .await
        .with_context(|| format!("the API does not answer from sequence {last}"))
}
