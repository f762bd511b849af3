//! Places in what is told: the ids of events.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use uuid::Uuid;

/// A place in what is told: after the change or step of a number.
///
/// Numbers of contributions are those of their changes in one generation of the
/// read models; a token tells them from the same numbers in another. Numbers of
/// steps of jobs are sequences of the log, and need none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) number: i64,
    pub(crate) token: u32,
}

impl Position {
    /// The place of a change in a batch of this token.
    pub(crate) fn of_change(number: i64, token: Uuid) -> Self {
        // Enough of it that another of the same number is not taken for it.
        let token = u32::try_from(token.as_u128() >> 96).unwrap_or_default();
        Self { number, token }
    }

    /// The place of a sequence of the log.
    pub(crate) fn of_sequence(sequence: i64) -> Self {
        Self {
            number: sequence,
            token: 0,
        }
    }
}

impl Display for Position {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.token {
            0 => write!(formatter, "{}", self.number),
            token => write!(formatter, "{}-{token:08x}", self.number),
        }
    }
}

/// A text that is the id of no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use the id of an event of this stream, such as 18231-9f03a2b1")]
pub(crate) struct NoPosition;

impl FromStr for Position {
    type Err = NoPosition;

    fn from_str(text: &str) -> Result<Self, NoPosition> {
        let (number, token) = text.split_once('-').unwrap_or((text, "0"));
        // What bears a sign is none of ours.
        if text.contains('+') {
            return Err(NoPosition);
        }
        let number = number.parse().ok().filter(|number: &i64| *number >= 0);
        let token = u32::from_str_radix(token, 16).ok();
        let (number, token) = number.zip(token).ok_or(NoPosition)?;
        Ok(Self { number, token })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_reader_says_it_saw_last_is_one_place_or_none() {
        let seeds = fuzz::Seeds::these(["18231-9f03a2b1", "7", "0-00000000"]);
        bolero::check!()
            .with_type::<fuzz::Mutation>()
            .with_iterations(8_000)
            .for_each(|mutation| {
                let text = mutation.text(&seeds);
                if let Ok(position) = text.parse::<Position>() {
                    assert!(position.number >= 0);
                    assert_eq!(position.to_string().parse(), Ok(position));
                    assert!(!text.contains('+'), "{text}");
                }
            });
    }

    #[test]
    fn positions_are_read_as_they_are_written() {
        let token = Uuid::from_u128(0x9f03_a2b1_0000_0000_0000_0000_0000_0007);
        let of_change = Position::of_change(18_231, token);
        assert_eq!(of_change.to_string(), "18231-9f03a2b1");
        for position in [of_change, Position::of_sequence(7), Position::default()] {
            assert_eq!(position.to_string().parse(), Ok(position));
        }
        for wrong in [
            "",
            "-",
            "-1",
            "7-",
            "7-x",
            "+7",
            "7-+1",
            "seven",
            "99999999999999999999",
        ] {
            assert_eq!(wrong.parse::<Position>(), Err(NoPosition), "{wrong}");
        }
    }
}
