//! Texts that Postgres can store: all but those with the character U+0000.

use std::borrow::Cow;

use memchr::memmem;

/// The character as JSON has it, and what stands for it, which is as long.
const ABSENT: &[u8] = br"\u0000";
const REPLACEMENT: &[u8] = br"\ufffd";

/// A message whose texts can be stored. What people and sources said stays
/// readable; a message is no poison for the sake of a character that nobody sees.
pub(super) fn storable(payload: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(payload, ABSENT).is_none() {
        return Cow::Borrowed(payload);
    }
    let mut storable = payload.to_vec();
    for place in memmem::find_iter(payload, ABSENT) {
        let escapes = payload[..place].iter().rev();
        let escapes = escapes.take_while(|byte| **byte == b'\\').count();
        // After an escaped backslash, `u0000` is a text like any other.
        if escapes % 2 == 0 {
            storable[place..place + ABSENT.len()].copy_from_slice(REPLACEMENT);
        }
    }
    Cow::Owned(storable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_character_is_replaced_and_a_text_about_it_is_not() {
        let replaced =
            |text: &str| String::from_utf8(storable(text.as_bytes()).into_owned()).unwrap();
        assert_eq!(replaced(r#""a\u0000b\u0000""#), r#""a\ufffdb\ufffd""#);
        assert_eq!(replaced(r#""a\\u0000b""#), r#""a\\u0000b""#);
        assert_eq!(replaced(r#""a\\\u0000""#), r#""a\\\ufffd""#);
        assert!(matches!(storable(br#""plain""#), Cow::Borrowed(_)));
    }
}
