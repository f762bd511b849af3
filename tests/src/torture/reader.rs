//! A reader who polls the query API while everything goes wrong, and trusts
//! nothing: no board may go backwards, and one version says one thing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, ensure};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::material::GROWING;

/// How often each board is asked for.
const EVERY: Duration = Duration::from_millis(15);

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A row of a board as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Row {
    /// Its place.
    pub rank: u64,
    /// Whose it is.
    pub account: String,
    /// What the board is ordered by.
    pub value: i64,
    /// First tie-break.
    pub merged: i64,
    /// Second tie-break.
    pub reviews: i64,
}

#[derive(Deserialize)]
struct Meta {
    version: u64,
    members: i64,
}

#[derive(Deserialize)]
struct Answer {
    leaderboard: Vec<Row>,
    meta: Meta,
}

/// A board at one version of the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Members of the whole board.
    pub members: i64,
    /// The first hundred.
    pub rows: Vec<Row>,
}

/// What was seen of one board: what it said at each version.
#[derive(Clone, Debug, Default)]
pub struct Board {
    latest: u64,
    /// Every version that was seen.
    pub versions: BTreeMap<u64, Seen>,
}

/// Everything the reader saw.
#[derive(Debug, Default)]
pub struct Sight {
    /// The boards by metric.
    pub boards: BTreeMap<String, Board>,
    /// Answers that were read.
    pub answers: u64,
    /// The first thing that was wrong.
    pub wrong: Option<String>,
}

/// What is shared with the reading task.
pub type SharedSight = Arc<Mutex<Sight>>;

/// The metrics that are read: the score, and kinds that only grow.
#[must_use]
pub fn metrics() -> Vec<String> {
    let kinds = GROWING.iter().map(|kind| kind.as_str().to_owned());
    std::iter::once("score".to_owned()).chain(kinds).collect()
}

/// Polls the boards until told to stop.
pub async fn read_boards(api: String, sight: SharedSight, stop: CancellationToken) {
    let Ok(client) = reqwest::Client::builder().timeout(PATIENCE).build() else {
        return;
    };
    let mut looks = tokio::time::interval(EVERY);
    let metrics = metrics();
    for metric in metrics.iter().cycle() {
        if stop.run_until_cancelled(looks.tick()).await.is_none() {
            return;
        }
        // While it is away, or its database is, there is nothing to see.
        let Ok(answer) = ask(&client, &api, metric).await else {
            continue;
        };
        let mut sight = sight.lock().unwrap_or_else(PoisonError::into_inner);
        sight.answers += 1;
        if let Err(error) = sight.take(metric, answer)
            && sight.wrong.is_none()
        {
            sight.wrong = Some(format!("{error:#}"));
        }
    }
}

/// The version of the data that the API answers from; an error while it
/// does not answer.
///
/// # Errors
/// What the API or the way to it says.
pub async fn answered_version(api: &str) -> anyhow::Result<u64> {
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    Ok(ask(&client, api, "score").await?.meta.version)
}

async fn ask(client: &reqwest::Client, api: &str, metric: &str) -> anyhow::Result<Answer> {
    let url = format!("{api}/api/v1/leaderboards/global?kind={metric}&class=everyone&limit=100");
    let response = client.get(url).send().await?.error_for_status()?;
    Ok(response.json().await?)
}

impl Sight {
    fn take(&mut self, metric: &str, answer: Answer) -> anyhow::Result<()> {
        let version = answer.meta.version;
        let seen = Seen {
            members: answer.meta.members,
            rows: answer.leaderboard,
        };
        let board = self.boards.entry(metric.to_owned()).or_default();
        board
            .take(version, seen, metric != "score")
            .with_context(|| format!("board {metric} at version {version}"))
    }
}

impl Board {
    fn take(&mut self, version: u64, seen: Seen, only_grows: bool) -> anyhow::Result<()> {
        ensure!(
            version >= self.latest,
            "the board went back from version {} to {version}",
            self.latest
        );
        in_order(&seen)?;
        if let Some(before) = self.versions.get(&version) {
            ensure!(
                *before == seen,
                "two answers of one version differ: {before:?} and {seen:?}"
            );
            return Ok(());
        }
        if only_grows && let Some(before) = self.versions.get(&self.latest) {
            has_grown(before, &seen)?;
        }
        self.latest = version;
        self.versions.insert(version, seen);
        Ok(())
    }
}

fn in_order(seen: &Seen) -> anyhow::Result<()> {
    for pair in seen.rows.windows(2) {
        if let [better, worse] = pair {
            ensure!(
                better.value >= worse.value && better.rank <= worse.rank,
                "{better:?} stands before {worse:?}"
            );
        }
    }
    Ok(())
}

fn has_grown(before: &Seen, after: &Seen) -> anyhow::Result<()> {
    ensure!(
        before.members <= after.members,
        "members went from {} to {}",
        before.members,
        after.members
    );
    let now: HashMap<&str, i64> = after
        .rows
        .iter()
        .map(|row| (row.account.as_str(), row.value))
        .collect();
    // One who is not shown any more has at most the last value shown.
    let last = after.rows.last().map_or(0, |row| row.value);
    for row in &before.rows {
        let value = now.get(row.account.as_str()).copied().unwrap_or(last);
        ensure!(
            value >= row.value,
            "{} went from {} to {value}",
            row.account,
            row.value
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(values: &[(&str, i64)]) -> Seen {
        let rows = values
            .iter()
            .enumerate()
            .map(|(index, (account, value))| Row {
                rank: index as u64 + 1,
                account: (*account).to_owned(),
                value: *value,
                merged: 0,
                reviews: 0,
            });
        Seen {
            members: values.len() as i64,
            rows: rows.collect(),
        }
    }

    fn board() -> Board {
        let mut board = Board::default();
        board.take(5, seen(&[("1", 9), ("2", 4)]), true).unwrap();
        board
    }

    #[test]
    fn growth_is_taken() {
        let mut board = board();
        board.take(5, seen(&[("1", 9), ("2", 4)]), true).unwrap();
        board
            .take(6, seen(&[("2", 10), ("1", 9), ("3", 1)]), true)
            .unwrap();
    }

    #[test]
    fn going_back_is_objected_to() {
        let older = seen(&[("1", 9)]);
        board().take(4, older, true).unwrap_err();
        let less = seen(&[("1", 9), ("2", 3)]);
        board().take(6, less.clone(), true).unwrap_err();
        board().take(6, less, false).unwrap();
        let fewer = seen(&[("1", 12)]);
        board().take(6, fewer, true).unwrap_err();
        let out_of_order = seen(&[("1", 9), ("2", 10)]);
        board().take(6, out_of_order, true).unwrap_err();
    }

    #[test]
    fn one_version_says_one_thing() {
        board()
            .take(5, seen(&[("1", 9), ("2", 5)]), false)
            .unwrap_err();
    }
}
