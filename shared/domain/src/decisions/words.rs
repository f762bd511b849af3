//! What people may say of themselves and of why they decide something.

use thiserror::Error;

/// The longest name of somebody who decides, in letters.
const LONGEST_ACTOR: usize = 200;

/// The longest reason, in letters.
const LONGEST_REASON: usize = 2_000;

/// Why these words cannot be kept with a decision.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum WordsFault {
    /// More than is kept.
    #[error("the {what} has {letters} letters; {most} are the most")]
    TooLong {
        /// `actor` or `reason`.
        what: &'static str,
        /// How many it has.
        letters: usize,
        /// How many it may have.
        most: usize,
    },
    /// Something that can be neither shown nor stored.
    #[error("the {what} has the control character U+{code:04X} in it; leave it out")]
    Control {
        /// `actor` or `reason`.
        what: &'static str,
        /// Which character.
        code: u32,
    },
}

/// Refuses words of a decision that could not be kept or shown: they are on the
/// log for good, and everywhere that decisions are listed.
///
/// # Errors
/// The first fault that is found.
pub fn check_words(actor: &str, reason: &str) -> Result<(), WordsFault> {
    let words = [
        ("actor", actor, LONGEST_ACTOR),
        ("reason", reason, LONGEST_REASON),
    ];
    for (what, text, most) in words {
        let letters = text.chars().count();
        if letters > most {
            return Err(WordsFault::TooLong {
                what,
                letters,
                most,
            });
        }
        let is_wrong = |letter: &char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
        if let Some(wrong) = text.chars().find(is_wrong) {
            let code = u32::from(wrong);
            return Err(WordsFault::Control { what, code });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_of_any_script_are_taken() {
        for reason in ["", "moved\nto\tthe core team", "zur Übersicht", "正しい"] {
            assert_eq!(check_words("ann", reason), Ok(()));
        }
        assert_eq!(check_words("ann", &"é".repeat(2_000)), Ok(()));
    }

    #[test]
    fn what_cannot_be_stored_or_is_a_book_is_not() {
        let nul = check_words("ann", "be\0cause").unwrap_err();
        assert!(
            nul.to_string()
                .contains("reason has the control character U+0000")
        );
        assert!(
            check_words("a\u{1b}nn", "")
                .unwrap_err()
                .to_string()
                .contains("actor")
        );
        let long = check_words("ann", &"x".repeat(2_001)).unwrap_err();
        assert!(long.to_string().contains("2001 letters; 2000 are the most"));
    }
}
