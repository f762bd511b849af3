//! Which boards and contributors are looked at.

use std::collections::{BTreeMap, BTreeSet};

use domain::snapshot::Digest;
use domain::{AccountReference, Period, PeriodKind};
use sqlx::PgConnection;

/// How much is looked at, and what decides which.
pub(super) struct Sample {
    pub(super) seed: String,
    pub(super) boards: u32,
    pub(super) contributors: u32,
}

/// A stored board: over all repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Board {
    pub(super) number: i32,
    pub(super) period: Period,
}

impl Sample {
    /// A number that hangs on the seed and on what it is for.
    fn draw(&self, what: &str) -> u64 {
        let digest = Digest::of(format!("{} {what}", self.seed).as_bytes());
        digest.0[..8]
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// A place in a list of this length, which is not empty.
    pub(super) fn place(&self, what: &str, length: usize) -> usize {
        let place = self.draw(what) % (length.max(1) as u64);
        usize::try_from(place).unwrap_or(0)
    }

    /// Where in the order of references contributors are taken from: among the
    /// numbers, as text, or among those known by name.
    fn pivot(&self, what: &str) -> String {
        let drawn = self.draw(what);
        match drawn % 8 {
            0 => {
                let letter = u8::try_from(drawn / 8 % 26).unwrap_or(0);
                format!("@{}", char::from(b'a' + letter))
            }
            _ => (drawn / 8).to_string(),
        }
    }

    /// Some of all boards: as many of each sort of period as there are, in
    /// turn. There are thousands of days for each year, and all time is one.
    fn choose(&self, boards: Vec<Board>) -> Vec<Board> {
        let mut by_kind: BTreeMap<usize, Vec<Board>> = BTreeMap::new();
        for board in boards {
            let kind = board.period.kind();
            let order = PeriodKind::CALENDAR.iter().position(|known| *known == kind);
            by_kind.entry(order.unwrap_or(0)).or_default().push(board);
        }
        for boards in by_kind.values_mut() {
            boards.sort_by_cached_key(|board| self.draw(&board.period.to_string()));
        }
        let mut chosen = Vec::new();
        for turn in 0.. {
            let before = chosen.len();
            chosen.extend(by_kind.values().filter_map(|boards| boards.get(turn)));
            if chosen.len() == before || chosen.len() >= self.boards as usize {
                break;
            }
        }
        chosen.truncate(self.boards as usize);
        chosen
    }
}

/// Some of the boards over all repositories.
pub(super) async fn some_boards(
    connection: &mut PgConnection,
    sample: &Sample,
) -> Result<Vec<Board>, sqlx::Error> {
    let rows = sqlx::query!("SELECT board, period FROM boards WHERE scope = 'global'");
    let rows = rows.fetch_all(connection).await?;
    let boards = rows.into_iter().map(|row| {
        let period = row.period.parse::<Period>();
        let period = period.map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Board {
            number: row.board,
            period,
        })
    });
    Ok(sample.choose(boards.collect::<Result<_, sqlx::Error>>()?))
}

/// Some contributors of a board, and who leads it; and one who is counted
/// somewhere, whether on the board or not.
pub(super) async fn contributors_of(
    connection: &mut PgConnection,
    sample: &Sample,
    board: Board,
) -> Result<BTreeSet<AccountReference>, sqlx::Error> {
    let pivot = sample.pivot(&format!("contributors of {}", board.period));
    let found = sqlx::query_scalar!(
        r#"(SELECT contributor AS "contributor!" FROM board_rows
            WHERE board = $1 AND contributor >= $2 ORDER BY contributor LIMIT $3)
           UNION
           (SELECT contributor FROM board_rows
            WHERE board = $1 AND contributor < $2 ORDER BY contributor LIMIT $3)
           UNION
           (SELECT contributor FROM board_rows
            WHERE board = $1 AND class = 'human' AND score <> 0
            ORDER BY score DESC, pull_request_merged DESC, pull_request_reviewed DESC, contributor
            LIMIT 1)
           UNION
           (SELECT contributor FROM daily_counts
            WHERE contributor >= $2 ORDER BY contributor LIMIT 1)"#,
        board.number,
        pivot,
        i64::from(sample.contributors.div_ceil(2)),
    );
    let found = found.fetch_all(connection).await?;
    Ok(found
        .into_iter()
        .map(AccountReference::from_stored)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(seed: &str, boards: u32) -> Sample {
        Sample {
            seed: seed.to_owned(),
            boards,
            contributors: 1,
        }
    }

    fn all() -> Vec<Board> {
        let first: chrono::NaiveDate = "2024-01-01".parse().unwrap();
        let periods = first.iter_days().take(100).flat_map(Period::containing);
        let periods: BTreeSet<Period> = periods.collect();
        let board = |(number, period)| Board { number, period };
        (0..).zip(periods).map(board).collect()
    }

    #[test]
    fn every_sort_of_board_is_looked_at_and_others_the_next_time() {
        let chosen = sample("one", 12).choose(all());
        assert_eq!(chosen.len(), 12);
        for kind in PeriodKind::CALENDAR {
            assert!(chosen.iter().any(|board| board.period.kind() == kind));
        }
        assert_eq!(sample("one", 12).choose(all()), chosen);
        assert_ne!(sample("another", 12).choose(all()), chosen);
        assert_eq!(sample("one", 10_000).choose(all()).len(), all().len());
    }

    #[test]
    fn contributors_are_taken_from_anywhere_in_their_order() {
        let pivots: Vec<String> = (0..200)
            .map(|number| sample(&number.to_string(), 1).pivot("x"))
            .collect();
        for first in ['1', '5', '9', '@'] {
            assert!(
                pivots.iter().any(|pivot| pivot.starts_with(first)),
                "{first}"
            );
        }
    }
}
