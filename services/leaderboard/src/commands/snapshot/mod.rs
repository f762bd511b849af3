//! `snapshot`: boards as signed files.

mod against;
mod inputs;
mod keys;
mod verify;

use std::io::Write;

use anyhow::Context;

pub(crate) use keys::signing_key;
pub(super) use verify::verify;

use super::ask::board_path;
use crate::api_client::get_bytes;
use crate::cli::Options;
use crate::cli::snapshot::{Snapshot, SnapshotAction};
use crate::whole_file::WholeFile;

pub(super) async fn snapshot(options: &Options, asked: &Snapshot) -> anyhow::Result<()> {
    if let Some(SnapshotAction::Key(making)) = &asked.action {
        return keys::make(making);
    }
    let query = [
        ("period", asked.period.clone()),
        ("kind", asked.kind.clone()),
        ("class", asked.class.clone()),
        ("limit", asked.limit.to_string()),
    ];
    let path = board_path("snapshots", &asked.scope);
    let file = get_bytes(&options.api_url()?, &path, &query).await?;
    let Some(out) = &asked.out else {
        return Ok(std::io::stdout().write_all(&file)?);
    };
    // Byte for byte: a line's end more would not verify.
    let cannot = || format!("cannot write {}", out.display());
    let mut whole = WholeFile::at(out).with_context(cannot)?;
    whole.write_all(&file).with_context(cannot)?;
    whole.keep().with_context(cannot)?;
    println!("{} bytes are in {}", file.len(), out.display());
    Ok(())
}
