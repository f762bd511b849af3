//! The event types: how often each comes.

use super::hour::{Happening, Hour};

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Push,
    Create,
    Delete,
    OpenPullRequest,
    ClosePullRequest,
    Review,
    ReviewComment,
    OpenIssue,
    CloseIssue,
    IssueComment,
    CommitComment,
    Star,
    Fork,
    Release,
    Wiki,
    Member,
    Public,
}

/// How often each kind happens, of a thousand.
pub(super) const WEIGHTS: [(Kind, u32); 17] = [
    (Kind::Push, 480),
    (Kind::Create, 110),
    (Kind::Delete, 35),
    (Kind::OpenPullRequest, 65),
    (Kind::ClosePullRequest, 58),
    (Kind::Review, 35),
    (Kind::ReviewComment, 20),
    (Kind::OpenIssue, 24),
    (Kind::CloseIssue, 16),
    (Kind::IssueComment, 66),
    (Kind::CommitComment, 3),
    (Kind::Star, 58),
    (Kind::Fork, 16),
    (Kind::Release, 7),
    (Kind::Wiki, 3),
    (Kind::Member, 2),
    (Kind::Public, 2),
];

impl Hour {
    pub(super) fn make(&mut self, kind: Kind) -> Happening {
        match kind {
            Kind::Push => self.push(),
            Kind::OpenPullRequest => self.open_pull_request(),
            Kind::ClosePullRequest => self.close_pull_request(),
            Kind::Review => self.review(),
            Kind::ReviewComment => self.review_comment(),
            Kind::OpenIssue => self.open_issue(),
            Kind::CloseIssue => self.close_issue(),
            Kind::IssueComment => self.issue_comment(),
            Kind::Create
            | Kind::Delete
            | Kind::CommitComment
            | Kind::Star
            | Kind::Fork
            | Kind::Release
            | Kind::Wiki
            | Kind::Member
            | Kind::Public => self.simple(kind),
        }
    }
}
