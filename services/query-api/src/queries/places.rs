//! The rows of contributors on boards, with every metric.

use std::collections::BTreeMap;

use domain::{AccountReference, ContributionKind, Metric, Period, Standing};
use sqlx::PgConnection;

/// A contributor's row on the board of a period. Null is none.
pub(super) struct Place {
    pub(super) period: String,
    pub(super) contributor: String,
    pub(super) class: String,
    pull_request_merged: i64,
    pull_request_reviewed: i64,
    score: Option<i64>,
    commit: Option<i64>,
    push: Option<i64>,
    pull_request_opened: Option<i64>,
    pull_request_closed: Option<i64>,
    self_review: Option<i64>,
    review_comment: Option<i64>,
    issue_opened: Option<i64>,
    issue_closed: Option<i64>,
    comment: Option<i64>,
    release_published: Option<i64>,
    wiki_edit: Option<i64>,
    discussion: Option<i64>,
    star: Option<i64>,
    fork: Option<i64>,
}

impl Place {
    /// The value in a metric; 0 where there is none.
    pub(super) fn value(&self, metric: Metric) -> i64 {
        let value = match metric {
            Metric::Score => self.score,
            Metric::Kind(kind) => match kind {
                ContributionKind::Commit => self.commit,
                ContributionKind::Push => self.push,
                ContributionKind::PullRequestOpened => self.pull_request_opened,
                ContributionKind::PullRequestMerged => Some(self.pull_request_merged),
                ContributionKind::PullRequestClosed => self.pull_request_closed,
                ContributionKind::PullRequestReviewed => Some(self.pull_request_reviewed),
                ContributionKind::SelfReview => self.self_review,
                ContributionKind::ReviewComment => self.review_comment,
                ContributionKind::IssueOpened => self.issue_opened,
                ContributionKind::IssueClosed => self.issue_closed,
                ContributionKind::Comment => self.comment,
                ContributionKind::ReleasePublished => self.release_published,
                ContributionKind::WikiEdit => self.wiki_edit,
                ContributionKind::Discussion => self.discussion,
                ContributionKind::Star => self.star,
                ContributionKind::Fork => self.fork,
            },
        };
        value.unwrap_or(0)
    }

    /// The place in the order of a metric; `None` where there is no value.
    pub(super) fn standing(&self, metric: Metric) -> Option<Standing> {
        let value = Some(self.value(metric)).filter(|value| *value != 0)?;
        Some(Standing {
            contributor: AccountReference::from_stored(self.contributor.as_str()),
            value,
            merged: self.pull_request_merged,
            reviews: self.pull_request_reviewed,
        })
    }

    /// How much was done of each kind, without what was not done.
    pub(super) fn counts(&self) -> BTreeMap<ContributionKind, i64> {
        ContributionKind::ALL
            .into_iter()
            .map(|kind| (kind, self.value(Metric::Kind(kind))))
            .filter(|(_, number)| *number != 0)
            .collect()
    }
}

/// The rows of some contributors on the boards of some periods. `LATERAL (…
/// OFFSET 0)` is one probe of an index each, whatever the planner believes of
/// a table that it has no statistics of yet.
pub(super) async fn places(
    connection: &mut PgConnection,
    contributors: &[String],
    periods: &[Period],
) -> Result<Vec<Place>, sqlx::Error> {
    let periods: Vec<String> = periods.iter().map(Period::to_string).collect();
    sqlx::query_as!(
        Place,
        r#"
        SELECT boards.period AS "period!", place.contributor AS "contributor!",
               place.class::text AS "class!",
               place.pull_request_merged AS "pull_request_merged!",
               place.pull_request_reviewed AS "pull_request_reviewed!",
               score, commit, push, pull_request_opened, pull_request_closed, self_review,
               review_comment, issue_opened, issue_closed, comment, release_published,
               wiki_edit, discussion, star, fork
        FROM unnest($1::text[]) AS wanted (contributor)
        CROSS JOIN boards
        CROSS JOIN LATERAL (
            SELECT * FROM board_rows AS stored
            WHERE stored.board = boards.board
              AND stored.contributor = wanted.contributor OFFSET 0) AS place
        WHERE boards.scope = 'global' AND boards.period = ANY ($2)
        "#,
        contributors,
        &periods,
    )
    .fetch_all(connection)
    .await
}
