//! The first places of a board, and what changed of them.

use std::fmt::Write;

use axum::body::Bytes;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::frame;
use crate::problem::Problem;
use crate::resources::leaderboard::Leaderboard;
use crate::resources::stream::PlacesChanged;

/// The first places of a board at a moment, ready to be told.
#[derive(Debug)]
pub(super) struct BoardState {
    /// A digest of what is shown: equal boards have equal ids, in whichever
    /// process and generation.
    pub(super) id: String,
    places: Vec<Place>,
    /// The event that tells all of it.
    pub(super) whole: Bytes,
    /// The id of what was before, and the event that tells the difference.
    pub(super) since: Option<(String, Bytes)>,
}

#[derive(Debug)]
struct Place {
    account: String,
    entry: Box<RawValue>,
}

impl BoardState {
    /// What a board shows, and how that differs from what it showed before.
    pub(super) fn of(board: &Leaderboard, before: Option<&Self>) -> Result<Self, Problem> {
        let places = places_of(board)?;
        let id = digest_of(&places);
        let whole = Bytes::from(frame::event(&id, "board", board)?);
        let mut state = Self {
            id,
            places,
            whole,
            since: None,
        };
        if let Some(before) = before {
            let difference = state.difference(before, board)?;
            state.since = Some((before.id.clone(), difference));
        }
        Ok(state)
    }

    fn difference(&self, before: &Self, board: &Leaderboard) -> Result<Bytes, Problem> {
        let is_new = |place: &&Place| !before.places.iter().any(|then| then.says_the_same(place));
        let changed = PlacesChanged {
            changed: self
                .places
                .iter()
                .filter(is_new)
                .map(|place| &*place.entry)
                .collect(),
            order: self
                .places
                .iter()
                .map(|place| place.account.as_str())
                .collect(),
            members: board.meta.members,
            version: board.meta.version,
        };
        Ok(Bytes::from(frame::event(&self.id, "places", &changed)?))
    }
}

impl Place {
    fn says_the_same(&self, other: &Self) -> bool {
        self.account == other.account && self.entry.get() == other.entry.get()
    }
}

/// The id of what a board shows.
pub(crate) fn board_id(board: &Leaderboard) -> Result<String, Problem> {
    Ok(digest_of(&places_of(board)?))
}

fn places_of(board: &Leaderboard) -> Result<Vec<Place>, Problem> {
    let entries = board.leaderboard.iter();
    let places = entries.map(|entry| {
        Ok(Place {
            account: entry.account.to_string(),
            entry: serde_json::value::to_raw_value(entry)?,
        })
    });
    let places: Result<_, serde_json::Error> = places.collect();
    places.map_err(|error| Problem::internal(&error))
}

fn digest_of(places: &[Place]) -> String {
    let mut digest = Sha256::new();
    for place in places {
        digest.update(place.entry.get());
        digest.update(b"\n");
    }
    let digest = digest.finalize();
    digest.iter().take(8).fold(String::new(), |mut id, byte| {
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}
