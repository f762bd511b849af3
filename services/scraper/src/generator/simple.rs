//! Events about a repository alone: branches, stars, forks, releases.

use serde_json::json;

use super::hour::{Happening, Hour};
use super::kinds::Kind;
use super::objects::{comment, user};

impl Hour {
    /// Events about the repository alone.
    pub(super) fn simple(&mut self, kind: Kind) -> Happening {
        let repository = self.any_repository();
        let actor = self.actor(repository, 5, 0);
        let (id, sha, now) = (self.id(), self.sha(), self.now.clone());
        let body = self.text(5, 40);
        let (event_type, payload) = match kind {
            Kind::Delete => (
                "DeleteEvent",
                json!({"ref": "old-branch", "ref_type": "branch", "pusher_type": "user"}),
            ),
            Kind::CommitComment => {
                let mut comment = comment(id, &actor, &body, &now);
                comment["commit_id"] = sha.into();
                ("CommitCommentEvent", json!({"comment": comment}))
            }
            Kind::Star => ("WatchEvent", json!({"action": "started"})),
            Kind::Fork => (
                "ForkEvent",
                json!({"forkee": {"id": id, "owner": user(&actor), "fork": true, "created_at": now}}),
            ),
            Kind::Release => (
                "ReleaseEvent",
                json!({"action": "published", "release": {"id": id, "tag_name": format!("v0.{}", id % 100), "author": user(&actor), "draft": false, "published_at": now, "body": body}}),
            ),
            Kind::Wiki => (
                "GollumEvent",
                json!({"pages": [{"page_name": "Home", "title": "Home", "action": "edited", "sha": sha}]}),
            ),
            Kind::Member => (
                "MemberEvent",
                json!({"action": "added", "member": user(&actor)}),
            ),
            Kind::Public => ("PublicEvent", json!({})),
            _ => (
                "CreateEvent",
                json!({"ref": format!("topic-{}", id % 1_000), "ref_type": "branch", "master_branch": "main", "description": body, "pusher_type": "user"}),
            ),
        };
        Happening {
            event_type,
            actor,
            repository,
            payload,
        }
    }
}
