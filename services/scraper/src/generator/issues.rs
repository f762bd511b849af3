//! Issues and comments.

use rand::RngExt;
use serde_json::{Value, json};

use super::hour::{Happening, Hour};
use super::objects::{Issue, comment, pull_request_as_issue};
use super::world::{Account, Repository};

impl Hour {
    pub(super) fn open_issue(&mut self) -> Happening {
        let repository = self.any_repository();
        let author = self.actor(repository, 4, 0);
        let issue = Issue {
            id: self.id(),
            number: self.number(repository),
            repository,
            author: author.clone(),
            title: self.title(),
            body: self.text(5, 150),
            created_at: self.now.clone(),
        };
        let object = self.with_repository(repository, |found, now| issue.object(found, now, false));
        self.issues.push(issue);
        let payload = json!({"action": "opened", "issue": object});
        Happening {
            event_type: "IssuesEvent",
            actor: author,
            repository,
            payload,
        }
    }

    pub(super) fn close_issue(&mut self) -> Happening {
        if self.issues.is_empty() {
            return self.open_issue();
        }
        let drawn = self.random.random_range(0..self.issues.len());
        let issue = self.issues.swap_remove(drawn);
        let repository = issue.repository;
        let actor = self.maintainer(repository);
        let object = self.with_repository(repository, |found, now| issue.object(found, now, true));
        let payload = json!({"action": "closed", "issue": object});
        Happening {
            event_type: "IssuesEvent",
            actor,
            repository,
            payload,
        }
    }

    /// Seven in ten comments are on pull requests.
    pub(super) fn issue_comment(&mut self) -> Happening {
        let on_pull = self.chance(70);
        let pull = if on_pull { self.any_pull() } else { None };
        let (repository, object) = match (pull, self.issues.last().cloned()) {
            (Some(pull), _) => {
                let object =
                    |found: &Repository, now: &str| pull_request_as_issue(&pull, found, now);
                (
                    pull.repository,
                    self.with_repository(pull.repository, object),
                )
            }
            (None, Some(issue)) => {
                let object = |found: &Repository, now: &str| issue.object(found, now, false);
                (
                    issue.repository,
                    self.with_repository(issue.repository, object),
                )
            }
            (None, None) => return self.open_issue(),
        };
        let actor = self.actor(repository, 18, 2);
        let payload =
            json!({"action": "created", "issue": object, "comment": self.comment_by(&actor)});
        Happening {
            event_type: "IssueCommentEvent",
            actor,
            repository,
            payload,
        }
    }

    pub(super) fn comment_by(&mut self, actor: &Account) -> Value {
        let (id, body, now) = (self.id(), self.text(3, 90), self.now.clone());
        comment(id, actor, &body, &now)
    }

    pub(super) fn with_repository(
        &self,
        index: usize,
        make: impl FnOnce(&Repository, &str) -> Value,
    ) -> Value {
        make(&self.world.repository(index), &self.now)
    }
}
