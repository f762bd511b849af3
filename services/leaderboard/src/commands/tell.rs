//! What came of a command, for people and for programs.

use std::fmt::Display;

use decisions::Decision;
use serde_json::{Value, json};

/// Says it in a sentence, or as JSON.
pub(super) fn tell(as_json: bool, outcome: &Value, sentence: impl Display) {
    if as_json {
        println!("{outcome}");
    } else {
        println!("{sentence}");
    }
}

/// As [`tell`], of a decision: whether it changed anything is told with it, and
/// a sentence for either case.
pub(super) fn tell_decision(
    as_json: bool,
    decision: Decision,
    mut about: Value,
    [made, unchanged]: [String; 2],
) {
    about["changed"] = json!(decision == Decision::Made);
    let sentence = match decision {
        Decision::Made => made,
        Decision::Unchanged => unchanged,
    };
    tell(as_json, &about, sentence);
}
