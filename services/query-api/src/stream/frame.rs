//! Events as they are sent (HTML standard, section 9.2). They are written once
//! and shared by all who read them.

use std::fmt::{Display, Write};

use axum::body::Bytes;
use serde::Serialize;

use super::Position;
use crate::problem::Problem;

/// An event with an id, a name, and JSON on one line.
pub(super) fn event(
    id: impl Display,
    name: &str,
    data: &impl Serialize,
) -> Result<String, Problem> {
    let data = serde_json::to_string(data).map_err(|error| Problem::internal(&error))?;
    Ok(format!("id: {id}\nevent: {name}\ndata: {data}\n\n"))
}

/// How long a reader waits before it comes back after the connection is lost.
/// Readers differ, so that they do not all come at once after a restart.
pub(super) fn retry(reader: u64) -> String {
    format!("retry: {}\n\n", 1_000 + reader * 379 % 4_000)
}

/// A sign of life, and the present place if the reader does not know it: then it
/// need not look through everything again that was not for it.
pub(super) fn sign_of_life(at: Option<Position>) -> Bytes {
    let mut frame = String::new();
    if let Some(at) = at {
        // Writing to a String cannot fail.
        let _ = writeln!(frame, "id: {at}");
    }
    frame.push_str(": still here\n\n");
    Bytes::from(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_hold_cannot_end_an_event() {
        let data = serde_json::json!({ "login": "a\n\ndata: b\r" });
        let frame = event(7, "contribution", &data).unwrap();
        assert_eq!(
            frame,
            "id: 7\nevent: contribution\ndata: {\"login\":\"a\\n\\ndata: b\\r\"}\n\n"
        );
    }

    #[test]
    fn a_sign_of_life_may_tell_the_place() {
        assert_eq!(sign_of_life(None), ": still here\n\n");
        let at = Position::of_sequence(9);
        assert_eq!(sign_of_life(Some(at)), "id: 9\n: still here\n\n");
    }
}
