//! The objects in events: users, pull requests, issues, comments.

use serde_json::{Value, json};

use super::world::{Account, Repository};

pub(super) fn user(account: &Account) -> Value {
    let login = &account.login;
    json!({
        "login": login,
        "id": account.id,
        "gravatar_id": "",
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?v=4", account.id),
        "url": format!("https://api.github.com/users/{login}"),
        "html_url": format!("https://github.com/{login}"),
        "type": account.account_type,
        "site_admin": false,
    })
}

fn full_repository(repository: &Repository) -> Value {
    let full_name = repository.full_name();
    json!({
        "id": repository.id,
        "name": repository.name,
        "full_name": full_name,
        "private": false,
        "owner": user(&repository.owner),
        "html_url": format!("https://github.com/{full_name}"),
        "url": format!("https://api.github.com/repos/{full_name}"),
        "fork": false,
        "default_branch": "main",
    })
}

/// A pull request on its way.
#[derive(Clone)]
pub(super) struct PullRequest {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) repository: usize,
    pub(super) author: Account,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) head: String,
    pub(super) merge_commit: String,
    pub(super) commits: u64,
    pub(super) additions: u64,
    pub(super) deletions: u64,
    pub(super) created_at: String,
}

impl PullRequest {
    /// What all events show of it.
    pub(super) fn summary(&self, repository: &Repository, now: &str) -> Value {
        let full_name = repository.full_name();
        let url = format!(
            "https://api.github.com/repos/{full_name}/pulls/{}",
            self.number
        );
        json!({
            "url": url,
            "html_url": format!("https://github.com/{full_name}/pull/{}", self.number),
            "id": self.id,
            "number": self.number,
            "state": "open",
            "locked": false,
            "title": self.title,
            "body": self.body,
            "user": user(&self.author),
            "created_at": self.created_at,
            "updated_at": now,
            "closed_at": null,
            "merged_at": null,
            "merge_commit_sha": self.merge_commit,
            "head": {"ref": format!("change-{}", self.number), "sha": self.head, "user": user(&self.author)},
            "base": {"ref": "main", "user": user(&repository.owner), "repo": full_repository(repository)},
        })
    }

    /// What the events of the pull request itself show.
    pub(super) fn full(
        &self,
        repository: &Repository,
        now: &str,
        closing: Option<Closing<'_>>,
    ) -> Value {
        let mut object = self.summary(repository, now);
        object["merged"] = closing
            .is_some_and(|closing| closing.merger.is_some())
            .into();
        object["commits"] = self.commits.into();
        object["additions"] = self.additions.into();
        object["deletions"] = self.deletions.into();
        object["changed_files"] = (1 + self.additions / 40).into();
        if let Some(closing) = closing {
            object["state"] = "closed".into();
            object["closed_at"] = now.into();
            if let Some(merger) = closing.merger {
                object["merged_at"] = now.into();
                object["merged_by"] = user(merger);
            }
        }
        object
    }
}

/// How a pull request is closed.
#[derive(Clone, Copy)]
pub(super) struct Closing<'a> {
    /// Who merges it, if it is merged.
    pub(super) merger: Option<&'a Account>,
}

/// An issue on its way.
#[derive(Clone)]
pub(super) struct Issue {
    pub(super) id: u64,
    pub(super) number: u64,
    pub(super) repository: usize,
    pub(super) author: Account,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) created_at: String,
}

impl Issue {
    pub(super) fn object(&self, repository: &Repository, now: &str, closed: bool) -> Value {
        let full_name = repository.full_name();
        let url = format!(
            "https://api.github.com/repos/{full_name}/issues/{}",
            self.number
        );
        json!({
            "url": url,
            "html_url": format!("https://github.com/{full_name}/issues/{}", self.number),
            "id": self.id,
            "number": self.number,
            "title": self.title,
            "body": self.body,
            "user": user(&self.author),
            "labels": [],
            "state": if closed { "closed" } else { "open" },
            "locked": false,
            "assignee": null,
            "milestone": null,
            "comments": 0,
            "created_at": self.created_at,
            "updated_at": now,
            "closed_at": closed.then_some(now),
        })
    }
}

/// A pull request as comments show it: an issue that says what it is.
pub(super) fn pull_request_as_issue(
    pull: &PullRequest,
    repository: &Repository,
    now: &str,
) -> Value {
    let issue = Issue {
        id: pull.id,
        number: pull.number,
        repository: pull.repository,
        author: pull.author.clone(),
        title: pull.title.clone(),
        body: pull.body.clone(),
        created_at: pull.created_at.clone(),
    };
    let mut object = issue.object(repository, now, false);
    let full_name = repository.full_name();
    let url = format!(
        "https://api.github.com/repos/{full_name}/pulls/{}",
        pull.number
    );
    object["pull_request"] = json!({"url": url});
    object
}

pub(super) fn comment(id: u64, author: &Account, body: &str, now: &str) -> Value {
    json!({
        "id": id,
        "user": user(author),
        "created_at": now,
        "updated_at": now,
        "author_association": "CONTRIBUTOR",
        "body": body,
    })
}
