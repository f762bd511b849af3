//! Accounts: how they are referred to, and whether a person, a bot or an AI
//! agent is behind them.

use std::fmt;

use compact_str::{CompactString, ToCompactString, format_compact};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A reference to a GitHub account: its numeric id in decimal, or `@login`
/// in lower case where the source knows no id (the timeline era, and some
/// events of 2011).
#[derive(
    Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
#[schemars(transparent)]
pub struct AccountReference(#[schemars(with = "String")] CompactString);

impl AccountReference {
    /// The reference of an account whose numeric id is known.
    #[must_use]
    pub fn from_id(id: u64) -> Self {
        Self(id.to_compact_string())
    }

    /// The reference of an account of which only the login is known.
    #[must_use]
    pub fn from_login(login: &str) -> Self {
        Self(format_compact!("@{}", login.to_ascii_lowercase()))
    }

    /// Takes a reference that was written by [`AccountReference::as_str`].
    #[must_use]
    pub fn from_stored(reference: impl Into<CompactString>) -> Self {
        Self(reference.into())
    }

    /// The reference as it is stored and sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether only a name is known, so that the account an id stands for may
    /// be found later.
    #[must_use]
    pub fn is_by_name(&self) -> bool {
        self.0.starts_with('@')
    }
}

impl fmt::Display for AccountReference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What kind of actor is behind an account. Boards show humans unless asked
/// otherwise.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AccountClass {
    /// A person, as far as anyone knows.
    #[default]
    Human,
    /// Automation: continuous integration, dependency updates, merge queues.
    Bot,
    /// An AI agent that writes code or reviews on its own.
    Agent,
    /// Whoever does not want to be shown: counted, and on no board. Only a
    /// decision makes an account so.
    Hidden,
}

impl AccountClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Human, Self::Bot, Self::Agent, Self::Hidden];

    /// The classes that are shown.
    pub const SHOWN: [Self; 3] = [Self::Human, Self::Bot, Self::Agent];

    /// The class as it is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Bot => "bot",
            Self::Agent => "agent",
            Self::Hidden => "hidden",
        }
    }

    /// Reads what [`AccountClass::as_str`] wrote.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == text)
    }
}

impl fmt::Display for AccountClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Logins of AI agents, lower case. Most carry the `[bot]` suffix too, so this
/// list is asked first: what is specific goes before the general rule.
const AGENTS: &[&str] = &[
    "chatgpt-codex-connector[bot]",
    "claude",
    "claude[bot]",
    "codex",
    "copilot",
    "copilot-swe-agent[bot]",
    "cursor[bot]",
    "cursoragent",
    "devin-ai-integration[bot]",
    "google-labs-jules[bot]",
    "openhands-agent",
    "sweep-ai[bot]",
];

/// Logins of bots that carry no `[bot]` suffix, lower case.
const BOTS: &[&str] = &[
    "bors",
    "bors-servo",
    "codecov",
    "codecov-commenter",
    "codecov-io",
    "coveralls",
    "dependabot",
    "dependabot-preview",
    "dependabot-support",
    "fejta-bot",
    "googlebot",
    "greenkeeperio-bot",
    "houndci-bot",
    "k8s-ci-robot",
    "k8s-github-robot",
    "k8s-merge-robot",
    "k8s-publishing-bot",
    "openshift-bot",
    "openshift-ci-robot",
    "openshift-merge-robot",
    "pyup-bot",
    "renovate",
    "renovate-bot",
    "rust-highfive",
    "rustbot",
    "snyk-bot",
    "travis-ci",
];

/// The class of an account, from any login it has borne and from whether the
/// GitHub API ever called it a `Bot`.
///
/// A person whose login merely contains "bot" stays human.
#[must_use]
pub fn classify<'a>(
    logins: impl IntoIterator<Item = &'a str>,
    called_bot_by_api: bool,
) -> AccountClass {
    let mut class = if called_bot_by_api {
        AccountClass::Bot
    } else {
        AccountClass::Human
    };
    for login in logins {
        let login = login.to_ascii_lowercase();
        if AGENTS.binary_search(&login.as_str()).is_ok() {
            return AccountClass::Agent;
        }
        if login.ends_with("[bot]") || BOTS.binary_search(&login.as_str()).is_ok() {
            class = AccountClass::Bot;
        }
    }
    class
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_for_binary_search() {
        assert!(AGENTS.is_sorted() && BOTS.is_sorted());
    }

    #[test]
    fn classes_follow_list_suffix_and_api_in_that_order() {
        assert_eq!(classify(["Claude[bot]"], true), AccountClass::Agent);
        assert_eq!(classify(["dependabot[bot]"], false), AccountClass::Bot);
        assert_eq!(classify(["K8s-ci-robot"], false), AccountClass::Bot);
        assert_eq!(classify(["octocat"], true), AccountClass::Bot);
        for named in [
            "codecov",
            "codecov-commenter",
            "Coveralls",
            "dependabot",
            "renovate",
        ] {
            assert_eq!(classify([named], false), AccountClass::Bot, "{named}");
        }
        assert_eq!(classify(["abbot"], false), AccountClass::Human);
        assert_eq!(classify(["octocat", "octo[bot]"], false), AccountClass::Bot);
    }

    #[test]
    fn references_compare_logins_without_case() {
        assert_eq!(AccountReference::from_login("OctoCat").as_str(), "@octocat");
        assert!(!AccountReference::from_id(7).is_by_name());
    }
}
