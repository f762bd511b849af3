//! The parts of GitHub's objects that are used, as its REST API documents them
//! (version 2022-11-28, read in November 2026).

use events::AccountSighting;
use serde::Deserialize;

/// A repository.
#[derive(Clone, Debug, Deserialize)]
pub struct Repository {
    /// Its id, the same after renames and transfers.
    pub id: u64,
    /// `owner/name` now.
    pub full_name: String,
}

/// Two commits compared.
#[derive(Clone, Debug, Deserialize)]
pub struct Comparison {
    /// How many commits there are in all.
    #[serde(default)]
    pub total_commits: usize,
    /// The commits on this page.
    pub commits: Vec<Commit>,
}

/// A commit.
#[derive(Clone, Debug, Deserialize)]
pub struct Commit {
    /// Its sha.
    pub sha: String,
    /// What git knows.
    pub commit: GitCommit,
    /// The account whose the author's address is.
    #[serde(default)]
    pub author: Option<Account>,
}

/// What git knows of a commit.
#[derive(Clone, Debug, Deserialize)]
pub struct GitCommit {
    /// Its message.
    #[serde(default)]
    pub message: String,
}

/// An account. GitHub writes `{}` for some that it does not know.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    id: Option<u64>,
    login: Option<String>,
    #[serde(rename = "type")]
    account_type: Option<String>,
}

impl Commit {
    /// The author's account, where GitHub knows it.
    #[must_use]
    pub fn author_account(&self) -> Option<AccountSighting> {
        let author = self.author.as_ref()?;
        let id = author.id?;
        Some(AccountSighting {
            id: Some(id),
            login: author.login.clone()?,
            called_bot: author.account_type.as_deref() == Some("Bot"),
        })
    }
}
