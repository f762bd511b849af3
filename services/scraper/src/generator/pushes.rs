//! Pushes, those that merges bring about too.

use rand::RngExt;
use serde_json::{Value, json};

use super::hour::{Happening, Hour};
use super::objects::PullRequest;
use super::world::Account;

/// A push that brings in a merged pull request.
pub(super) struct MergePush {
    pub(super) pull: PullRequest,
    pub(super) merger: Account,
}

impl Hour {
    fn commit(&mut self, author: &Account, message: String, sha: String, distinct: bool) -> Value {
        let email = format!("{}@invented.example", author.id);
        json!({"sha": sha, "author": {"name": author.login, "email": email}, "message": message, "distinct": distinct})
    }

    pub(super) fn push(&mut self) -> Happening {
        let repository = self.any_repository();
        let actor = self.actor(repository, 12, 3);
        let listed: u64 = match self.random.random_range(0..100) {
            0..62 => 1,
            62..90 => self.random.random_range(2..=5),
            _ => self.random.random_range(6..=20),
        };
        // What is pushed to a second branch is not distinct there.
        let distinct = !self.chance(6);
        let mut commits = Vec::new();
        for _ in 0..listed {
            let (message, sha) = (self.title(), self.sha());
            commits.push(self.commit(&actor, message, sha, distinct));
        }
        // The list ends after twenty commits, the push may go on.
        let unlisted = if listed == 20 {
            self.random.random_range(0..=280)
        } else {
            0
        };
        let payload = self.push_payload(repository, commits, unlisted, distinct);
        Happening {
            event_type: "PushEvent",
            actor,
            repository,
            payload,
        }
    }

    fn push_payload(
        &mut self,
        repository: usize,
        commits: Vec<Value>,
        unlisted: u64,
        distinct: bool,
    ) -> Value {
        let size = commits.len() as u64 + unlisted;
        let head = commits
            .last()
            .map_or(Value::Null, |commit| commit["sha"].clone());
        json!({
            "repository_id": self.world.repository(repository).id,
            "push_id": self.id(),
            "size": size,
            "distinct_size": if distinct { size } else { 0 },
            "ref": "refs/heads/main",
            "head": head,
            "before": self.sha(),
            "commits": commits,
        })
    }

    /// The push by which a merge brings the commits of a pull request in.
    pub(super) fn push_merge(&mut self, merge: MergePush) -> Happening {
        let MergePush { pull, merger } = merge;
        let repository = pull.repository;
        let squashed = self.chance(50);
        let mut commits = Vec::new();
        if squashed {
            let message = format!("{} (#{})", pull.title, pull.number);
            commits.push(self.commit(&pull.author, message, pull.merge_commit, true));
        } else {
            for _ in 0..pull.commits.min(19) {
                let (message, sha) = (self.title(), self.sha());
                commits.push(self.commit(&pull.author, message, sha, true));
            }
            let branch = format!("{}/change-{}", pull.author.login, pull.number);
            let message = format!("Merge pull request #{} from {branch}", pull.number);
            commits.push(self.commit(&merger, message, pull.merge_commit, true));
        }
        let payload = self.push_payload(repository, commits, 0, true);
        Happening {
            event_type: "PushEvent",
            actor: merger,
            repository,
            payload,
        }
    }
}
