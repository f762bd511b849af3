//! The same board as a running service has it.

use anyhow::Context;
use domain::snapshot::{
    Comparison, KeyId, PublicKey, SignedSnapshot, Snapshot, SnapshotScope, compare, verify,
};

use super::super::ask::board_path;
use crate::api_client::{get, get_bytes};

/// What a service says of a board now.
pub(super) struct Against {
    /// The key that it signs with.
    pub(super) key: KeyId,
    /// What differs.
    pub(super) differences: Comparison,
}

/// Asks for the board that a snapshot is of. What the service answers must
/// hold by its own key; whether that is the snapshot's is not asked: keys
/// change.
pub(super) async fn against(api: &str, then: &Snapshot) -> anyhow::Result<Against> {
    let now = ask(api, then).await?;
    Ok(Against {
        differences: compare(then, &now.snapshot),
        key: now.signature.key,
    })
}

async fn ask(api: &str, then: &Snapshot) -> anyhow::Result<SignedSnapshot> {
    let board = &then.board;
    let scope = scope_argument(&board.scope);
    let mut query = vec![
        ("period", board.period.name.clone()),
        ("kind", board.metric.to_string()),
        ("class", board.class.as_str().to_owned()),
    ];
    if then.cut {
        query.push(("limit", then.rows.len().to_string()));
    }
    let file = get_bytes(api, &board_path("snapshots", &scope), &query).await?;
    let answer = get(api, &["snapshots", "key"], &[]).await?;
    let key = answer["key"]["public_key"].as_str().unwrap_or_default();
    let key: PublicKey = key.parse().context("the service's public key")?;
    verify(&file, &key).context("the snapshot that the service made now does not hold")
}

/// A scope as commands take it.
fn scope_argument(scope: &SnapshotScope) -> String {
    match scope.kind.as_str() {
        "group" => format!("group:{}", scope.name),
        _ => scope.name.clone(),
    }
}
