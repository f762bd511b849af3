//! P15: how large the program is.

use crate::program::program;
use crate::report::{Measure, Row};

/// What it may grow to before somebody asks why, in bytes.
const WATCHED: f64 = 64e6;

pub(crate) fn of_the_program() -> anyhow::Result<Row> {
    Ok(Row {
        name: "P15",
        what: "the program / what is watched for".to_owned(),
        ours: program()?.metadata()?.len() as f64,
        reference: WATCHED,
        measure: Measure::Growth,
        goal: 1.0,
    })
}
