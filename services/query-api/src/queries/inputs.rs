//! What the boards are computed from.

use std::collections::BTreeMap;

use domain::snapshot::{Digest, InputChain};
use sqlx::PgConnection;

/// The digest of every contribution that was read.
pub(crate) async fn input_chain(connection: &mut PgConnection) -> Result<InputChain, sqlx::Error> {
    let row = sqlx::query!("SELECT first, sequence, messages, digest FROM input_chain");
    let row = row.fetch_one(connection).await?;
    let digest = <[u8; 32]>::try_from(row.digest);
    let digest = digest.map_err(|_| sqlx::Error::ColumnDecode {
        index: "digest".to_owned(),
        source: "it has not 32 bytes".into(),
    })?;
    Ok(InputChain {
        first: row.first.cast_unsigned(),
        sequence: row.sequence.cast_unsigned(),
        messages: row.messages.cast_unsigned(),
        digest: Digest(digest),
    })
}

/// How far the projections are that boards hang on besides: of what was read,
/// and of what was decided.
pub(crate) async fn positions(
    connection: &mut PgConnection,
) -> Result<BTreeMap<String, u64>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT projection, sequence FROM projections WHERE stream IN ('COVERAGE', 'DECISIONS')"
    );
    let rows = rows.fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.projection, row.sequence.cast_unsigned()))
        .collect())
}
