//! `key new`: a key, told once.

use access::Key;
use anyhow::{Context, anyhow};
use serde_json::json;

use crate::cli::access::{KeyAction, NewKey};

pub(super) fn key(action: &KeyAction) -> anyhow::Result<()> {
    let KeyAction::New(wanted) = action;
    new(wanted)
}

fn new(wanted: &NewKey) -> anyhow::Result<()> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("the system gives no random numbers: {error}"))?;
    let made = Key::from_random(&bytes, &wanted.name, &wanted.scopes, wanted.until)
        .context("no key was made")?;
    let line = made.key.to_string();
    if wanted.json {
        let shown = json!({ "name": wanted.name, "key": made.secret, "line": line });
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    println!("The key, which is shown this once:\n\n{}\n", made.secret);
    println!("Its line for the file of keys (--keys-file):\n\n{line}");
    Ok(())
}
