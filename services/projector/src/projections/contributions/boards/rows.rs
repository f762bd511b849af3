//! Reading and writing the rows of boards.

use std::collections::HashMap;

use domain::{AccountClass, AccountReference, ContributionKind, Metric};
use postgres::NewRows;
use sqlx::PgConnection;

use super::values::Values;
use crate::ProjectionError;

/// A contributor on the board of this number.
pub(super) type Seat = (i32, AccountReference);

/// What is on a board of a contributor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) class: AccountClass,
    pub(super) values: Values,
}

/// The columns of metrics are in the order of [`Metric::ALL`].
const COLUMNS: &[&str] = &[
    "board",
    "contributor",
    "class",
    "score",
    "commit",
    "push",
    "pull_request_opened",
    "pull_request_merged",
    "pull_request_closed",
    "pull_request_reviewed",
    "self_review",
    "review_comment",
    "issue_opened",
    "issue_closed",
    "comment",
    "release_published",
    "wiki_edit",
    "discussion",
    "star",
    "fork",
];

/// The rows of these seats, where there are any.
pub(super) async fn read(
    transaction: &mut PgConnection,
    seats: &[Seat],
) -> Result<HashMap<Seat, Row>, ProjectionError> {
    let (boards, contributors) = columns(seats.iter());
    let rows = sqlx::query!(
        r#"SELECT known.board, known.contributor, known.class::text AS "class!",
                  score, commit, push, pull_request_opened, pull_request_merged,
                  pull_request_closed, pull_request_reviewed, self_review, review_comment,
                  issue_opened, issue_closed, comment, release_published, wiki_edit,
                  discussion, star, fork
           FROM unnest($1::integer[], $2::text[]) AS wanted (board, contributor)
           CROSS JOIN LATERAL (
               SELECT * FROM board_rows AS stored
               WHERE stored.board = wanted.board AND stored.contributor = wanted.contributor
               OFFSET 0) AS known"#,
        &boards,
        &contributors,
    )
    .fetch_all(transaction)
    .await?;
    rows.into_iter()
        .map(|row| {
            let class =
                AccountClass::from_stored(&row.class).ok_or_else(|| ProjectionError::Corrupt {
                    what: "account class",
                    detail: row.class.clone(),
                })?;
            let mut values = Values::default();
            values[Metric::Score] = row.score.unwrap_or(0);
            for (kind, number) in [
                (ContributionKind::Commit, row.commit),
                (ContributionKind::Push, row.push),
                (ContributionKind::PullRequestOpened, row.pull_request_opened),
                (
                    ContributionKind::PullRequestMerged,
                    Some(row.pull_request_merged),
                ),
                (ContributionKind::PullRequestClosed, row.pull_request_closed),
                (
                    ContributionKind::PullRequestReviewed,
                    Some(row.pull_request_reviewed),
                ),
                (ContributionKind::SelfReview, row.self_review),
                (ContributionKind::ReviewComment, row.review_comment),
                (ContributionKind::IssueOpened, row.issue_opened),
                (ContributionKind::IssueClosed, row.issue_closed),
                (ContributionKind::Comment, row.comment),
                (ContributionKind::ReleasePublished, row.release_published),
                (ContributionKind::WikiEdit, row.wiki_edit),
                (ContributionKind::Discussion, row.discussion),
                (ContributionKind::Star, row.star),
                (ContributionKind::Fork, row.fork),
            ] {
                values[Metric::Kind(kind)] = number.unwrap_or(0);
            }
            let seat = (row.board, AccountReference::from_stored(row.contributor));
            Ok((seat, Row { class, values }))
        })
        .collect()
}

/// Takes rows away.
pub(super) async fn delete(
    transaction: &mut PgConnection,
    seats: impl Iterator<Item = &Seat>,
) -> Result<(), sqlx::Error> {
    let (boards, contributors) = columns(seats);
    if boards.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "DELETE FROM board_rows
         USING unnest($1::integer[], $2::text[]) AS old (board, contributor)
         WHERE board_rows.board = old.board AND board_rows.contributor = old.contributor",
        &boards,
        &contributors,
    )
    .execute(transaction)
    .await?;
    Ok(())
}

/// Writes rows that are not there.
pub(super) async fn insert(
    transaction: &mut PgConnection,
    rows: impl Iterator<Item = (&Seat, &Row)>,
) -> Result<(), sqlx::Error> {
    let mut new = NewRows::new("board_rows", COLUMNS);
    for ((board, contributor), row) in rows {
        new.row()
            .field(*board)
            .field(contributor.as_str())
            .field(row.class.as_str());
        for metric in Metric::ALL {
            let value = row.values[metric];
            new.field(Some(value).filter(|value| *value != 0 || breaks_ties(metric)));
        }
    }
    new.insert(transaction).await
}

/// The tie-breaks are in the order of every metric, so they are never null.
fn breaks_ties(metric: Metric) -> bool {
    use ContributionKind::{PullRequestMerged, PullRequestReviewed};
    matches!(
        metric,
        Metric::Kind(PullRequestMerged | PullRequestReviewed)
    )
}

fn columns<'a>(seats: impl Iterator<Item = &'a Seat>) -> (Vec<i32>, Vec<String>) {
    seats
        .map(|(board, contributor)| (*board, contributor.to_string()))
        .unzip()
}
