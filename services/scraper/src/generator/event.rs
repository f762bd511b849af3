//! The outer shape of an event.

use serde::Serialize;
use serde_json::{Value, json};

use super::world::{Account, Repository};

/// An event with its keys in the order that the archive has them in.
#[derive(Serialize)]
pub(super) struct ArchivedEvent {
    pub(super) id: String,
    #[serde(rename = "type")]
    pub(super) event_type: &'static str,
    pub(super) actor: Value,
    pub(super) repo: Value,
    pub(super) payload: Value,
    pub(super) public: bool,
    pub(super) created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) org: Option<Value>,
}

pub(super) fn actor(account: &Account) -> Value {
    let login = &account.login;
    json!({
        "id": account.id,
        "login": login,
        "display_login": login.trim_end_matches("[bot]"),
        "gravatar_id": "",
        "url": format!("https://api.github.com/users/{login}"),
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?", account.id),
    })
}

pub(super) fn repo(repository: &Repository) -> Value {
    let name = repository.full_name();
    json!({
        "id": repository.id,
        "name": name,
        "url": format!("https://api.github.com/repos/{name}"),
    })
}

/// The organisation of a repository that belongs to one.
pub(super) fn org(repository: &Repository) -> Option<Value> {
    let owner = &repository.owner;
    (owner.account_type == "Organization").then(|| {
        json!({
            "id": owner.id,
            "login": owner.login,
            "gravatar_id": "",
            "url": format!("https://api.github.com/orgs/{}", owner.login),
            "avatar_url": format!("https://avatars.githubusercontent.com/u/{}?", owner.id),
        })
    })
}
