//! The boards that somebody follows: each is looked at once for all who do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::NaiveDate;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::board::BoardState;
use super::seats::no_room;
use crate::api::Api;
use crate::handlers::leaderboards::read_board_request;
use crate::parameters::BoardParameters;
use crate::problem::{Problem, ProblemKind};
use crate::resources::leaderboard::{Leaderboard, load_leaderboard};
use crate::target::ScopeName;
use crate::version::DataVersion;

/// The least time between two looks at the boards: what changes meanwhile is
/// told at once.
const PACE: Duration = Duration::from_secs(1);

/// The most time, for boards of days that move at midnight.
const LOOK: Duration = Duration::from_secs(60);

/// Boards that are followed at the same time, at most.
const MOST_BOARDS: usize = 256;

/// What is known of a board: its state, or that it is not there any more.
pub(super) type Known = Result<Arc<BoardState>, Gone>;

/// There is no such board any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone;

/// A board that is wanted, by what was given: which days it is of may hang on
/// the day.
#[derive(Clone, Debug)]
pub(crate) struct WantedBoard {
    pub(crate) scope: ScopeName,
    pub(crate) given: BoardParameters,
}

/// A board that somebody follows.
pub(super) struct FollowedBoard {
    wanted: WantedBoard,
    known: watch::Sender<Option<Known>>,
    /// When it was looked at: the version of the data, and the day.
    seen: Mutex<Option<(DataVersion, NaiveDate)>>,
}

/// All of them, by what was asked for.
#[derive(Default)]
pub(super) struct FollowedBoards(Mutex<HashMap<String, Arc<FollowedBoard>>>);

impl FollowedBoard {
    fn new(wanted: WantedBoard) -> Self {
        Self {
            wanted,
            known: watch::Sender::new(None),
            seen: Mutex::new(None),
        }
    }

    fn is_wanted(self: &Arc<Self>) -> bool {
        // Somebody who is about to follow it holds it.
        self.known.receiver_count() > 0 || Arc::strong_count(self) > 1
    }

    /// Looks at the board, unless nothing can have changed.
    async fn look(&self, api: &Api) -> Result<(), Problem> {
        let day = api.now().date_naive();
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = api.known_version().map(|version| (version, day));
        if now.is_some() && now == seen {
            return Ok(());
        }
        let request =
            read_board_request::<Leaderboard>(api, self.wanted.scope.clone(), &self.wanted.given)?;
        let mut snapshot = api.snapshot().await?;
        let version = snapshot.version();
        let known = match load_leaderboard(api, &mut snapshot, &request).await {
            Ok(board) => {
                let before = self.known.borrow().clone().and_then(Result::ok);
                Ok(Arc::new(BoardState::of(&board, before.as_deref())?))
            }
            Err(problem) if problem.kind == ProblemKind::NotFound => {
                // Whoever asks now is told in full.
                if self.known.borrow().is_none() {
                    return Err(problem);
                }
                Err(Gone)
            }
            Err(problem) => return Err(problem),
        };
        self.known.send_if_modified(|old| {
            let is_news = match (&*old, &known) {
                (Some(Ok(old)), Ok(new)) => old.id != new.id,
                (Some(Err(Gone)), Err(Gone)) => false,
                _ => true,
            };
            if is_news {
                *old = Some(known);
            }
            is_news
        });
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, day));
        Ok(())
    }
}

impl FollowedBoards {
    /// Follows a board; the first who does looks at it.
    pub(super) async fn follow(
        &self,
        api: &Api,
        wanted: WantedBoard,
    ) -> Result<watch::Receiver<Option<Known>>, Problem> {
        let board = self.find(wanted)?;
        if board.known.borrow().is_none() {
            board.look(api).await?;
        }
        Ok(board.known.subscribe())
    }

    fn find(&self, wanted: WantedBoard) -> Result<Arc<FollowedBoard>, Problem> {
        let key = format!("{wanted:?}");
        let mut boards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(board) = boards.get(&key) {
            return Ok(Arc::clone(board));
        }
        boards.retain(|_, board| board.is_wanted());
        if boards.len() >= MOST_BOARDS {
            return Err(no_room(MOST_BOARDS, "different boards are followed"));
        }
        let board = Arc::new(FollowedBoard::new(wanted));
        boards.insert(key, Arc::clone(&board));
        Ok(board)
    }

    fn wanted(&self) -> Vec<Arc<FollowedBoard>> {
        let mut boards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        boards.retain(|_, board| board.is_wanted());
        boards.values().cloned().collect()
    }

    /// Looks at all of them when something changes, until shutdown.
    pub(super) async fn tell(&self, api: &Api, shutdown: &CancellationToken) {
        shutdown.run_until_cancelled(self.tell_on(api)).await;
    }

    async fn tell_on(&self, api: &Api) {
        let mut versions = api.versions();
        loop {
            if let Ok(Err(_)) = tokio::time::timeout(LOOK, versions.changed()).await {
                return;
            }
            for board in self.wanted() {
                if let Err(problem) = board.look(api).await {
                    tracing::warn!(%problem, board = ?board.wanted.scope, "board_not_followed");
                }
            }
            tokio::time::sleep(PACE).await;
        }
    }
}
