//! Pull requests from opening to review and merge.

use rand::RngExt;
use serde_json::json;

use super::hour::{Happening, Hour};
use super::objects::{Closing, PullRequest, user};
use super::pushes::MergePush;

impl Hour {
    pub(super) fn open_pull_request(&mut self) -> Happening {
        let repository = self.any_repository();
        let author = self.actor(repository, 15, 6);
        let pull = PullRequest {
            id: self.id(),
            number: self.number(repository),
            repository,
            author: author.clone(),
            title: self.title(),
            body: self.text(0, 120),
            head: self.sha(),
            merge_commit: self.sha(),
            commits: self.random.random_range(1..=8),
            additions: self.random.random_range(0..=600),
            deletions: self.random.random_range(0..=250),
            created_at: self.now.clone(),
        };
        let object = self.with_repository(repository, |found, now| pull.full(found, now, None));
        let payload = json!({"action": "opened", "number": pull.number, "pull_request": object});
        self.pulls.push(pull);
        Happening {
            event_type: "PullRequestEvent",
            actor: author,
            repository,
            payload,
        }
    }

    /// Most pull requests are merged, and rarely by their authors.
    pub(super) fn close_pull_request(&mut self) -> Happening {
        if self.pulls.is_empty() {
            return self.open_pull_request();
        }
        let drawn = self.random.random_range(0..self.pulls.len());
        let pull = self.pulls.swap_remove(drawn);
        let repository = pull.repository;
        let actor = self.maintainer(repository);
        let merged = self.chance(78);
        let closing = Closing {
            merger: merged.then_some(&actor),
        };
        let object = self.with_repository(repository, |found, now| {
            pull.full(found, now, Some(closing))
        });
        let payload = json!({"action": "closed", "number": pull.number, "pull_request": object});
        if merged {
            self.merges.push_back(MergePush {
                pull,
                merger: actor.clone(),
            });
        }
        Happening {
            event_type: "PullRequestEvent",
            actor,
            repository,
            payload,
        }
    }

    pub(super) fn any_pull(&mut self) -> Option<PullRequest> {
        if self.pulls.is_empty() {
            return None;
        }
        let drawn = self.random.random_range(0..self.pulls.len());
        self.pulls.get(drawn).cloned()
    }

    pub(super) fn review(&mut self) -> Happening {
        let Some(pull) = self.any_pull() else {
            return self.open_pull_request();
        };
        let repository = pull.repository;
        let actor = self.actor(repository, 4, 4);
        let state = if self.chance(55) {
            "approved"
        } else {
            "commented"
        };
        let review = json!({"id": self.id(), "user": user(&actor), "commit_id": pull.head, "submitted_at": self.now, "state": state, "author_association": "MEMBER"});
        let object = self.with_repository(repository, |found, now| pull.summary(found, now));
        let payload = json!({"action": "created", "review": review, "pull_request": object});
        Happening {
            event_type: "PullRequestReviewEvent",
            actor,
            repository,
            payload,
        }
    }

    pub(super) fn review_comment(&mut self) -> Happening {
        let Some(pull) = self.any_pull() else {
            return self.open_pull_request();
        };
        let repository = pull.repository;
        let actor = self.actor(repository, 3, 5);
        let comment = self.comment_by(&actor);
        let object = self.with_repository(repository, |found, now| pull.summary(found, now));
        let payload = json!({"action": "created", "comment": comment, "pull_request": object});
        Happening {
            event_type: "PullRequestReviewCommentEvent",
            actor,
            repository,
            payload,
        }
    }
}
