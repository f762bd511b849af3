//! Whole boards as files: of contributors, row by row as they are read, and of
//! companies.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use domain::{CompanyStanding, Standing};
use serde::Serialize;

use super::companies::{CompanyRows, Unaffiliated};
use super::rows::{RankedRow, Ranking, dress, with_counts};
use super::{BoardMeta, BoardRequest, CompanyEntry, CompanyResource, Entry, load_meta};
use crate::api::Api;
use crate::computed::{Board, company_members, computed_board, is_computed};
use crate::files::{FileForm, Rows, place_of_file, send};
use crate::problem::Problem;
use crate::queries::board::{self, GlobalBoard};
use crate::queries::snapshot::Snapshot;
use crate::standings::{WantedBoard, ranks_on};
use crate::target::{Target, find_target};

/// Rows that are read and written at once.
const AT_ONCE: usize = 500;

/// What files say of themselves where their form has room for it.
const META: &str = "leaderboard.meta";

/// A board that is ready to be sent.
pub(crate) struct BoardFile {
    pub(crate) meta: BoardMeta,
    /// The same as JSON, of plain letters only.
    pub(crate) described: String,
    pub(crate) body: Body,
}

/// What a board is, with what stands apart from one of companies.
#[derive(Serialize)]
struct Described<'a> {
    #[serde(flatten)]
    meta: &'a BoardMeta,
    #[serde(skip_serializing_if = "Option::is_none")]
    unaffiliated: Option<&'a Unaffiliated>,
}

/// Opens a board as a file. What can be refused is refused before its first
/// byte.
pub(crate) async fn open_board(
    api: &Arc<Api>,
    mut snapshot: Snapshot,
    request: BoardRequest,
    form: FileForm,
) -> Result<BoardFile, Problem> {
    let place = place_of_file(api)?;
    let target = find_target(&mut snapshot, &request.scope).await?;
    let company = match &request.company {
        Some(company) => Some(CompanyResource::find(api, &mut snapshot, company).await?),
        None => None,
    };
    let order = Order::of(api, &mut snapshot, &target, &request).await?;
    let members = order.members(&mut snapshot, &request).await?;
    let meta = load_meta(api, &mut snapshot, &target, &request, members).await?;
    let meta = BoardMeta { company, ..meta };
    let described = described(&meta, None)?;
    let rows = Contributors {
        api: Arc::clone(api),
        snapshot,
        target,
        request,
        order,
    };
    Ok(BoardFile {
        body: send(api, place, rows, form, &[(META, described.clone())])?,
        meta,
        described,
    })
}

/// As [`open_board`], of companies.
pub(crate) async fn open_companies(
    api: &Arc<Api>,
    mut snapshot: Snapshot,
    request: BoardRequest<CompanyStanding>,
    form: FileForm,
) -> Result<BoardFile, Problem> {
    let place = place_of_file(api)?;
    let target = find_target(&mut snapshot, &request.scope).await?;
    let rows = CompanyRows::load(api, &mut snapshot, &target, &request).await?;
    let meta = load_meta(api, &mut snapshot, &target, &request, rows.members()).await?;
    let described = described(&meta, Some(&rows.unaffiliated(request.metric)))?;
    // All of it is in memory, so it needs no moment of the database any more.
    drop(snapshot);
    let rows = Companies { rows, written: 0 };
    Ok(BoardFile {
        body: send(api, place, rows, form, &[(META, described.clone())])?,
        meta,
        described,
    })
}

/// What a board is as JSON that a header can hold: of ASCII, the rest escaped.
fn described(meta: &BoardMeta, unaffiliated: Option<&Unaffiliated>) -> Result<String, Problem> {
    let described = Described { meta, unaffiliated };
    let text = serde_json::to_string(&described).map_err(|error| Problem::internal(&error))?;
    Ok(in_ascii(&text))
}

fn in_ascii(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    for letter in json.chars() {
        if letter.is_ascii() && !letter.is_ascii_control() {
            plain.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a String cannot fail.
            let _ = write!(plain, "\\u{unit:04x}");
        }
    }
    plain
}

/// Where the order of a board is.
enum Order {
    /// In the database, which goes on after a place.
    Stored {
        after: Option<Standing>,
        ranking: Ranking,
    },
    /// In memory, with the board of the period before.
    Held {
        board: Arc<Board>,
        before: Option<Arc<Board>>,
        written: usize,
    },
}

impl Order {
    async fn of(
        api: &Api,
        snapshot: &mut Snapshot,
        target: &Target,
        request: &BoardRequest,
    ) -> Result<Self, Problem> {
        if request.company.is_none() && !is_computed(target, request.period) {
            return Ok(Self::Stored {
                after: None,
                ranking: Ranking::default(),
            });
        }
        let before = match request.period.previous() {
            Some(period) => Some(held(api, snapshot, target, request, period).await?),
            None => None,
        };
        Ok(Self::Held {
            board: held(api, snapshot, target, request, request.period).await?,
            before,
            written: 0,
        })
    }

