//! `verify`: whether a snapshot holds, and whether its board still does.

use anyhow::Context;
use domain::snapshot::{SignedSnapshot, Snapshot, verify as hold_up};
use serde_json::{Value, json};

use super::against::{Against, against};
use super::inputs::read_again;
use super::keys::public_key;
use crate::ExitWith;
use crate::cli::Options;
use crate::cli::snapshot::Verify;
use crate::tables::separated;

/// The snapshot does not hold.
const DOES_NOT_HOLD: u8 = 3;

/// Something else is so now, and there is a reason.
const IS_ANOTHER_NOW: u8 = 4;

/// Something else is so now, and there is none.
const IS_UNEXPLAINED: u8 = 5;

/// Differences that are shown.
const SHOWN: usize = 50;

pub(in crate::commands) async fn verify(options: &Options, asked: &Verify) -> anyhow::Result<()> {
    let key = public_key(&asked.key)?;
    let path = asked.file.display();
    let file = std::fs::read(&asked.file).with_context(|| format!("cannot read {path}"))?;
    let signed = match hold_up(&file, &key) {
        Ok(signed) => signed,
        Err(fault) => {
            if asked.json {
                print(&json!({ "holds": false, "fault": fault.to_string() }))?;
            }
            let message = format!("{path} does not hold: {fault}");
            return Err(ExitWith::new(DOES_NOT_HOLD, message).into());
        }
    };
    if !asked.json {
        println!("{path} holds: {}", told(&signed));
    }
    let mut said = json!({ "holds": true, "key": signed.signature.key,
        "sha256": signed.signature.sha256, "board": signed.snapshot.board });
    let mut outcome = Ok(());
    if asked.inputs {
        let found = read_again(options, &signed.snapshot.inputs).await?;
        said["inputs"] = json!({ "same": found.is_none(), "found": found });
        outcome = outcome.and(same_inputs(asked, found));
    }
    if let Some(api) = &asked.against {
        let found = against(api, &signed.snapshot).await?;
        said["against"] = shown(&found);
        outcome = outcome.and(same_board(asked, api, &found));
    }
    if asked.json {
        print(&said)?;
    }
    outcome
}

/// What holds, in a sentence.
fn told(signed: &SignedSnapshot) -> String {
    let Snapshot {
        board,
        rows,
        members,
        policy,
        inputs,
        made_at,
        ..
    } = &signed.snapshot;
    format!(
        "{}, {}, {} of {}, {} of {} members; policy {}; the log to sequence {}; signed with key {} at {}",
        board.scope.name,
        board.period.name,
        board.metric,
        board.class.as_str(),
        rows.len(),
        members,
        policy.version,
        inputs.sequence,
        signed.signature.key,
        made_at.format("%Y-%m-%d %H:%M:%S UTC"),
    )
}

/// `found` is what the log comes to, where that is something else.
fn same_inputs(asked: &Verify, found: Option<String>) -> anyhow::Result<()> {
    let Some(found) = found else {
        if !asked.json {
            println!("the log holds the messages that it was computed from");
        }
        return Ok(());
    };
    let message = format!("the log does not hold the messages that it was computed from: {found}");
    Err(ExitWith::new(IS_ANOTHER_NOW, message).into())
}

fn shown(found: &Against) -> Value {
    let causes: Vec<String> = found
        .differences
        .causes
        .iter()
        .map(ToString::to_string)
        .collect();
    json!({
        "same_board": found.differences.is_same_board(),
        "explained": found.differences.is_explained(),
        "key": found.key,
        "causes": causes,
        "coverage": found.differences.coverage,
        "rows": found.differences.rows,
    })
}

fn same_board(asked: &Verify, api: &str, found: &Against) -> anyhow::Result<()> {
    let differences = &found.differences;
    if !asked.json {
        for cause in &differences.causes {
            println!("  {cause}");
        }
        for line in &differences.coverage {
            println!("  coverage: {line}");
        }
        for line in differences.rows.iter().take(SHOWN) {
            println!("  {line}");
        }
        if let Some(more @ 1..) = differences.rows.len().checked_sub(SHOWN) {
            println!("  and {more} differences more");
        }
        if differences.is_same_board() {
            println!("{api} has the same board now");
        }
    }
    if differences.is_same_board() {
        return Ok(());
    }
    let number = separated(differences.rows.len() as i64);
    let (code, why) = if differences.is_explained() {
        (IS_ANOTHER_NOW, "for the reasons given")
    } else {
        (
            IS_UNEXPLAINED,
            "and it was computed from the same: one of the two is wrong",
        )
    };
    let message = format!("{api} has another board now, in {number} places, {why}");
    Err(ExitWith::new(code, message).into())
}

fn print(said: &Value) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(said)?);
    Ok(())
}
