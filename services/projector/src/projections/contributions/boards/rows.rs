//! Reading and writing the rows of boards.

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

/// Takes away the rows of these seats; returns what was there, seat by seat.
/// Most rows of a batch are new or come to be written anew, so reading and
/// taking away are one look.
pub(super) async fn take(
    transaction: &mut PgConnection,
    seats: &[Seat],
) -> Result<Vec<Option<Row>>, ProjectionError> {
    let (boards, contributors): (Vec<i32>, Vec<String>) = seats
        .iter()
        .map(|(board, contributor)| (*board, contributor.to_string()))
        .unzip();
    let taken = sqlx::query!(
        r#"DELETE FROM board_rows AS stored
           USING unnest($1::integer[], $2::text[]) WITH ORDINALITY
                 AS wanted (board, contributor, place)
           WHERE stored.board = wanted.board AND stored.contributor = wanted.contributor
           RETURNING wanted.place AS "place!", stored.class::text AS "class!",
                  score, commit, push, pull_request_opened, pull_request_merged,
                  pull_request_closed, pull_request_reviewed, self_review, review_comment,
                  issue_opened, issue_closed, comment, release_published, wiki_edit,
                  discussion, star, fork"#,
        &boards,
        &contributors,
    )
    .fetch_all(transaction)
    .await?;
    let mut rows = vec![None; seats.len()];
    for row in taken {
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
        let place = usize::try_from(row.place - 1).unwrap_or(usize::MAX);
        if let Some(seat) = rows.get_mut(place) {
            *seat = Some(Row { class, values });
        }
    }
    Ok(rows)
}

/// Writes rows that are not there.
pub(super) async fn insert(
    transaction: &mut PgConnection,
    rows: &[(&Seat, Row)],
) -> Result<(), sqlx::Error> {
    let mut new = NewRows::new(transaction, "board_rows", COLUMNS);
    for ((board, contributor), row) in rows {
        let fields = new.row().await?;
        fields
            .field(*board)
            .field(contributor.as_str())
            .field(row.class.as_str());
        for metric in Metric::ALL {
            let value = row.values[metric];
            fields.field(Some(value).filter(|value| *value != 0 || breaks_ties(metric)));
        }
    }
    new.insert().await
}

/// The tie-breaks are in the order of every metric, so they are never null.
fn breaks_ties(metric: Metric) -> bool {
    use ContributionKind::{PullRequestMerged, PullRequestReviewed};
    matches!(
        metric,
        Metric::Kind(PullRequestMerged | PullRequestReviewed)
    )
}
