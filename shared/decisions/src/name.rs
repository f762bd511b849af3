//! Names of groups and lists.

use crate::DecisionError;

/// The longest name, in letters.
const LONGEST: usize = 64;

/// Refuses what cannot name a group or a list.
pub(crate) fn check_name(name: &str) -> Result<(), DecisionError> {
    let is_legal = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.is_empty() || name.len() > LONGEST || !name.bytes().all(is_legal) {
        return Err(DecisionError::Name(name.to_owned()));
    }
    Ok(())
}
