//! The canonical form of JSON (RFC 8785): one text for each content.

use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

/// The largest number that the canonical form tells from its neighbours: it
/// writes numbers as IEEE 754 doubles do (RFC 8785, section 3.2.2.3).
const LARGEST: u64 = (1 << 53) - 1;

/// Something that has no canonical form.
#[derive(Debug, Error)]
pub enum CanonicalError {
    /// It is no JSON.
    #[error("it cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It holds a number that the canonical form would change.
    #[error("it holds {0}, which is more than 2^53 - 1 or no whole number")]
    Number(serde_json::Number),
}

/// The canonical form of a value. Whole numbers only: others are written in
/// ways that few agree on, and nothing here needs them.
///
/// # Errors
/// [`CanonicalError`], when there is none.
pub fn canonical_json(value: &impl Serialize) -> Result<Vec<u8>, CanonicalError> {
    canonical_value(&serde_json::to_value(value)?)
}

/// As [`canonical_json`], of what is a value already.
pub(super) fn canonical_value(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    check_numbers(value)?;
    Ok(serde_json_canonicalizer::to_vec(value)?)
}

fn check_numbers(value: &Value) -> Result<(), CanonicalError> {
    match value {
        Value::Number(number) => {
            let size = number.as_i64().map(i64::unsigned_abs);
            match size.or_else(|| number.as_u64()) {
                Some(size) if size <= LARGEST => Ok(()),
                _ => Err(CanonicalError::Number(number.clone())),
            }
        }
        Value::Array(values) => values.iter().try_for_each(check_numbers),
        Value::Object(members) => members.values().try_for_each(check_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> String {
        String::from_utf8(canonical_json(value).unwrap()).unwrap()
    }

    #[test]
    fn members_are_in_order_and_nothing_is_between_them() {
        // The order is that of UTF-16 code units (RFC 8785, section 3.2.3).
        let value = json!({"€": 1, "\u{1f600}": 2, "b": [true, null, -7], "a": {"": "\u{b}\"/"}});
        assert_eq!(
            text(&value),
            "{\"a\":{\"\":\"\\u000b\\\"/\"},\"b\":[true,null,-7],\"€\":1,\"\u{1f600}\":2}"
        );
    }

    #[test]
    fn numbers_that_would_be_changed_are_refused() {
        assert_eq!(
            text(&json!([LARGEST, -9_007_199_254_740_991_i64])),
            "[9007199254740991,-9007199254740991]"
        );
        for number in [
            json!(LARGEST + 1),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(0.5),
        ] {
            assert!(
                matches!(
                    canonical_json(&json!({"a": [number]})),
                    Err(CanonicalError::Number(_))
                ),
                "{number}"
            );
        }
    }
}
