//! Reading boards into memory, and following the data with them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio_util::sync::CancellationToken;

use super::board::Filling;
use super::{Asked, BoardName, Kept, WORTH_READING};
use crate::api::Api;
use crate::queries::changes::{changed_since, last_change};
use crate::queries::rank_rows::{self, RankRow};
use crate::version::DataVersion;

/// What a member takes in memory at most, in bytes, where ids are known.
const BYTES_OF_MEMBER: u64 = 42;

/// Keeps boards in memory up to date until shutdown.
pub(crate) async fn keep_boards(api: Arc<Api>, shutdown: CancellationToken) {
    shutdown.run_until_cancelled(keep(&api)).await;
}

async fn keep(api: &Api) {
    let mut versions = api.versions();
    metrics::gauge!("rank_boards_bytes").set(0.0);
    loop {
        tokio::select! {
            () = api.ranks().wanted.notified() => {}
            changed = versions.changed() => if changed.is_err() { return },
        }
        let version = *versions.borrow_and_update();
        let boards: Vec<_> = api.ranks().boards.iter().collect();
        for (name, asked) in boards {
            attend_to(api, version, *name, &asked).await;
        }
        metrics::gauge!("rank_boards_bytes").set(api.ranks().bytes() as f64);
    }
}

/// Reads a board that has become worth it, or brings one up to date.
async fn attend_to(api: &Api, version: Option<DataVersion>, name: BoardName, asked: &Arc<Asked>) {
    let kept = asked.kept_version();
    if kept.is_some() && kept == version {
        return;
    }
    let attended = if kept.is_some() {
        follow_or_read(api, name, asked).await
    } else if asked.times.load(Ordering::Relaxed) >= WORTH_READING {
        read(api, name, asked).await
    } else {
        return;
    };
    if let Err(error) = attended {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, period = %name.0, metric = %name.1, "rank_board_lost");
        asked.keep(None);
    }
}

async fn follow_or_read(api: &Api, name: BoardName, asked: &Arc<Asked>) -> Result<(), sqlx::Error> {
    if follow(api, name, asked).await? {
        return Ok(());
    }
    asked.keep(None);
    read(api, name, asked).await
}

/// Reads a whole board, if there is room for it.
async fn read(api: &Api, name: BoardName, asked: &Arc<Asked>) -> Result<(), sqlx::Error> {
    // Should there be no room, it takes as many questions again to be thought of.
    asked.times.store(0, Ordering::Relaxed);
    let ranks = api.ranks();
    let mut snapshot = api.open_snapshot().await?;
    let members = rank_rows::members(snapshot.connection(), name).await?;
    if ranks.bytes() + members * BYTES_OF_MEMBER > ranks.max_bytes {
        tracing::info!(members, period = %name.0, metric = %name.1, "rank_board_too_large");
        return Ok(());
    }
    let position = last_change(snapshot.connection()).await?;
    let mut filling = Filling::with_capacity(usize::try_from(members).unwrap_or(0));
    let put = |row: RankRow| filling.put(row.contributor, row.class, row.value);
    rank_rows::each(snapshot.connection(), name, put).await?;
    asked.keep(Some(Kept {
        version: snapshot.version(),
        position,
        board: filling.finish(),
    }));
    // It is put there again, because it weighs more now.
    ranks.boards.insert(name, Arc::clone(asked)).await;
    tracing::info!(members, period = %name.0, metric = %name.1, "rank_board_read");
    Ok(())
}

/// Takes over whatever changed since the version the board is of. Returns
/// whether that is known.
async fn follow(api: &Api, name: BoardName, asked: &Arc<Asked>) -> Result<bool, sqlx::Error> {
    let Some(position) = asked.position() else {
        return Ok(false);
    };
    let mut snapshot = api.open_snapshot().await?;
    let changed = changed_since(snapshot.connection(), position).await?;
    let Some((position, contributors)) = changed else {
        return Ok(false);
    };
    let rows = rank_rows::of(snapshot.connection(), name, &contributors).await?;
    asked.update(|kept| {
        for row in rows {
            kept.board.place(row.contributor, row.class, row.value);
        }
        kept.position = position;
        kept.version = snapshot.version();
    });
    Ok(true)
}