    /// How many the whole board has.
    async fn members(
        &self,
        snapshot: &mut Snapshot,
        request: &BoardRequest,
    ) -> Result<i64, Problem> {
        let (period, metric, class) = (request.period, request.metric, request.class);
        match self {
            Self::Stored { .. } => {
                let connection = snapshot.connection();
                let members = board::members(connection, metric, class, &[period]).await?;
                Ok(members.into_values().next().unwrap_or(0))
            }
            Self::Held { board, .. } => Ok(i64::try_from(board.ranked.len()).unwrap_or(i64::MAX)),
        }
    }
}

/// A board that is in memory.
async fn held(
    api: &Api,
    snapshot: &mut Snapshot,
    target: &Target,
    request: &BoardRequest,
    period: domain::Period,
) -> Result<Arc<Board>, Problem> {
    let (metric, class) = (request.metric, request.class);
    match &request.company {
        Some(company) => {
            let board = company_members(api, snapshot, target, period, metric, class, company);
            Ok(Arc::new(board.await?))
        }
        None => computed_board(api, snapshot, target, period, metric, class).await,
    }
}

/// The contributors on a board, one part after the other.
struct Contributors {
    api: Arc<Api>,
    snapshot: Snapshot,
    target: Target,
    request: BoardRequest,
    order: Order,
}

impl Contributors {
    /// The next rows, each with the rank in the period before.
    async fn read(&mut self) -> Result<Vec<(RankedRow, Option<u64>)>, Problem> {
        let snapshot = &mut self.snapshot;
        match &mut self.order {
            Order::Stored { after, ranking } => {
                let rows = read_stored(snapshot, &self.request, after, ranking).await?;
                let Some(period) = self.request.period.previous() else {
                    return Ok(rows.into_iter().map(|row| (row, None)).collect());
                };
                let wanted = WantedBoard {
                    target: &self.target,
                    period,
                    metric: self.request.metric,
                    class: self.request.class,
                    company: None,
                };
                let contributors = rows.iter().map(|row| row.contributor().clone());
                let contributors: Vec<_> = contributors.collect();
                let before = ranks_on(&self.api, snapshot, wanted, &contributors).await?;
                let with_rank = |row: RankedRow| {
                    let before = before.get(row.contributor()).copied();
                    (row, before)
                };
                Ok(rows.into_iter().map(with_rank).collect())
            }
            Order::Held {
                board,
                before,
                written,
            } => {
                let rest = &board.ranked[*written..];
                let next = &rest[..rest.len().min(AT_ONCE)];
                *written += next.len();
                let rows = dress(snapshot, board, next).await?;
                let with_rank = |row: RankedRow| {
                    let before = before.as_ref();
                    let before = before.and_then(|before| before.rank(row.contributor()));
                    (row, before)
                };
                Ok(rows.into_iter().map(with_rank).collect())
            }
        }
    }
}

/// The rows that follow a place of a board over all repositories.
async fn read_stored(
    snapshot: &mut Snapshot,
    request: &BoardRequest,
    after: &mut Option<Standing>,
    ranking: &mut Ranking,
) -> Result<Vec<RankedRow>, Problem> {
    let wanted = GlobalBoard {
        period: request.period,
        metric: request.metric,
        class: request.class,
    };
    let limit = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let placed = board::rows_after(snapshot.connection(), wanted, after.as_ref(), limit).await?;
    let Some(last) = placed.last() else {
        return Ok(Vec::new());
    };
    *after = Some(last.standing.clone());
    let values: Vec<i64> = placed.iter().map(|placed| placed.standing.value).collect();
    with_counts(snapshot, request.period, placed, ranking.ranks(&values)).await
}

impl Rows for Contributors {
    type Row = Entry;

    async fn next(&mut self) -> Result<Vec<Entry>, Problem> {
        let rows = self.read().await?.into_iter();
        let period = self.request.period;
        let entry = |(row, before): (RankedRow, _)| row.into_entry(&self.target, period, before);
        Ok(rows.map(entry).collect())
    }
}

/// The companies on a board, likewise.
struct Companies {
    rows: CompanyRows,
    written: usize,
}

impl Rows for Companies {
    type Row = CompanyEntry;

    async fn next(&mut self) -> Result<Vec<CompanyEntry>, Problem> {
        let entries = self.rows.entries(self.written, AT_ONCE);
        self.written += entries.len();
        Ok(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_header_holds_is_plain_and_reads_back() {
        let told = serde_json::json!({ "name": "Öcto \u{1f600} \u{7f}\n", "a": 1 });
        let plain = in_ascii(&told.to_string());
        assert!(
            plain.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
            "{plain}"
        );
        let read: serde_json::Value = serde_json::from_str(&plain).unwrap();
        assert_eq!(read, told);
    }
}
