//! Contributions that changed, as events.

use std::collections::HashMap;

use domain::{AccountClass, ContributionKind};
use uuid::Uuid;

use super::feed::Lost;
use super::page::{Page, PageWriter};
use super::{Position, frame};
use crate::problem::Problem;
use crate::queries::followed::{
    BatchOfChanges, Change, FollowedRow, changes_after, changes_ending_at, contributions_of,
    newest_changes,
};
use crate::queries::snapshot::Snapshot;
use crate::resources::stream::{ContributionChanged, ContributionGone, FollowedContribution};

/// The place after the last change.
pub(super) async fn newest(snapshot: &mut Snapshot) -> Result<Position, Problem> {
    let newest = newest_changes(snapshot.connection()).await?;
    Ok(newest.map_or_else(Position::default, end_of))
}

fn end_of(batch: BatchOfChanges) -> Position {
    Position::of_change(batch.last_change, batch.token)
}

/// What changed after a place, in one repository or in all.
pub(super) async fn page_after(
    snapshot: &mut Snapshot,
    from: Position,
    repository: Option<&str>,
    limit: usize,
) -> Result<Result<Page, Lost>, Problem> {
    if let Err(lost) = find(snapshot, from).await? {
        return Ok(Err(lost));
    }
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let changes = changes_after(snapshot.connection(), from.number, repository, most).await?;
    let is_full = changes.len() >= limit;
    let to = match changes.last().filter(|_| is_full) {
        Some(last) => Position::of_change(last.number, last.token),
        None => newest(snapshot).await?,
    };
    let page = write(snapshot, from, changes).await?;
    Ok(Ok(page.finish(to, is_full)))
}

/// Whether what follows a place is remembered.
async fn find(snapshot: &mut Snapshot, from: Position) -> Result<Result<(), Lost>, Problem> {
    let found = changes_ending_at(snapshot.connection(), from.number).await?;
    let Some(batch) = found else {
        // Nothing has changed yet, or this is of tables that had more.
        return Ok(if from == Position::default() {
            Ok(())
        } else {
            Err(Lost::Elsewhere)
        });
    };
    let before = batch.last_change - batch.changes;
    Ok(if from.number == 0 && before == 0 {
        Ok(())
    } else if from.number <= before {
        Err(Lost::TooLongAgo)
    } else if Position::of_change(from.number, batch.token) != from {
        Err(Lost::Elsewhere)
    } else {
        Ok(())
    })
}

async fn write(
    snapshot: &mut Snapshot,
    from: Position,
    changes: Vec<Change>,
) -> Result<PageWriter, Problem> {
    let ids: Vec<Uuid> = changes.iter().map(|change| change.contribution).collect();
    let rows = contributions_of(snapshot.connection(), &ids).await?;
    let rows: HashMap<Uuid, FollowedRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut page = PageWriter::after(from);
    for change in changes {
        let at = Position::of_change(change.number, change.token);
        let row = rows.get(&change.contribution);
        if let Some(frame) = frame_of(at, &change, row)? {
            page.push(at, change.repository, &frame);
        }
        page.stop(Position::of_change(change.last_change, change.token));
    }
    Ok(page)
}

/// The event of a change; none where nobody is to be shown.
fn frame_of(
    at: Position,
    change: &Change,
    row: Option<&FollowedRow>,
) -> Result<Option<String>, Problem> {
    let Some(row) = row else {
        let gone = ContributionGone {
            id: change.contribution,
            change: change.number,
        };
        return frame::event(at, "gone", &gone).map(Some);
    };
    let class = row.class.as_deref().and_then(AccountClass::from_stored);
    let class = class.unwrap_or_default();
    if class == AccountClass::Hidden {
        return Ok(None);
    }
    let kind: ContributionKind = row
        .kind
        .parse()
        .map_err(|error: domain::UnknownKind| Problem::internal(&error))?;
    let changed = ContributionChanged {
        contribution: FollowedContribution::new(row.clone(), kind, class),
        change: change.number,
    };
    frame::event(at, "contribution", &changed).map(Some)
}
